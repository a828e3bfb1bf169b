"""From a backtest to a page."""

from collections.abc import Callable
from typing import Final, TypeAlias

from barograph.page import blocks as b
from barograph.page.document import fill, painted
from barograph.page.style import Drawing
from barograph.trading.performance import NOTICE
from barograph.trading.report import costs, headline, identity, luck, months, regimes, risk, trades
from barograph.trading.report.inputs import ReportInputs

Parts: TypeAlias = Callable[[ReportInputs], list[b.Block | Drawing]]

SECTIONS: Final[tuple[tuple[str, str, Parts], ...]] = (
    ("result", headline.TITLE, headline.parts),
    ("months", months.TITLE, months.parts),
    ("costs", costs.TITLE, costs.parts),
    ("luck", luck.TITLE, luck.parts),
    ("regimes", regimes.TITLE, regimes.parts),
    ("trades", trades.TITLE, trades.parts),
    ("risk", risk.TITLE, risk.parts),
    ("identity", identity.TITLE, identity.parts),
)


def render(inputs: ReportInputs) -> str:
    """Make the page; nothing is written, and nothing on it is fetched from anywhere."""
    sections = [
        b.Section(anchor, title, tuple(painted(parts(inputs), inputs.simulated)))
        for anchor, title, parts in SECTIONS
    ]
    return fill(
        "barograph.trading.report",
        "backtest.html.j2",
        simulated=inputs.simulated,
        inputs=inputs,
        sections=sections,
        record=record(inputs),
        notice=NOTICE,
        unfolded=(),
    )


def record(inputs: ReportInputs) -> list[tuple[str, str]]:
    """The result in one line."""
    told = inputs.performance
    return [
        ("return", b.percent(told.total_return, "+,.1f").text),
        ("holding", b.percent(told.buy_hold, "+,.1f").text),
        ("Sharpe", b.number(told.sharpe, ".2f").text),
        ("max drawdown", b.percent(told.max_drawdown, ".1f").text),
        ("at 1.5 times the costs", b.percent(inputs.stressed[1.5].total_return, "+,.1f").text),
        ("not luck", b.percent(inputs.luck.deflated, ".1f").text),
    ]
