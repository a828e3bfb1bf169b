"""The feature table of the documentation, written from the declarations (R-D3, R-L5)."""

from collections.abc import Mapping
from itertools import groupby

from barograph.features.availability import availability, sources
from barograph.features.base import Feature
from barograph.features.catalogue import inputs

HEADING = """\
# Features

Generated from the declarations in `src/barograph/features` by `python -m barograph.features.table`;
a test holds this page to them.

{count} features. A value belongs to the row of its origin `as_of`, the close of
the last bar it reads. The window counts the rows of the complete hourly grid that are read, the
current one included; `~` marks a recursive feature, whose window holds all but a billionth of the
weight. Windows tolerate a quarter of their bars missing (none, below four hours); otherwise the
value is null, as it is before the first whole window and where the formula divides by nothing.
`r` is the hourly log return, `O H L C` the bar, `v` its Garman–Klass variance.
"""
COLUMNS = ("feature", "formula", "window", "inputs", "source", "available_at", "unit")


def feature_table(features: Mapping[str, Feature]) -> str:
    """Write the page: one Markdown table per group."""
    ordered = sorted(features.values(), key=lambda feature: (feature.group, feature.name))
    lines = [HEADING.format(count=len(ordered))]
    for group, members in groupby(ordered, key=lambda feature: feature.group):
        lines += [f"## {group.capitalize()}", "", _row(COLUMNS), _row(("---",) * len(COLUMNS))]
        lines += [_row(_cells(feature)) for feature in members]
        lines.append("")
    return "\n".join(lines)


def _cells(feature: Feature) -> tuple[str, ...]:
    delay = availability(feature)
    return (
        f"`{feature.name}`",
        feature.formula,
        f"{'~' if feature.tolerance else ''}{feature.lookback} h",
        ", ".join(f"`{name}`" for name in sorted(inputs(feature))),
        ", ".join(sources(feature)),
        f"as_of + {delay}" if delay else "as_of",
        feature.unit,
    )


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    import sys

    from barograph.features.catalogue import features as catalogue

    sys.stdout.write(feature_table(catalogue()))
