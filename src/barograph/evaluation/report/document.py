"""From inputs to a document.

1. Check that the frames hold the columns that are read.
2. Ask every section for its parts, symbol by symbol where it speaks of one symbol.
3. Paint the drawings: a picture for wide pages and one for phones into the page, a PNG beside it.
4. Fill the template; nothing in the result is fetched from anywhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import polars as pl

from barograph.evaluation.report import (
    calibration,
    direction,
    headline,
    identity,
    importance,
    price_level,
    quality,
    skill,
    stability,
    tried,
    volatility,
)
from barograph.evaluation.report.derive import scores
from barograph.evaluation.report.inputs import ReportInputs, check
from barograph.page import blocks as b
from barograph.page.document import fill, painted
from barograph.page.style import Drawing

Parts: TypeAlias = Callable[[ReportInputs], list[b.Block | Drawing]]

PER_SYMBOL: Final[tuple[tuple[str, str, Parts], ...]] = (
    ("forecast", headline.TITLE, headline.parts),
    ("skill", skill.TITLE, skill.parts),
    ("calibration", calibration.TITLE, calibration.parts),
    ("volatility", volatility.TITLE, volatility.parts),
    ("direction", direction.TITLE, direction.parts),
    ("stability", stability.TITLE, stability.parts),
    ("importance", importance.TITLE, importance.parts),
    ("price-level", price_level.TITLE, price_level.parts),
)
OVERALL: Final[tuple[tuple[str, str, Parts], ...]] = (
    ("quality", quality.TITLE, quality.parts),
    ("tried", tried.TITLE, tried.parts),
    ("identity", identity.TITLE, identity.parts),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A finished page.

    Attributes
    ----------
    html : str
        Self-contained: no script, font, picture or style is fetched.
    figures : Mapping of str to bytes
        PNGs by file name, the same pictures as on the page.
    """

    html: str
    figures: Mapping[str, bytes]


def render(inputs: ReportInputs) -> Report:
    """Make the report; nothing is written.

    Raises
    ------
    InputError
        If a frame lacks a column the report reads.
    """
    check(inputs)
    figures: dict[str, bytes] = {}
    views = [inputs.of(symbol) for symbol in inputs.symbols]
    sections = [
        b.Section(
            anchor,
            title,
            tuple(
                block
                for view in views
                for block in (
                    *([b.Heading(view.symbols[0])] if len(views) > 1 else []),
                    *painted(parts(view), inputs.simulated, figures),
                )
            ),
        )
        for anchor, title, parts in PER_SYMBOL
    ]
    sections += [
        b.Section(anchor, title, tuple(painted(parts(inputs), inputs.simulated, figures)))
        for anchor, title, parts in OVERALL
    ]
    return Report(_page(inputs, views, sections), MappingProxyType(figures))


def _page(inputs: ReportInputs, views: list[ReportInputs], sections: list[b.Section]) -> str:
    return fill(
        "barograph.evaluation.report",
        "report.html.j2",
        simulated=inputs.simulated,
        inputs=inputs,
        sections=sections,
        records=[(view.symbols[0], record(view)) for view in views],
        unfolded=("direction", "price-level"),
    )


def record(view: ReportInputs) -> list[tuple[str, str]]:
    """The track record in one line: name and text of each entry, at a day or nearest to it."""
    rows = view.metrics.filter((pl.col("model") == view.flagship) & (pl.col("slice") == "all"))
    if rows.is_empty():
        return [("record", "nothing scored yet")]
    hours = min(rows["horizon_hours"].unique().sort().to_list(), key=lambda hour: abs(hour - 24))
    entries = [("at", b.horizon(hours))]
    at = pl.col("horizon_hours") == hours
    for nominal in (68, 95):
        held = scores(rows.filter(at), f"coverage_{nominal}")["score"].to_list()
        if held:
            entries.append((f"coverage {nominal} →", b.percent(held[0], ".1f").text))
    hardest = skill.against(view, "pinball").filter(at).drop_nulls("skill").sort("skill")
    if not hardest.is_empty():
        row = hardest.row(0, named=True)
        span = f"[{100 * row['ci_low']:.1f}, {100 * row['ci_high']:.1f}]" if row["ci_low"] else ""
        entries.append((f"skill vs {row['baseline']}", f"{b.percent(row['skill']).text} {span}"))
    called = direction.measured(view).filter(at)
    if not called.is_empty():
        row = called.row(0, named=True)
        half = 100 * (row["ci_high"] - row["ci_low"]) / 2
        right = b.percent(row["accuracy"], ".1f").text
        entries.append(("direction", f"{right} ± {half:.1f}"))
    return entries
