"""The latest forecast: the fan chart and the table of horizons."""

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from barograph.core.levels import INTERVALS, column
from barograph.evaluation.report.cone import hourly_cone
from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, dates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "The latest forecast"
STALE_AFTER = timedelta(hours=2)
LAST_BARS = 168
TINY = 5e-6
"""A move that rounds to nothing leans nowhere."""
BANDS = ((95, 0.20), (68, 0.30))


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """The fan chart and the table of one symbol."""
    if inputs.latest.is_empty():
        return [b.Note("There is no forecast for the last bar of this symbol.", "warn")]
    return [
        *stale(inputs),
        b.Note(sentence(inputs), "say"),
        drawing(inputs),
        table(inputs.latest),
        b.Note(
            "The dark band holds 68 of 100 outcomes and the light one 95 of 100, if the record "
            "below is any guide; the line is the median. Between two horizons the cone widens "
            "with the square root of time. The distribution is what is forecast: expected move, "
            "volatility and P(up) are read off it."
        ),
    ]


def stale(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """A warning where newer bars must exist: this is a forecast of the past."""
    age = inputs.generated_at - inputs.latest["as_of"][0]
    if age < STALE_AFTER:
        return []
    hours = age / timedelta(hours=1)
    said = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"
    return [
        b.Note(
            f"STALE: the last bar closed {said} before this page was made. This is what could be "
            "said then, not now; get newer bars and run again.",
            "warn",
        )
    ]


def sentence(inputs: ReportInputs) -> str:
    """What the cone says at one day, or at the horizon nearest to it."""
    rows = inputs.latest.sort((pl.col("horizon_hours") - 24).abs())
    row = rows.row(0, named=True)
    low, high = _band(row, 68)
    moment = row["as_of"].strftime("%Y-%m-%d %H:%M")
    return (
        f"From {b.price(row['price']).text} at {moment} UTC, {inputs.symbols[0]} is expected to be "
        f"between {b.price(low).text} and {b.price(high).text} in "
        f"{b.horizon(row['horizon_hours'])} with about two chances in three; the chance of a rise "
        f"is {b.percent(row['p_up'], '.1f').text}."
    )


def _band(row: dict[str, object], nominal: int) -> tuple[float | None, float | None]:
    """Lower and upper price of an interval; None where a quantile is null."""
    ends: list[float | None] = []
    for level in INTERVALS[nominal]:
        price, quantile = row.get("price"), row.get(column(level))
        if isinstance(price, float) and isinstance(quantile, float):
            ends.append(price * float(np.exp(quantile)))
        else:
            ends.append(None)
    return ends[0], ends[1]


def table(latest: pl.DataFrame) -> b.Table:
    """Horizons with price, P(up), expected move, volatility, bands, confidence and regime."""
    rows = []
    for row in latest.sort("horizon_hours").iter_rows(named=True):
        low68, high68 = _band(row, 68)
        low95, high95 = _band(row, 95)
        median = row.get(column(0.5))
        target = None if median is None else row["price"] * float(np.exp(median))
        mean = row["mean"]
        lean = "" if mean is None or abs(mean) < TINY else ("up" if mean > 0 else "down")
        rows.append(
            (
                b.words(b.horizon(row["horizon_hours"]), "head"),
                b.price(target),
                b.percent(row["p_up"], ".1f"),
                b.percent(mean, "+.3f", kind=lean),
                b.percent(row["vol"], ".2f"),
                b.price(low68),
                b.price(high68),
                b.price(low95),
                b.price(high95),
                b.words(str(row.get("confidence") or b.MISSING)),
                b.words(str(row.get("regime") or b.MISSING).replace("_", " ")),
            )
        )
    columns = (
        "horizon",
        "median price",
        "P(up)",
        "expected move",
        "volatility",
        "68 % low",
        "68 % high",
        "95 % low",
        "95 % high",
        "confidence",
        "regime",
    )
    return b.Table(columns, tuple(rows), "Volatility is the standard deviation over the horizon.")


def drawing(inputs: ReportInputs) -> Drawing:
    """The fan chart: the last week, the whole cone, and the next day enlarged."""
    symbol = inputs.symbols[0]

    def draw(figure: "Figure", form: Format) -> None:
        short = inputs.latest.filter(pl.col("horizon_hours") <= 24)
        zoom = 0 < len(short) < len(inputs.latest)
        shape = ((1, 2) if form == "wide" else (2, 1)) if zoom else (1, 1)
        ratios = [1.75, 1.0] if shape == (1, 2) else None
        panels = figure.subplots(*shape, squeeze=False, width_ratios=ratios).ravel()
        _fan(panels[0], inputs.recent, inputs.latest, LAST_BARS)
        panels[0].set_title(f"{symbol}: last week and the cone ahead")
        if zoom:
            _fan(panels[1], inputs.recent, short, 36)
            panels[1].set_title("the next day")

    return Drawing(
        f"fan-{symbol}",
        "Recent price and the cone ahead",
        f"Price of {symbol} over the last week and the forecast cone with 68 and 95 percent bands. "
        "The table below holds the numbers.",
        draw,
        (3.7, 5.6),
    )


def _fan(axes: "Axes", recent: pl.DataFrame, latest: pl.DataFrame, bars: int) -> None:
    past = recent.sort("as_of").tail(bars)
    hours, cone = hourly_cone(latest)
    origin = latest["as_of"][-1]
    axes.vlines(
        past["as_of"].to_list(),
        past["low"].to_numpy(),
        past["high"].to_numpy(),
        colors=LIGHT["grey"],
        linewidth=0.9,
        alpha=0.55,
    )
    axes.plot(past["as_of"].to_list(), past["close"].to_numpy(), color=LIGHT["ink"], linewidth=1.2)
    if len(hours):
        ahead = [origin + timedelta(hours=int(hour)) for hour in hours]
        for nominal, alpha in BANDS:
            low, high = INTERVALS[nominal]
            axes.fill_between(
                ahead, cone[low], cone[high], color=LIGHT["amber"], alpha=alpha, linewidth=0
            )
            _end_labels(axes, ahead[-1], (cone[low][-1], cone[high][-1]), nominal)
        axes.plot(ahead, cone[0.5], color=LIGHT["amberink"], linewidth=1.6)
        for step in latest["horizon_hours"].to_list():
            axes.axvline(origin + timedelta(hours=step), color=LIGHT["line"], linewidth=0.6)
    axes.axvline(origin, color=LIGHT["soft"], linewidth=0.8, linestyle=(0, (2, 2)))
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter(lambda value, _: format(value, b.price_form(value)))
    dates(axes, 6)


def _end_labels(axes: "Axes", when: object, ends: tuple[float, float], nominal: int) -> None:
    for value, side in zip(ends, ("bottom", "top"), strict=True):
        weight = "bold" if nominal == 68 else "normal"
        axes.annotate(
            f"{value:{b.price_form(value)}}",
            (when, value),
            xytext=(3, 0),
            textcoords="offset points",
            va="center" if nominal == 68 else side.replace("bottom", "center"),
            fontsize=7,
            fontweight=weight,
            color=LIGHT["amberink"],
            annotation_clip=False,
        )
