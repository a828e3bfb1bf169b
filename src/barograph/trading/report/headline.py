"""What came of it, in eight figures and one picture."""

from typing import TYPE_CHECKING

import numpy as np

from barograph.core.types import Floats
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, dates
from barograph.trading.performance import drawdown, holding, sharpe
from barograph.trading.report.derive import amount, deepest, falls, held_equity, moments, shown
from barograph.trading.report.inputs import ReportInputs

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "What came of it"
VISIBLE = 5e-4
"""A return that does not round to nothing."""


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """The figures to see first, and equity over time."""
    return [
        b.Note(sentence(inputs), "say"),
        tiles(inputs),
        drawing(inputs),
        table(inputs),
        b.Note(
            "Holding buys the same symbols at the first close, each with its part of the capital, "
            "and keeps them; it pays no costs and no funding. Ratios are of hourly returns, a year "
            "has 8,766 hours, and no interest is reckoned with. Alpha and beta are of a regression "
            "on holding. Turnover is the value traded a year as a multiple of mean equity."
        ),
    ]


def sentence(inputs: ReportInputs) -> str:
    """Whether it made money, and whether more than holding did."""
    told, days = inputs.performance, len(inputs.market.hours) / 24
    gained = "gained" if told.total_return > 0 else "lost"
    if told.trades == 0 and told.exposure == 0.0:
        why = (
            f"gates refused {int(inputs.refused['hours'].sum()):,} signals"
            if inputs.refused.height else
            "the strategy never asked for a position; --set lowers what it asks of a forecast"
        )  # fmt: skip
        return f"In {days:,.0f} days nothing was ever traded: {why}."
    size = b.percent(abs(told.total_return), ".1f").text
    held = b.percent(told.buy_hold, "+.1f").text
    low, high = inputs.drawn.interval("sharpe")
    doubt = "which does not hold zero" if low > 0.0 or high < 0.0 else "which holds zero"
    return (
        f"After all costs the account {gained} {size} in {days:,.0f} days; holding returned "
        f"{held}. The Sharpe ratio is {b.number(told.sharpe, '.2f').text}, with a 95 % interval "
        f"from {b.number(low, '.2f').text} to {b.number(high, '.2f').text}, {doubt}."
    )


def tiles(inputs: ReportInputs) -> b.Tiles:
    """Eight figures, each beside what to hold it against."""
    told, drawn, capital = inputs.performance, inputs.drawn, inputs.capital
    held = holding(inputs.market, inputs.shares)
    fall, _ = drawdown(held_equity(inputs), capital)
    return b.Tiles((
        b.Tile("total return", signed(told.total_return), span(drawn.interval("total_return"))),
        b.Tile("a year", signed(told.annual_return), span(drawn.interval("annual_return"))),
        b.Tile("holding", signed(told.buy_hold), f"Sharpe {b.number(sharpe(held), '.2f').text}"),
        b.Tile("Sharpe ratio", b.number(told.sharpe, ".2f"), ratios(drawn.interval("sharpe"))),
        b.Tile("max drawdown", b.percent(told.max_drawdown, ".1f"),
               f"holding {b.percent(fall, '.1f').text}"),
        b.Tile("not luck", b.percent(inputs.luck.deflated, ".1f"),
               f"deflated by {inputs.luck.trials:,} tried"),
        b.Tile("trades", b.number(told.trades, ",d"),
               f"{b.percent(told.win_rate, '.0f').text} won; "
               f"{told.long_trades:,} long, {told.short_trades:,} short"),
        b.Tile("in the market", b.percent(told.exposure, ".1f"), "of all hours"),
    ))  # fmt: skip


def signed(value: float) -> b.Cell:
    """A return, coloured by its sign."""
    kind = "up" if value >= VISIBLE else "down" if value <= -VISIBLE else ""
    return b.percent(value, "+,.1f", kind=kind)


def span(ends: tuple[float, float]) -> str:
    """A 95 % interval of a share."""
    low, high = (b.percent(end, "+,.0f").text.removesuffix(" %") for end in ends)
    return f"95 %: {low} to {high} %"


def ratios(ends: tuple[float, float]) -> str:
    """A 95 % interval of a ratio."""
    low, high = (b.number(end, ".2f").text for end in ends)
    return f"95 %: {low} to {high}"


def table(inputs: ReportInputs) -> b.Table:
    """Every figure of the strategy."""
    told = inputs.performance
    rows = (
        ("Sortino ratio", b.number(told.sortino, ".2f")),
        ("volatility a year", b.percent(told.volatility, ".1f")),
        ("longest time below a peak", b.number(told.drawdown_hours / 24, ",.0f", unit=" d")),
        ("profit factor", b.number(told.profit_factor, ".2f")),
        ("mean duration of a trade", b.number(told.trade_hours, ",.1f", unit=" h")),
        ("turnover a year", b.number(told.turnover, ",.1f", unit=" x")),
        ("alpha a year", b.percent(told.alpha, "+.1f")),
        ("beta", b.number(told.beta, ".2f")),
        ("information ratio", b.number(told.information_ratio, ".2f")),
        ("equity at the end", b.number(float(inputs.record.equity[-1]), ",.0f")),
    )
    half = -(-len(rows) // 2)
    pairs = zip(rows[:half], rows[half:], strict=True)
    return b.Table(
        ("figure", "", "figure", ""),
        tuple((b.words(a[0], "head"), a[1], b.words(c[0], "head"), c[1]) for a, c in pairs),
        "The other figures",
    )


def drawing(inputs: ReportInputs) -> Drawing:
    """Equity beside holding, how far below the peak, and how much was held."""

    def draw(figure: "Figure", form: Format) -> None:
        top, middle, low = figure.subplots(3, 1, sharex=True, height_ratios=[3.2, 1.3, 0.8])
        rows = shown(len(inputs.market.hours))
        when = moments(inputs.market.hours[rows])
        held = held_equity(inputs)
        _equity(top, when, inputs.record.equity[rows], held[rows], inputs.capital)
        for equity, colour, alpha in ((held, "grey", 0.22), (inputs.record.equity, "amber", 0.55)):
            fallen = 100 * deepest(falls(equity, inputs.capital), rows)
            middle.fill_between(when, fallen, 0, color=LIGHT[colour], alpha=alpha, linewidth=0)
        middle.set_title("below the peak, %")
        low.fill_between(
            when, -100 * deepest(-inputs.record.exposure, rows), 0, color=LIGHT["up"], alpha=0.45,
            linewidth=0, step="mid",
        )  # fmt: skip
        low.set_title("exposure, % of equity")
        low.set_ylim(bottom=0)
        dates(low, 7 if form == "wide" else 4)

    return Drawing(
        "equity",
        "Equity and holding, logarithmic; how far below the peak; how much was held",
        f"Equity of the strategy and of holding from {inputs.capital:,.0f}, their falls from the "
        "peak, and the exposure over time. The figures are in the tables.",
        draw,
        (5.2, 5.4),
    )


def _equity(
    axes: "Axes", when: "list[datetime]", own: Floats, held: Floats, capital: float
) -> None:
    axes.axhline(capital, color=LIGHT["soft"], linewidth=0.7, linestyle=(0, (2, 2)))
    axes.plot(when, np.maximum(held, 1e-9), color=LIGHT["grey"], linewidth=1.1, label="holding")  # type: ignore[arg-type]
    axes.plot(when, np.maximum(own, 1e-9), color=LIGHT["amber"], linewidth=1.6, label="strategy")  # type: ignore[arg-type]
    axes.set_yscale("log")
    logarithmic(axes)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.98), ncols=2)


def logarithmic(axes: "Axes") -> None:
    """Round labels on a logarithmic axis, as many as fit."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = axes.get_ylim()
    narrow = high / max(low, 1e-9) < 12
    subs = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if narrow else (1.0, 2.0, 5.0)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(lambda value, _: amount(value))
    axes.yaxis.set_minor_formatter(NullFormatter())
