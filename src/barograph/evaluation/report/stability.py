"""Is the skill there in every quarter and at every hour, or in one lucky spell."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from barograph.evaluation.report.derive import slice_skill
from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, grid, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Stability"


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Skill by quarter, year and hour against the hardest baseline of each horizon."""
    quarters = slice_skill(inputs.metrics, inputs.flagship, "pinball", "quarter")
    if quarters.is_empty():
        return [b.Note("No baseline to compare with, or no quarter was scored.", "warn")]
    blocks: list[b.Block | Drawing] = [
        b.Note(sentence(quarters), "say"),
        bars(quarters, inputs.symbols[0], "quarter"),
    ]
    years = slice_skill(inputs.metrics, inputs.flagship, "pinball", "year")
    if not years.is_empty():
        blocks.append(table(years))
    hours = slice_skill(inputs.metrics, inputs.flagship, "pinball", "hour")
    if not hours.is_empty():
        hours = hours.with_columns(pl.col("value").cast(pl.Int64)).sort("horizon_hours", "value")
        blocks.append(bars(hours, inputs.symbols[0], "hour"))
    blocks.append(
        b.Note(
            "The yardstick of each horizon is the model with the lowest pinball loss over "
            "everything, picked with hindsight: the hardest one to beat. Blue bars are spells in "
            "which the flagship was better, orange ones in which it was worse."
        )
    )
    return blocks


def sentence(quarters: pl.DataFrame) -> str:
    """Share of quarters won, and the worst."""
    won = quarters.filter(pl.col("skill") > 0).height
    worst = quarters.sort("skill").row(0, named=True)
    return (
        f"The flagship beats the hardest baseline in {won} of {quarters.height} quarters and "
        f"horizons; its worst is {worst['value']} at {b.horizon(worst['horizon_hours'])} with "
        f"{b.percent(worst['skill']).text} against {worst['baseline']}."
    )


def table(years: pl.DataFrame) -> b.Table:
    """Years across, horizons down."""
    columns = years["value"].unique().sort().to_list()
    rows = []
    for (hours, baseline), part in years.group_by("horizon_hours", "baseline", maintain_order=True):
        held = dict(part.select("value", "skill").iter_rows())
        cells = [_signed(held.get(year)) for year in columns]
        rows.append((b.words(b.horizon(int(hours)), "head"), b.words(str(baseline)), *cells))
    return b.Table(("horizon", "against", *columns), tuple(rows), "Skill by year, %")


def _signed(value: float | None) -> b.Cell:
    kind = "" if value is None else ("up" if value > 0 else "down")
    return b.number(value, "+.2f", scale=100, kind=kind)


def bars(skills: pl.DataFrame, symbol: str, cut: str) -> Drawing:
    """One panel a horizon, one bar a spell."""
    hours = skills["horizon_hours"].unique().sort().to_list()

    def draw(figure: "Figure", form: Format) -> None:
        for axes, hour in zip(grid(figure, len(hours), form), hours, strict=True):
            part = skills.filter(pl.col("horizon_hours") == hour)
            _bars(axes, part, 6 if form == "wide" else 3)
            axes.set_title(f"{b.horizon(hour)} · {part['baseline'][0]}", fontsize=7.5)
        where = "hour of the origin, UTC" if cut == "hour" else "quarter"
        figure.supxlabel(f"{where}; skill in %", fontsize=8)

    return Drawing(
        f"stability-{cut}-{symbol}",
        f"Skill by {cut}",
        f"Skill against the hardest baseline by {cut}, one panel per horizon.",
        draw,
        (0.3 + 1.45 * rows_of(len(hours), "wide"), 0.3 + 1.45 * rows_of(len(hours), "narrow")),
    )


def _bars(axes: "Axes", part: pl.DataFrame, labels: int) -> None:
    values = 100 * part["skill"].fill_null(np.nan).to_numpy()
    places = np.arange(len(values))
    colours = [LIGHT["up" if value > 0 else "down"] for value in values]
    axes.bar(places, values, 0.8, color=colours)
    axes.axhline(0, color=LIGHT["soft"], linewidth=0.8)
    step = max(1, -(-len(values) // labels))
    names = [
        str(value).replace("20", "’", 1) if len(str(value)) > 4 else str(value)
        for value in part["value"].to_list()
    ]
    axes.set_xticks(places[::step], names[::step])
    axes.grid(visible=False, axis="x")
    axes.margins(x=0.01)
