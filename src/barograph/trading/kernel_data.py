"""What the compiled engine works on: plain arrays, and the places of things in them."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from barograph.core.types import Floats, Ints
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.rules import BPS, HOURS_A_YEAR, Breakers, Execution

OPEN, HIGH, LOW, CLOSE, VOLUME, FUNDING, PRESENT = range(7)
"""Places of bars; where one is missing its prices are the last close."""
TARGET, WISH_LIMIT, WISH_STOP, WISH_TAKE, EXPIRY, WISH_SOURCE = range(6)
"""Places of wishes."""
(
    QUANTITY, LAST, STOPS, TAKES, LEFT, PRICE, END, TRIP, SOURCE, WISH, WISHED, WAITS, DUE,
) = range(13)  # fmt: skip
"""Places of what is known of a symbol: ``WISH`` is the row of the wish that stands (-1: none),
``WISHED`` the bar of its close, ``WAITS`` whether a breaker keeps it from being an order."""
(
    SLIP, LIMIT_SLIP, CHANCE, COMMISSION, PARTICIPATION, BORROW, LEVERAGE, MAINTENANCE, PENALTY,
    LOSSES, LOSS_HOURS, DRAWDOWN, CRASH, CRASH_HOURS,
    CASH, STREAK, PAUSED, HALTED, DAY, HALF, FILLS, EVENTS, FIRST, OVER,
) = range(24)  # fmt: skip
"""Places of a run: first its rules, from ``CASH`` on what changes."""
MARKET, LIMIT, STOP, TAKE, LIQUIDATION = range(5)
"""Places in ``record.KINDS``."""
BY_LOSSES, BY_DRAWDOWN, BY_CRASH, LIQUIDATED, EXHAUSTED = range(5)
"""Places in ``record.EVENTS``."""

INLINE: Final[dict[str, Any]] = {
    "nogil": True, "error_model": "numpy", "forceinline": True, "_nrt": False,
}  # fmt: skip
"""How a step is compiled: into its caller, and without numba's counting of references to arrays,
which costs more than all the rest of a bar. A step may therefore make no array of its own."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A market as the kernel takes it.

    Attributes
    ----------
    table : Floats
        Shape ``(7, m, n)``: kind of number, symbol, bar.
    moves : Floats
        Largest move of any symbol's close in the hour, as a fraction, shape ``(n,)``.
    """

    table: Floats
    moves: Floats


def bars_of(market: Market) -> Bars:
    """Lay a market out for the kernel; once for any number of runs."""
    rows, width = market.close.shape
    table = np.empty((7, width, rows))
    columns = (*market.bridged(), market.volume, market.funding, market.present)
    for place, column in enumerate(columns):
        table[place] = column.T
    return Bars(table, market.moves)


def wishes_of(intents: Intents) -> tuple[Ints, Floats]:
    """Rows that wish anything, and their wishes, shape ``(k, m, 6)``."""
    told = intents.target == intents.target
    # Column by column: any(axis=1) of a few columns takes ten times as long.
    asked = np.flatnonzero(np.logical_or.reduce([told[:, j] for j in range(told.shape[1])]))
    parts = (
        intents.target, intents.limit, intents.stop, intents.take, intents.expiry, intents.source
    )  # fmt: skip
    return asked, np.stack([part[asked].astype(float) for part in parts], axis=2)


def run_of(execution: Execution, breakers: Breakers, capital: float, first: int) -> Floats:
    """The vector of a run that has not begun."""
    run = np.zeros(OVER + 1)
    run[: CRASH_HOURS + 1] = (
        execution.slippage_bps * BPS,
        execution.limit_slippage_bps * BPS,
        execution.fill_probability,
        execution.commission_bps * BPS,
        execution.participation,
        execution.borrow_annual / HOURS_A_YEAR,
        execution.leverage,
        execution.maintenance,
        execution.liquidation_bps * BPS,
        breakers.losses,
        breakers.loss_hours,
        breakers.daily_drawdown,
        breakers.crash,
        breakers.crash_hours,
    )
    run[CASH], run[PAUSED], run[HALTED], run[FIRST] = capital, -1.0, -1.0, first
    return run


def symbols_of(width: int) -> Floats:
    """What is known of symbols at the start: nothing."""
    found = np.zeros((width, DUE + 1))
    found[:, [LAST, STOPS, TAKES]], found[:, WISH] = np.nan, -1.0
    return found
