"""How much of it could be luck."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from barograph.core.types import Floats
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, dates
from barograph.trading.overfit import Sweep
from barograph.trading.report.derive import moments
from barograph.trading.report.headline import logarithmic, signed
from barograph.trading.report.inputs import ReportInputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Luck"
BANDS = ((0, 4, 0.18), (1, 3, 0.30))
"""Places in ``bootstrap.LEVELS``: 90 and 50 of 100 drawings."""


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """The trials, the fan of drawings and the intervals."""
    blocks: list[b.Block | Drawing] = [b.Note(sentence(inputs), "say")]
    if inputs.sweep is not None:
        blocks.append(b.Note(chosen(inputs.sweep), "say"))
    if inputs.performance.exposure > 0.0:
        blocks += [drawing(inputs), intervals(inputs)]
    return [
        *blocks,
        b.Note(
            "The deflated Sharpe ratio (Bailey & López de Prado, 2014) is the probability that the "
            "true ratio exceeds what the best of so many worthless trials would show; it allows "
            "for skewed returns with fat tails. The ledger counts every configuration that was "
            "ever traded with it, and no one can take one back. How a search is judged: Bailey, "
            "Borwein, López de Prado & Zhu (2017). The fan strings weeks of this run "
            "together anew, a thousand times (stationary bootstrap): what the same hours could "
            "have come to in another order, with some drawn twice and others never. It knows of no "
            "market but this one."
        ),
    ]


def sentence(inputs: ReportInputs) -> str:
    """What the number of trials leaves of the result."""
    luck = inputs.luck
    if np.isnan(luck.deflated):
        return "The account never moved: there is nothing that could be luck."
    many = "configurations have" if luck.trials != 1 else "configuration has"
    spread = "as far apart as theirs" if luck.measured else "as far apart as chance alone puts them"
    return (
        f"{luck.trials:,} {many} been traded, this one included. The best of so many worthless "
        f"ones, {spread} (standard deviation {luck.spread:.2f}), would show a Sharpe ratio of "
        f"{luck.best:.2f}. The probability that this one is truly better is "
        f"{b.percent(luck.deflated, '.1f').text}; had nothing else been tried, that it is better "
        f"than zero, {b.percent(luck.above_zero, '.1f').text}."
    )


def chosen(sweep: Sweep) -> str:
    """What choosing among the configurations of a search is worth."""
    chance = b.percent(sweep.probability, ".0f").text
    return (
        f"A search tried {sweep.configurations:,} configurations, this one among them. Its "
        f"probability of backtest overfitting is {chance}: in so many halvings of history the "
        "configuration that was best in one half was below the middle in the other."
    )


def intervals(inputs: ReportInputs) -> b.Table:
    """Figures as measured and as drawn."""
    told, drawn = inputs.performance, inputs.drawn
    named: tuple[tuple[str, str, Callable[[float], b.Cell]], ...] = (
        ("total return", "total_return", signed),
        ("return a year", "annual_return", signed),
        ("Sharpe ratio", "sharpe", lambda value: b.number(value, ".2f")),
        ("max drawdown", "max_drawdown", lambda value: b.percent(value, ".1f")),
    )
    rows = []
    for label, name, cell in named:
        values: Floats = getattr(drawn, name)
        known = values[np.isfinite(values)]
        low, high = drawn.interval(name)
        middle = float(np.median(known)) if len(known) else np.nan
        below = float((known < 0.0).mean()) if len(known) and name != "max_drawdown" else np.nan
        rows.append((
            b.words(label, "head"), cell(getattr(told, name)), cell(low), cell(middle),
            cell(high), b.percent(below, ".0f"),
        ))  # fmt: skip
    columns = ("figure", "measured", "95 % from", "middle", "to", "below zero")
    return b.Table(columns, tuple(rows), f"{len(drawn.sharpe):,} drawings of the run's weeks")


def drawing(inputs: ReportInputs) -> Drawing:
    """The fan of equity, and how the Sharpe ratio is spread."""

    def draw(figure: "Figure", form: Format) -> None:
        if form == "wide":
            left, right = figure.subplots(1, 2, width_ratios=[2.1, 1.0])
        else:
            left, right = figure.subplots(2, 1, height_ratios=[1.5, 1.0])
        _fan(left, inputs)
        dates(left, 6 if form == "wide" else 4)
        _spread(right, inputs)

    return Drawing(
        "fan",
        "What the same weeks could have come to in another order",
        "Fan of equity over resampled weeks with bands of 50 and 90 percent, and a histogram of "
        "their Sharpe ratios; the intervals are in the table.",
        draw,
        (3.3, 5.0),
    )


def _fan(axes: "Axes", inputs: ReportInputs) -> None:
    drawn, capital = inputs.drawn, inputs.capital
    when = moments(inputs.market.hours[drawn.rows])
    fan = np.maximum(capital * drawn.fan, 1e-3)
    for low, high, alpha in BANDS:
        axes.fill_between(
            when, fan[low], fan[high], color=LIGHT["amber"], alpha=alpha, linewidth=0,  # type: ignore[arg-type]
            label="50 of 100 drawings" if low else "90 of 100",
        )  # fmt: skip
    axes.plot(
        when, fan[2], color=LIGHT["amberink"], linewidth=1.2, linestyle=(0, (4, 2)), label="middle"  # type: ignore[arg-type]
    )  # fmt: skip
    own = np.maximum(inputs.record.equity[drawn.rows], 1e-3)
    axes.plot(when, own, color=LIGHT["ink"], linewidth=1.3, label="this run")  # type: ignore[arg-type]
    axes.axhline(capital, color=LIGHT["soft"], linewidth=0.7, linestyle=(0, (2, 2)))
    axes.set_yscale("log")
    logarithmic(axes)
    axes.legend(loc="lower left", ncols=2)
    axes.set_title("equity")


def _spread(axes: "Axes", inputs: ReportInputs) -> None:
    values = inputs.drawn.sharpe[np.isfinite(inputs.drawn.sharpe)]
    if len(values):
        axes.hist(values, bins=36, color=LIGHT["amber"], alpha=0.65)
    axes.axvline(0.0, color=LIGHT["soft"], linewidth=0.9)
    best = inputs.luck.best
    if best > 0.0:
        axes.axvline(best, color=LIGHT["down"], linewidth=1.3, linestyle=(0, (4, 2)))
        axes.annotate(
            "best of the\nworthless", (best, 0.98), xycoords=("data", "axes fraction"),
            xytext=(3, 0), textcoords="offset points", va="top", fontsize=7, color=LIGHT["down"],
        )  # fmt: skip
    if np.isfinite(inputs.performance.sharpe):
        axes.axvline(inputs.performance.sharpe, color=LIGHT["ink"], linewidth=1.3)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.set_title("Sharpe ratio of the drawings")
