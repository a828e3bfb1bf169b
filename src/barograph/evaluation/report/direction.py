"""Up or down: said honestly."""

from typing import TYPE_CHECKING

import polars as pl

from barograph.evaluation.alarms import DIRECTION_LIMITS, direction_limit
from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Direction"


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Accuracy around one half, the table, the statement."""
    rows = measured(inputs)
    if rows.is_empty():
        return [b.Note("No direction was scored in this run.", "warn")]
    suspicious = [
        b.Note(
            f"At {b.horizon(row['horizon_hours'])} {b.percent(row['accuracy'], '.1f').text} of "
            "directions were right, more than is plausible: look for a leak before believing it.",
            "warn",
        )
        for row in rows.iter_rows(named=True)
        if row["accuracy"] > (direction_limit(row["horizon_hours"]) or 1.0)
    ]
    return [
        b.Note(sentence(rows), "say"),
        *suspicious,
        drawing(rows, inputs.symbols[0]),
        table(rows),
        b.Note(
            "The sign of an hourly crypto return is close to noise: an honest forecaster is right "
            "50 to 52 times in 100. What this program forecasts well is how far the price may go, "
            "not which way. Accuracy is no profit: costs come on top. The alarm marks stand at "
            f"{limits()}; above them a leak is likelier than skill."
        ),
    ]


def limits() -> str:
    """Highest believable accuracies in words."""
    return b.join(
        [f"{100 * limit:g} % (up to {b.horizon(h)})" for h, limit in DIRECTION_LIMITS.items()]
    )


def measured(inputs: ReportInputs) -> pl.DataFrame:
    """The flagship's rows; none where direction was not scored."""
    if inputs.direction is None:
        return pl.DataFrame(schema={"horizon_hours": pl.Int64})
    return (
        inputs.direction.filter(pl.col("model") == inputs.flagship)
        .drop_nulls(["accuracy", "ci_low", "ci_high"])
        .sort("horizon_hours")
    )


def sentence(rows: pl.DataFrame) -> str:
    """At how many horizons the interval leaves one half behind."""
    above = rows.filter(pl.col("ci_low") > 0.5).height
    row = rows.sort((pl.col("horizon_hours") - 24).abs()).row(0, named=True)
    return (
        f"{b.percent(row['accuracy'], '.1f').text} of directions were right at "
        f"{b.horizon(row['horizon_hours'])} (95 % interval "
        f"{b.percent(row['ci_low'], '.1f').text} "
        f"to {b.percent(row['ci_high'], '.1f').text}); at {above} of {rows.height} horizons this "
        "is better than a coin beyond the interval."
    )


def table(rows: pl.DataFrame) -> b.Table:
    """Accuracy with its interval."""
    cells = tuple(
        (
            b.words(b.horizon(row["horizon_hours"]), "head"),
            b.percent(row["accuracy"], ".2f"),
            b.percent(row["ci_low"], ".2f"),
            b.percent(row["ci_high"], ".2f"),
            b.number(row["n"], ",d"),
        )
        for row in rows.iter_rows(named=True)
    )
    return b.Table(("horizon", "right", "95 % from", "to", "outcomes"), cells)


def drawing(rows: pl.DataFrame, symbol: str) -> Drawing:
    """Dots with whiskers around 50 %, alarm marks above."""

    def draw(figure: "Figure", form: Format) -> None:  # noqa: ARG001
        axes = figure.subplots()
        axes.axvline(50, color=LIGHT["soft"], linewidth=1.0)
        for height, row in enumerate(rows.iter_rows(named=True)):
            low, high = row["ci_low"], row["ci_high"]
            sure = low > 0.5 or high < 0.5
            colour = LIGHT[("up" if low > 0.5 else "down") if sure else "grey"]
            axes.plot([100 * low, 100 * high], [height, height], color=colour, linewidth=1.8)
            face = colour if sure else LIGHT["card"]
            axes.plot(100 * row["accuracy"], height, "o", color=colour, markerfacecolor=face)
            limit = direction_limit(row["horizon_hours"])
            if limit is not None:
                axes.plot(100 * limit, height, "|", color=LIGHT["down"], markersize=12)
        labels = [b.horizon(hours) for hours in rows["horizon_hours"].to_list()]
        axes.set_yticks(range(rows.height), labels)
        axes.set_ylim(rows.height - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("directions right, %  ( | implausible above )")

    height = 0.7 + 0.26 * rows.height
    return Drawing(
        f"direction-{symbol}",
        "Share of directions right",
        "Share of directions called right with 95 percent intervals, by horizon, around one half.",
        draw,
        (height, height),
    )
