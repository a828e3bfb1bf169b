"""The engine, compiled: the same semantics as ``event_engine``, for sweeps.

``event_engine`` is the one to read; the steps here follow it, and tests hold the two equal to the
last bit. Hours in which nothing can happen are passed over in a loop of their own.
"""

from pathlib import Path

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints
from barograph.trading import kernel_data, kernel_steps
from barograph.trading.chance import SEEDS
from barograph.trading.intents import Intents
from barograph.trading.kernel_data import (
    BORROW,
    CASH,
    CLOSE,
    DAY,
    DRAWDOWN,
    EVENTS,
    FILLS,
    FIRST,
    FUNDING,
    HALF,
    HALTED,
    HIGH,
    INLINE,
    LAST,
    LEFT,
    LOW,
    MAINTENANCE,
    OPEN,
    OVER,
    PAUSED,
    QUANTITY,
    STOPS,
    TAKES,
    TRIP,
    WAITS,
    bars_of,
    run_of,
    symbols_of,
    wishes_of,
)
from barograph.trading.kernel_steps import (
    blocked,
    carry,
    decide,
    due,
    liquidate,
    mark,
    meet,
)
from barograph.trading.market import Market
from barograph.trading.record import Record
from barograph.trading.rules import Breakers, Execution


def simulate(
    market: Market,
    intents: Intents,
    execution: Execution,
    breakers: Breakers,
    capital: float = 10_000.0,
    seed: int = 7,
) -> Record:
    """Run the compiled engine once; see ``event_engine.simulate``."""
    return Compiled(market).run(intents, execution, breakers, capital, seed)


class Compiled:
    """The compiled engine over one market, for many runs.

    What depends on the market alone is laid out once. Runs share nothing that changes, and let
    other threads go on: a sweep may run them in several.

    Parameters
    ----------
    market : Market
    """

    def __init__(self, market: Market) -> None:
        self.market, self.first = market, int(market.hours[0]) if len(market.hours) else 0
        self.bars = bars_of(market)

    def run(
        self,
        intents: Intents,
        execution: Execution,
        breakers: Breakers,
        capital: float = 10_000.0,
        seed: int = 7,
    ) -> Record:
        """Run wishes over the market; see ``event_engine.simulate``."""
        intents.check(self.market, capital)
        rows, width = intents.target.shape
        bars, (asked, wish) = self.bars, wishes_of(intents)
        crashes = np.flatnonzero(bars.moves > (breakers.crash or np.inf))
        asked, crashes = np.append(asked, rows), np.append(crashes, rows)
        # In a bar an order closes and opens, a level closes, a liquidation closes: what of these
        # arrays is never written is never paged in.
        fills = np.empty((4 * rows * width + 16, 7))
        events = np.empty((rows * (2 * width + 3) + 16, 4))
        equity, exposure, carried = np.empty(rows), np.empty(rows), np.zeros(rows)
        run = run_of(execution, breakers, capital, self.first)
        _run(bars.table, bars.moves, crashes, asked, wish, run, symbols_of(width), fills,
             events, equity, exposure, carried, seed % SEEDS)  # fmt: skip
        filled, noted = fills[: int(run[FILLS])], events[: int(run[EVENTS])]
        return Record(
            equity, exposure, filled[:, :4].astype(np.int64), filled[:, 4:].copy(), carried,
            noted[:, :3].astype(np.int64), noted[:, 3].copy(),
        )  # fmt: skip


@njit(cache=True, **INLINE)
def _run(
    table: Floats, moves: Floats, crashes: Ints, asked: Ints, wish: Floats, run: Floats,
    symbols: Floats, fills: Floats, events: Floats, equity: Floats, exposure: Floats,
    carried: Floats, seed: int,
) -> None:  # fmt: skip
    width, rows = table.shape[1], table.shape[2]
    k = c = t = 0
    while t < rows:
        # The last entries of both are beyond every bar.
        while asked[k] + 1 < t:
            k += 1
        while crashes[c] + 1 < t:
            c += 1
        stop = rows if run[OVER] == 1.0 else min(asked[k] + 1, crashes[c] + 1, rows)
        if 0 < t < stop:
            t = _quiet(table, run, symbols, equity, exposure, carried, t, stop)
            if t == rows:
                break
        carry(table, run, symbols, carried, t)
        if t > 0 and run[OVER] == 0.0:
            half = run[HALF]
            halted = blocked(run, events, t - 1, equity[t - 1], moves[t - 1])
            turned = half != run[HALF]
            if due(wish, symbols, k, t - 1, asked[k] == t - 1, halted, turned):
                decide(wish, run, symbols, t - 1, equity[t - 1], halted, turned)
        for j in range(width):
            meet(table, run, symbols, fills, events, t, j, seed)
        liquidate(table, run, symbols, fills, events, t)
        mark(table, run, symbols, events, equity, exposure, t)
        t += 1


@njit(**INLINE)
def _quiet(
    table: Floats, run: Floats, symbols: Floats, equity: Floats, exposure: Floats,
    carried: Floats, t: int, stop: int,
) -> int:  # fmt: skip
    """Pass over the bars of ``[t, stop)`` in which nothing can happen; the first in which it may.

    This is where a sweep spends its time: most hours have no wish, no order and no level in reach.
    What is asked here is never narrower than what the steps ask, and they decide.
    """
    width, stop = len(symbols), _nothing_before(run, symbols, t, stop)
    hour = (int(run[FIRST]) + t - 1) % 24
    while t < stop:
        if hour == 0 and run[HALF] == 1.0 and run[OVER] == 0.0:
            break  # wishes that were halved are whole again
        if hour == 0 or t == 1:
            run[DAY], run[HALF] = equity[t - 1], 0.0
        water = _water(run)
        if equity[t - 1] < water:
            break
        until = min(stop, t + 24 - hour)
        if not _holds(symbols):
            _flat(run[CASH], equity, exposure, t, until)
            passed = until
        elif width == 1:
            passed = _one(table, run, symbols, equity, exposure, carried, t, until, water)
        else:
            passed = _many(table, run, symbols, equity, exposure, carried, t, until, water)
        t = passed
        if passed < until:
            break
        hour = 0
    for j in range(width):
        symbols[j, LAST] = table[CLOSE, j, t - 1]
    return t


@njit(**INLINE)
def _nothing_before(run: Floats, symbols: Floats, t: int, stop: int) -> int:
    """Bar up to which no order, borrow or release of a breaker asks for the steps."""
    for j in range(len(symbols)):
        if symbols[j, LEFT] != 0.0 or (run[BORROW] > 0.0 and symbols[j, QUANTITY] < 0.0):
            return t
        if symbols[j, WAITS] == 1.0 and run[OVER] == 0.0:
            stop = min(stop, int(max(run[PAUSED], run[HALTED]) - run[FIRST]) + 1)
    return stop


@njit(**INLINE)
def _holds(symbols: Floats) -> bool:
    """Whether anything is held."""
    held = False
    for j in range(len(symbols)):
        held |= symbols[j, QUANTITY] != 0.0
    return held


@njit(**INLINE)
def _water(run: Floats) -> float:
    """Equity below which the breaker of drawdowns would trip."""
    if run[OVER] == 1.0 or run[DRAWDOWN] == 0.0 or run[HALF] == 1.0:
        return -np.inf
    return float(run[DAY] * (1.0 - run[DRAWDOWN]))


@njit(**INLINE)
def _flat(cash: float, equity: Floats, exposure: Floats, t: int, until: int) -> None:
    """Mark bars without a position."""
    for i in range(t, until):
        equity[i] = cash
        exposure[i] = 0.0


@njit(**INLINE)
def _one(
    table: Floats, run: Floats, symbols: Floats, equity: Floats, exposure: Floats,
    carried: Floats, t: int, until: int, water: float,
) -> int:  # fmt: skip
    """Mark bars of one symbol that is held; the first that is not passed over."""
    held, trip, cash = symbols[0, QUANTITY], symbols[0, TRIP], run[CASH]
    part, least = run[MAINTENANCE], -np.inf if run[OVER] == 1.0 else 0.0
    side, near, far = (1.0, LOW, HIGH) if held > 0.0 else (-1.0, HIGH, LOW)
    stop, take, size = side * symbols[0, STOPS], side * symbols[0, TAKES], abs(held)
    passed = until
    for i in range(t, until):
        edge, close, rate = table[near, 0, i], table[CLOSE, 0, i], table[FUNDING, 0, i]
        cost = held * table[OPEN, 0, i] * rate if rate != 0.0 else 0.0
        left = cash - cost
        total = left + held * close
        reached = side * edge <= stop or side * table[far, 0, i] > take
        if reached or left + held * edge <= part * (size * edge) or total <= least:
            passed = i
            break
        if rate != 0.0:
            cash, trip = left, trip - cost
            carried[i] = carried[i] + cost
        equity[i] = total
        exposure[i] = size * close / total if total > 0.0 else 0.0
        if total < water:
            passed = i + 1
            break
    run[CASH], symbols[0, TRIP] = cash, trip
    return passed


@njit(**INLINE)
def _many(
    table: Floats, run: Floats, symbols: Floats, equity: Floats, exposure: Floats,
    carried: Floats, t: int, until: int, water: float,
) -> int:  # fmt: skip
    """The same of several symbols."""
    part, least = run[MAINTENANCE], -np.inf if run[OVER] == 1.0 else 0.0
    for i in range(t, until):
        cash, due = _after_funding(table, symbols, run[CASH], i)
        gross, worst, value, total, reached = 0.0, cash, 0.0, cash, False
        for j in range(len(symbols)):
            held = symbols[j, QUANTITY]
            if held == 0.0:
                continue
            side, near, far = (1.0, LOW, HIGH) if held > 0.0 else (-1.0, HIGH, LOW)
            edge, close, size = table[near, j, i], table[CLOSE, j, i], abs(held)
            reached |= side * edge <= side * symbols[j, STOPS]
            reached |= side * table[far, j, i] > side * symbols[j, TAKES]
            gross, worst = gross + size * edge, worst + held * edge
            value, total = value + size * close, total + held * close
        if reached or worst <= part * gross or total <= least:
            return i
        if due:
            carry(table, run, symbols, carried, i)
        equity[i] = total
        exposure[i] = value / total if total > 0.0 else 0.0
        if total < water:
            return i + 1
    return until


@njit(**INLINE)
def _after_funding(table: Floats, symbols: Floats, cash: float, t: int) -> tuple[float, bool]:
    """Cash when funding has been paid, and whether any was due."""
    due = False
    for j in range(len(symbols)):
        held, rate = symbols[j, QUANTITY], table[FUNDING, j, t]
        if held != 0.0 and rate != 0.0:
            cash, due = cash - held * table[OPEN, j, t] * rate, True
    return cash, due


# Numba takes compiled code from disk by the date of the caller's file alone; the steps lie in
# others, and there is no public way to tell it. Without compilation there is no cache.
if "_cache" in vars(_run):
    _file = vars(_run)["_cache"]._cache_file
    _file._source_stamp = (
        _file._source_stamp,
        *(Path(str(module.__file__)).stat().st_mtime_ns for module in (kernel_data, kernel_steps)),
    )
