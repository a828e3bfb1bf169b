"""Triple-barrier outcomes on both legs, as the engine would fill them.

1. What is known at the close of row ``e`` is entered at the opening of the next hour that has both
   bars, with slippage and commission on each leg; quantities follow from the closes of ``e``.
2. The **stop** is judged at the worst prices of the bar together: the long leg at its low, the
   short one at its high, though they may never have met. The **profit** is judged at the close,
   where both prices stood side by side. Where both are reached in a bar the stop counts.
3. After ``hold`` hours the trade ends whatever it shows.
4. What was decided at a close is left at the opening of the next hour that has both bars. Borrow is
   paid on the short leg for every hour carried into.

A trade that the history is too short to end has no outcome: NaN.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import polars as pl
from numba import njit

from barograph.core.types import Bools, Floats, Ints
from barograph.pair.events import Events
from barograph.trading.market import Market
from barograph.trading.rules import BPS, HOURS_A_YEAR, Execution

ENDS: Final = ("stop", "profit", "time")
STOP, PROFIT, TIME = range(3)
OPEN: Final = -1


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of events, shape ``(k,)`` each.

    Attributes
    ----------
    entry : Ints
        Row of the bar at whose opening it was entered; -1 where there was none.
    decided : Ints
        Row at whose close the end was decided; the last row where it was not.
    exit : Ints
        Row of the bar at whose opening it was left: from its opening on the outcome is known.
        -1 where the history ends before.
    ended : Ints
        Which barrier, a place in ``ENDS``; -1 where none was reached.
    gross, net : Floats
        Result as a fraction of equity, before and after costs; NaN where it did not end.
    """

    entry: Ints
    decided: Ints
    exit: Ints
    ended: Ints
    gross: Floats
    net: Floats

    @property
    def finished(self) -> Bools:
        """Whether it ended inside the history."""
        return self.exit >= 0

    def pick(self, which: Bools | Ints) -> "Outcomes":
        """Outcomes of some of the events."""
        return Outcomes(*(getattr(self, field.name)[which] for field in fields(self)))


def outcomes_of(market: Market, events: Events, hold: int, execution: Execution) -> Outcomes:
    """Follow every event to its end, each as if it were alone.

    Parameters
    ----------
    market : Market
        Of ``events.pair_market``.
    events : Events
    hold : int
        Hours.
    execution : Execution
        Slippage, commission and borrow.
    """
    count = len(events)
    places = np.full((count, 4), OPEN, dtype=np.int64)
    results = np.full((count, 2), np.nan)
    costs = np.array(
        [execution.slippage_bps * BPS, execution.commission_bps * BPS,
         execution.borrow_annual / HOURS_A_YEAR]
    )  # fmt: skip
    prices = np.stack((market.open, market.high, market.low, market.close))
    levels = np.stack((events.profit, events.stop), axis=1)
    _follow(prices, events.row, events.weight, levels, hold, costs, (places, results))
    entry, decided, left, ended = places.T
    return Outcomes(entry.copy(), decided.copy(), left.copy(), ended.copy(), *results.T.copy())


@njit(cache=True)
def _follow(
    prices: Floats, row: Ints, weight: Floats, levels: Floats, hold: int, costs: Floats,
    out: tuple[Ints, Floats],
) -> None:  # fmt: skip
    opens, close = prices[0], prices[3]
    places, results = out
    rows = len(opens)
    quantity, paid = np.zeros(2), np.zeros(2)
    for k in range(len(row)):
        quantity[:] = weight[k] / close[row[k]]
        entry = _next(opens, row[k] + 1)
        places[k, 1] = rows - 1
        if entry == rows:
            continue
        paid[:] = opens[entry] * (1.0 + np.sign(quantity) * costs[0])
        places[k, 0] = entry
        decided, ended = _end(prices, quantity, paid, entry, row[k] + hold, levels[k])
        if ended < 0:
            continue
        places[k, 1], places[k, 3] = decided, ended
        left = _next(opens, decided + 1)
        if left == rows:
            continue
        places[k, 2] = left
        spent = got = moved = 0.0
        for j in range(2):
            price = opens[left, j] * (1.0 - np.sign(quantity[j]) * costs[0])
            moved += quantity[j] * (opens[left, j] - opens[entry, j])
            got += quantity[j] * (price - paid[j])
            spent += abs(quantity[j]) * (price + paid[j]) * costs[1]
        results[k, 0] = moved
        results[k, 1] = got - spent - _borrowed(prices, quantity, entry, left, costs[2])


@njit(cache=True)
def _next(opens: Floats, t: int) -> int:
    """First row from ``t`` on that has both bars."""
    while t < len(opens) and not np.isfinite(opens[t, 0]):
        t += 1
    return t


@njit(cache=True)
def _end(
    prices: Floats, quantity: Floats, paid: Floats, entry: int, last: int, level: Floats
) -> tuple[int, int]:
    """Row at whose close the end is decided, and why."""
    high, low, close = prices[1], prices[2], prices[3]
    for t in range(entry, len(close)):
        worst = mark = 0.0
        if np.isfinite(close[t, 0]):
            for j in range(2):
                side = low[t, j] if quantity[j] > 0.0 else high[t, j]
                worst += quantity[j] * (side - paid[j])
                mark += quantity[j] * (close[t, j] - paid[j])
            if worst <= -level[1]:
                return t, STOP
            if mark >= level[0]:
                return t, PROFIT
        if t >= last:
            return t, TIME
    return len(close) - 1, OPEN


@njit(cache=True)
def _borrowed(prices: Floats, quantity: Floats, entry: int, left: int, rate: float) -> float:
    opens, close = prices[0], prices[3]
    total, last = 0.0, close[entry].copy()
    for t in range(entry + 1, left + 1):
        there = np.isfinite(opens[t, 0])
        for j in range(2):
            if quantity[j] < 0.0:
                total -= quantity[j] * (opens[t, j] if there else last[j]) * rate
        if there:
            last[:] = close[t]
    return total


def outcome_frame(outcomes: Outcomes) -> pl.DataFrame:
    """Outcomes as a table; a trade that did not end has nulls."""
    names = pl.Series("ended", [ENDS[k] if k >= 0 else None for k in outcomes.ended], pl.String)
    return pl.DataFrame(
        {
            "entry_row": outcomes.entry,
            "decided_row": outcomes.decided,
            "exit_row": outcomes.exit,
            "ended": names,
            "gross": outcomes.gross,
            "net": outcomes.net,
        }
    ).with_columns(pl.col("gross", "net").fill_nan(None))
