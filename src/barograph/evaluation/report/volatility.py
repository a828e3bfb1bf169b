"""The scale of the distribution, where nearly all the skill lies."""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from barograph.evaluation.report import skill
from barograph.evaluation.report.derive import scores
from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, dates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Volatility"
BINS: Final = 20


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """QLIKE of every model, skill, and the forecast beside what came."""
    rows = scores(inputs.metrics, "qlike").drop_nulls("score")
    if rows.is_empty():
        return [b.Note("No variance forecast was scored in this run.", "warn")]
    blocks: list[b.Block | Drawing] = [b.Note(sentence(rows, inputs.flagship), "say")]
    blocks.append(table(rows, inputs.flagship))
    against = skill.against(inputs, "qlike")
    if not against.is_empty():
        blocks += [skill.drawing(inputs, "qlike"), skill.table(against)]
    pairs = matched(inputs)
    if not pairs.is_empty():
        blocks.append(tracking(pairs, inputs.symbols[0]))
    blocks.append(
        b.Note(
            "QLIKE punishes a variance forecast by its ratio to what came, so calm and wild months "
            "count alike; lower is better and 0 is perfect. What came is the Garman–Klass variance "
            "of every hour, summed. Right: forecasts sorted into twenty groups of equal size; on "
            "the diagonal the mean outcome equals the mean forecast."
        )
    )
    return blocks


def sentence(rows: pl.DataFrame, flagship: str) -> str:
    """At how many horizons the flagship has the lowest QLIKE."""
    lowest = pl.col("score") == pl.col("score").min().over("horizon_hours")
    best = rows.filter(lowest)
    won = best.filter(pl.col("model") == flagship).height
    level = best.filter(pl.len().over("horizon_hours") > 1, pl.col("model") != flagship)
    shared = b.join(level["model"].unique().sort().to_list()) if won and level.height else ""
    return (
        f"{flagship} has the lowest QLIKE of {rows['model'].n_unique()} models at {won} of "
        f"{rows['horizon_hours'].n_unique()} horizons"
        + (f", at {level['horizon_hours'].n_unique()} together with {shared}." if shared else ".")
    )


def table(rows: pl.DataFrame, flagship: str) -> b.Table:
    """Models down, horizons across; the best of each horizon is marked."""
    hours = rows["horizon_hours"].unique().sort().to_list()
    held = {(m, h): s for m, h, s in rows.select("model", "horizon_hours", "score").iter_rows()}
    models = sorted(rows["model"].unique().to_list(), key=lambda name: (name != flagship, name))
    best = {hour: min(s for (_, h), s in held.items() if h == hour) for hour in hours}
    cells = []
    for model in models:
        values = [held.get((model, hour)) for hour in hours]
        marks = ["best" if v == best[h] else "" for v, h in zip(values, hours, strict=True)]
        numbers = [b.number(v, ".4f", kind=k) for v, k in zip(values, marks, strict=True)]
        cells.append((b.words(model, "head mine" if model == flagship else "head"), *numbers))
    columns = ("model", *(b.horizon(hour) for hour in hours))
    return b.Table(columns, tuple(cells), "QLIKE, lower is better; the best of each horizon bold")


def matched(inputs: ReportInputs) -> pl.DataFrame:
    """Flagship forecasts of variance beside what came, at a day or the horizon nearest to it."""
    rows = inputs.scored.filter(
        (pl.col("model") == inputs.flagship)
        & (pl.col("variance") > 0)
        & (pl.col("realised_variance") > 0)
    ).select("as_of", "horizon_hours", "variance", "realised_variance")
    if rows.is_empty():
        return rows
    hours = min(rows["horizon_hours"].unique().sort().to_list(), key=lambda hour: abs(hour - 24))
    return rows.filter(pl.col("horizon_hours") == hours).sort("as_of")


def tracking(pairs: pl.DataFrame, symbol: str) -> Drawing:
    """Weekly means over time, and means within groups of equal forecasts."""
    hours = int(pairs["horizon_hours"][0])

    def draw(figure: "Figure", form: Format) -> None:
        shape, ratios = ((1, 2), [2.1, 1.0]) if form == "wide" else ((2, 1), None)
        left, right = figure.subplots(*shape, width_ratios=ratios)
        _over_time(left, pairs)
        _by_size(right, pairs)
        left.set_title(f"volatility over {b.horizon(hours)}, weekly mean, %")
        right.set_title("outcome by forecast, %")

    return Drawing(
        f"volatility-{symbol}",
        "Forecast and realised volatility",
        f"Forecast and realised volatility over {b.horizon(hours)}: weekly means over time, and "
        "the mean outcome in groups of equal forecasts.",
        draw,
        (3.1, 5.6),
    )


def _over_time(axes: "Axes", pairs: pl.DataFrame) -> None:
    weekly = pairs.group_by_dynamic("as_of", every="1w").agg(
        pl.col("variance", "realised_variance").mean().sqrt() * 100
    )
    when = weekly["as_of"].to_list()
    axes.plot(
        when,
        weekly["realised_variance"].to_numpy(),
        color=LIGHT["grey"],
        linewidth=2.6,
        alpha=0.65,
        label="realised",
    )
    axes.plot(
        when,
        weekly["variance"].to_numpy(),
        color=LIGHT["amber"],
        linewidth=1.1,
        label="forecast",
    )
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 1.3)  # Room for the legend.
    _plain(axes, "y")
    axes.legend(loc="upper right", ncols=2)
    dates(axes, 7)


def _by_size(axes: "Axes", pairs: pl.DataFrame) -> None:
    count = min(BINS, pairs.height)
    groups = (
        pairs.with_columns(bin=(pl.col("variance").rank("ordinal") - 1) * count // pl.len())
        .group_by("bin")
        .agg(pl.col("variance", "realised_variance").mean().sqrt() * 100)
        .sort("bin")
    )
    x, y = groups["variance"].to_numpy(), groups["realised_variance"].to_numpy()
    ends = [min(x.min(), y.min()) * 0.9, max(x.max(), y.max()) * 1.1]
    axes.plot(ends, ends, color=LIGHT["soft"], linewidth=0.8, linestyle=(0, (3, 3)))
    axes.plot(x, y, "o", color=LIGHT["amber"], markersize=4, markeredgecolor=LIGHT["amberink"])
    axes.set_xscale("log")
    axes.set_yscale("log")
    _plain(axes, "both")
    axes.set_xlabel("forecast")
    axes.set_ylabel("realised")


def _plain(axes: "Axes", which: str) -> None:
    """Plain numbers on a logarithmic axis, about one tick per factor of two."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if which not in (name, "both"):
            continue
        low, high = axis.get_view_interval()
        powers = np.arange(np.floor(np.log2(low)), np.ceil(np.log2(high)) + 1)
        axis.set_major_locator(FixedLocator((2.0**powers).tolist()))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
