"""The feature table of the documentation, written from the declarations (R-D3, R-L5)."""

from collections.abc import Iterable, Mapping
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


def feature_rows(features: Mapping[str, Feature]) -> list[dict[str, str]]:
    """One row per feature, by group and name: what the table says of it."""
    ordered = sorted(features.values(), key=lambda feature: (feature.group, feature.name))
    return [_row(feature) for feature in ordered]


def feature_table(features: Mapping[str, Feature]) -> str:
    """Write the page: one Markdown table per group."""
    lines = [HEADING.format(count=len(features))]
    for group, members in groupby(feature_rows(features), key=lambda row: row["group"]):
        rows = [{name: cell for name, cell in row.items() if name != "group"} for row in members]
        lines += [f"## {group.capitalize()}", "", _line(rows[0]), _line(["---"] * len(rows[0]))]
        lines += [_line(row.values()) for row in rows]
        lines.append("")
    return "\n".join(lines)


def _row(feature: Feature) -> dict[str, str]:
    delay = availability(feature)
    return {
        "group": feature.group,
        "feature": feature.name,
        "formula": feature.formula,
        "window": f"{'~' if feature.tolerance else ''}{feature.lookback} h",
        "inputs": ", ".join(sorted(inputs(feature))),
        "source": ", ".join(sources(feature)),
        "available_at": f"as_of + {delay}" if delay else "as_of",
        "unit": feature.unit,
    }


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    import sys

    from barograph.features.catalogue import features as catalogue

    sys.stdout.write(feature_table(catalogue()))
