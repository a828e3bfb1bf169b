"""A search as a page: the path of the parameters, what it earned, and what of that is luck."""

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from barograph.page import blocks as b
from barograph.page.document import fill, painted
from barograph.page.style import LIGHT, Drawing, Format
from barograph.pipelines.optimise.run import Optimised
from barograph.trading.overfit import Paths
from barograph.trading.performance import NOTICE, Performance, holding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

YEAR: Final = float(np.sqrt(365.25))
"""From daily ratios to yearly ones."""
TICKS: Final = tuple(m * 10.0**k for k in range(-4, 4) for m in (1, 1.5, 2, 3, 5, 7))
FIGURES: Final = (
    ("return", "total_return", 100.0, "+.1f", " %"),
    ("a year", "annual_return", 100.0, "+.1f", " %"),
    ("Sharpe", "sharpe", 1.0, ".2f", ""),
    ("max drawdown", "max_drawdown", 100.0, ".1f", " %"),
    ("trades", "trades", 1.0, "d", ""),
    ("fees", "fees", 1.0, ",.0f", ""),
)


def page(made: Optimised) -> str:
    """One self-contained page of HTML."""
    simulated = made.scene.simulated
    parts: list[tuple[str, str, list[b.Block | Drawing]]] = [
        ("result", "Result", [b.Note(sentence(made), "say"), equity(made), beside(made)]),
        ("path", "Path of the parameters", [b.Note(moves(made), "say"), path(made), windows(made)]),
        ("luck", "Luck", luck(made)),
    ]
    sections = [
        b.Section(anchor, title, tuple(painted(blocks, simulated)))
        for anchor, title, blocks in parts
    ]
    first, last = (_day(int(made.market.hours[at])) for at in (0, -1))
    return fill(
        "barograph.pipelines.optimise", "optimisation.html.j2", simulated=simulated,
        sections=sections, plan=made.plan, span=f"{first} to {last}", notice=NOTICE, unfolded=(),
    )  # fmt: skip


def sentence(made: Optimised) -> str:
    """What the path earned, and what it is to be held against."""
    path, fixed, held = made.performance, made.fixed, made.performance.buy_hold
    return (
        f"Chosen anew every {made.search.test_days} days on the {made.search.train_days} before, "
        f"the strategy returned {_said(path.total_return)} after costs; with its defaults it "
        f"returned {_said(fixed.total_return)}, holding {_said(held)}."
    )


def moves(made: Optimised) -> str:
    """How steady the choice is."""
    changes = sum(a != b for a, b in pairwise(made.chosen.tolist()))
    idle = int((made.chosen < 0).sum())
    return (
        f"{len(made.tried)} configurations, {len(made.windows)} windows; the choice changed "
        f"{changes} times. In {idle} windows no configuration had earned anything in training, and "
        "nothing was traded."
    )


def equity(made: Optimised) -> Drawing:
    """Equity of the path beside buying and holding."""
    # A point a day, and the last hour: more cannot be seen.
    points = np.append(np.arange(0, len(made.market.hours) - 1, 24), len(made.market.hours) - 1)
    days = made.market.hours[points].astype("datetime64[h]")
    own = made.record.equity[points] / made.plan.capital
    held = np.cumprod(1.0 + holding(made.market))[points]

    def draw(figure: "Figure", _form: Format) -> None:
        axes: Axes = figure.subplots()
        axes.plot(days, held, color=LIGHT["grey"], lw=1.0, label="holding")
        axes.plot(days, own, color=LIGHT["amber"], lw=1.4, label="walk-forward")
        axes.set_yscale("log")
        low, high = min(own.min(), held.min()), max(own.max(), held.max())
        axes.set_yticks([one for one in TICKS if low * 0.9 <= one <= high * 1.1])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
        axes.set_ylabel("times the start, log scale")
        axes.legend(loc="upper left")

    alt = f"Equity ends at {own[-1]:.2f} times the start, buying and holding at {held[-1]:.2f}."
    return Drawing("equity", "Equity", alt, draw, (3.2, 2.6))


def path(made: Optimised) -> Drawing:
    """Each parameter's value by window, and the Sharpe ratio before and in it."""
    told = made.path
    names = [name for name in made.tried[0] if len(set(made.search.grid[name])) > 1]
    edges = [*told["test_from"].to_list(), told["test_to"][-1]]

    def draw(figure: "Figure", _form: Format) -> None:
        rows = figure.subplots(len(names) + 1, 1, sharex=True, squeeze=False)[:, 0]
        for axes, name in zip(rows, names, strict=False):
            values = told[name].cast(float).fill_null(np.nan).to_numpy()
            axes.stairs(values, edges, baseline=None, color=LIGHT["amber"], lw=1.6)
            axes.set_ylabel(name)
        last: Axes = rows[-1]
        for column, colour, label in (
            ("train_sharpe", "grey", "before"), ("test_sharpe", "up", "in the window"),
        ):  # fmt: skip
            values = told[column].fill_null(np.nan).to_numpy()
            last.stairs(values, edges, baseline=None, color=LIGHT[colour], lw=1.4, label=label)
        last.axhline(0.0, color=LIGHT["soft"], lw=0.8)
        last.set_ylabel("Sharpe ratio")
        last.legend(loc="upper left", ncols=2, bbox_to_anchor=(0.0, 1.3))

    alt = "Steps: the value chosen for each window, and the Sharpe ratio before it and in it."
    height = 1.2 * (len(names) + 1) + 0.8
    return Drawing("path", "Chosen by window", alt, draw, (height, height))


def beside(made: Optimised) -> b.Table:
    """The path beside the defaults and the best in hindsight."""
    runs = (made.performance, made.fixed, made.hindsight)
    rows = tuple(
        (b.words(label, "head"), *(_figure(one, name, scale, form, unit) for one in runs))
        for label, name, scale, form, unit in FIGURES
    )
    return b.Table(
        ("", "walk-forward", "defaults", "best in hindsight"), rows,
        "Over the same hours; the best in hindsight is the configuration nobody could have picked.",
    )  # fmt: skip


def windows(made: Optimised) -> b.Table:
    """Every window."""
    names = tuple(made.tried[0])
    rows = tuple(
        (
            b.words(f"{row['test_from']:%Y-%m-%d}", "head"),
            *(b.number(row[name], "g") for name in names),
            b.number(row["train_sharpe"], ".2f"),
            b.number(row["test_sharpe"], ".2f"),
        )
        for row in made.path.iter_rows(named=True)
    )
    columns = ("traded from", *names, "Sharpe before", "Sharpe in it")
    return b.Table(columns, rows, "Every window", folded=True)


def histories(paths: Paths) -> str:
    """How choosing and trading went where it was not chosen."""
    ratios = YEAR * np.sort(paths.sharpe)
    lost = int((ratios < 0.0).sum())
    return (
        "Chosen on eight tenths of the days and traded in the other two, in every way, the best "
        f"makes {len(ratios)} histories that did not know themselves. Their Sharpe ratios run from "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f}; {lost} of them are below zero."
    )


def luck(made: Optimised) -> list[b.Block | Drawing]:
    """Deflated Sharpe ratio and probability of overfitting."""
    own = made.luck
    found: list[b.Block | Drawing] = [
        b.Note(
            f"{own.trials} configurations have been traded so far; the best of so many worthless "
            f"ones would be expected to show a Sharpe ratio of {own.best:.2f}. The probability "
            f"that this one is truly above that is {own.deflated:.1%}.",
            "say",
        )
    ]
    if made.paths is not None:
        found.append(b.Note(histories(made.paths), "say"))
    over = made.overfit
    if over is None:
        return [*found, b.Note("Too few configurations or days to tell overfitting.", "warn")]
    found.append(
        b.Note(
            f"In {over.probability:.0%} of {len(over.logits):,} ways to halve these days the best "
            "configuration of one half is below the middle of all in the other. Choosing at random "
            "would give half, and so do configurations that trade alike.",
            "say",
        )
    )

    def draw(figure: "Figure", _form: Format) -> None:
        axes: Axes = figure.subplots()
        both = np.concatenate((over.inside, over.outside))
        edges = np.linspace(both.min(), both.max(), 60)
        for values, colour, label in (
            (over.inside, "grey", "where it was chosen"), (over.outside, "up", "in the other half"),
        ):  # fmt: skip
            heights = np.histogram(values, edges)[0] / len(values)
            axes.stairs(heights, edges * YEAR, fill=True, color=LIGHT[colour], alpha=0.45,
                        label=label)  # fmt: skip
        axes.axvline(0.0, color=LIGHT["soft"], lw=0.8)
        axes.set_xlabel("Sharpe ratio of the best")
        axes.set_ylabel("share of halvings")
        axes.legend(loc="upper left")

    alt = "Sharpe ratio of the best configuration in the half it was chosen in, and in the other."
    return [*found, Drawing("halves", "Chosen in one half, traded in the other", alt, draw,
                            (2.8, 2.4))]  # fmt: skip


def _figure(one: Performance, name: str, scale: float, form: str, unit: str) -> b.Cell:
    return b.number(getattr(one, name), form, scale=scale, unit=unit)


def _said(value: float) -> str:
    return b.percent(value, "+.1f").text


def _day(hour: int) -> str:
    return str(np.datetime64(hour, "h").astype("datetime64[D]"))
