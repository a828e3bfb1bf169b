"""The engine, compiled: the same semantics as ``event_engine``, bar by bar, for sweeps.

``event_engine`` is the one to read; the steps here follow it, and tests hold the two equal to the
last bit. Hours in which nothing can happen are passed over in a loop of their own.
"""

import numpy as np
from numba import njit

from barograph.core.types import Bools, Floats
from barograph.trading.intents import Intents
from barograph.trading.kernel_steps import (
    CASH,
    DAY,
    EVENTS,
    EXHAUSTED,
    FILLS,
    HALF,
    HALTED,
    LAST,
    LEFT,
    PAUSED,
    QUANTITY,
    STOPS,
    TAKES,
    TRIP,
    Bars,
    Costs,
    Out,
    Wishes,
    blocked,
    carry,
    decide,
    event,
    liquidate,
    mark,
    meet,
)
from barograph.trading.market import Market
from barograph.trading.record import Record
from barograph.trading.rules import BPS, HOURS_A_YEAR, Breakers, Execution


def simulate(
    market: Market,
    intents: Intents,
    execution: Execution,
    breakers: Breakers,
    capital: float = 10_000.0,
    seed: int = 7,
) -> Record:
    """Run the compiled engine; see ``event_engine.simulate``."""
    rows, width = intents.target.shape
    bars = Bars(
        market.open, market.high, market.low, market.close, market.volume, market.funding,
        market.present, market.hours,
    )  # fmt: skip
    wishes = Wishes(
        intents.target, intents.limit, intents.stop, intents.take, intents.expiry, intents.source
    )
    # In a bar an order closes and opens, a level closes, a liquidation closes: untouched memory of
    # these arrays is never paged in.
    room = 4 * rows * width + 16
    out = Out(
        np.empty(rows), np.empty(rows), np.zeros(rows), np.empty((room, 4), dtype=np.int64),
        np.empty((room, 3)), np.empty((rows * (2 * width + 3) + 16, 3), dtype=np.int64),
        np.zeros(8), np.zeros((width, 9)),
    )  # fmt: skip
    _run(bars, wishes, _costs(execution, breakers), seed % 2**63, capital, out)
    fills, events = int(out.state[FILLS]), int(out.state[EVENTS])
    return Record(
        out.equity, out.exposure, out.places[:fills].copy(), out.amounts[:fills].copy(),
        out.carried, out.events[:events].copy(),
    )  # fmt: skip


def _costs(execution: Execution, breakers: Breakers) -> Costs:
    return Costs(
        slip=execution.slippage_bps * BPS,
        limit_slip=execution.limit_slippage_bps * BPS,
        chance=execution.fill_probability,
        commission=execution.commission_bps * BPS,
        participation=execution.participation,
        borrow=execution.borrow_annual / HOURS_A_YEAR,
        leverage=execution.leverage,
        maintenance=execution.maintenance,
        penalty=execution.liquidation_bps * BPS,
        losses=float(breakers.losses),
        loss_hours=float(breakers.loss_hours),
        drawdown=breakers.daily_drawdown,
        crash=breakers.crash,
        crash_hours=float(breakers.crash_hours),
    )


@njit(cache=True)
def _run(bars: Bars, wishes: Wishes, costs: Costs, seed: int, capital: float, out: Out) -> None:
    rows, width = wishes.target.shape
    state, symbols = out.state, out.symbols
    state[CASH], state[PAUSED], state[HALTED] = capital, -1.0, -1.0
    for j in range(width):
        symbols[j, LAST] = symbols[j, STOPS] = symbols[j, TAKES] = np.nan
    exhausted, t = False, 0
    while t < rows:
        if t > 0:
            t = _quiet(bars, wishes, costs, t, exhausted, out)
            if t == rows:
                break
        carry(bars, costs, t, out)
        if t > 0 and not exhausted:
            halted = blocked(bars, costs, t - 1, out)
            decide(wishes, costs, t - 1, halted, out)
        for j in range(width):
            if bars.present[t, j] and (symbols[j, LEFT] != 0.0 or symbols[j, QUANTITY] != 0.0):
                meet(bars, costs, t, j, seed, out)
        liquidate(bars, costs, t, out)
        mark(bars, t, out)
        if out.equity[t] <= 0.0 and not exhausted:
            exhausted = True
            event(out, t, EXHAUSTED, -1)
            for j in range(width):
                symbols[j, LEFT] = 0.0
        t += 1


@njit(cache=True)
def _quiet(bars: Bars, wishes: Wishes, costs: Costs, t: int, exhausted: bool, out: Out) -> int:
    """Pass over the bars from ``t`` on in which nothing can happen; the first in which it may.

    This is where a sweep spends its time: most hours have no wish, no order and no level in reach.
    What is asked here is never narrower than what the steps ask, and they decide.
    """
    target, close, state, symbols = wishes.target, bars.close, out.state, out.symbols
    equity, exposure, carried = out.equity, out.exposure, out.carried
    rows, width = target.shape
    for j in range(width):
        if symbols[j, LEFT] != 0.0 or (costs.borrow > 0.0 and symbols[j, QUANTITY] < 0.0):
            return t
    owed = np.zeros(width)
    # A hair narrower than the breaker itself, which then looks again.
    rise = (1.0 + costs.crash) * (1.0 - 1e-9) if costs.crash > 0.0 else np.inf
    fall = (1.0 - costs.crash) * (1.0 + 1e-9) if costs.crash > 0.0 else 0.0
    floor = 1.0 - costs.drawdown if costs.drawdown > 0.0 else -np.inf
    phase = bars.hours[t - 1] % 24
    while t < rows:
        if not exhausted and (
            _tripped(state, equity[t - 1], phase == 0 or t == 1, floor)
            or _asked(target, close, t, rise, fall)
        ):
            break
        cash = state[CASH]
        for j in range(width):
            owed[j] = _owed(bars.open, bars.funding, bars.present, symbols, t, j)
            cash = cash - owed[j]
        if not _safe(bars.high, bars.low, bars.present, symbols, t, cash, costs.maintenance):
            break
        value, total = _value(close, bars.present, symbols, t, cash)
        if total <= 0.0 and not exhausted:
            break
        state[CASH] = cash
        for j in range(width):
            symbols[j, TRIP] = symbols[j, TRIP] - owed[j]
            carried[t] = carried[t] + owed[j]
            if bars.present[t, j]:
                symbols[j, LAST] = close[t, j]
        equity[t] = total
        exposure[t] = value / total if total > 0.0 else 0.0
        phase = 0 if phase == 23 else phase + 1
        t += 1
    return t


@njit(cache=True)
def _tripped(state: Floats, equity: float, begins: bool, floor: float) -> bool:
    """Whether the drawdown of the day is too deep as of a close; notes a day that begins."""
    if begins:
        state[DAY], state[HALF] = equity, 0.0
    return bool(state[HALF] == 0.0 and equity < state[DAY] * floor)


@njit(cache=True)
def _value(
    close: Floats, present: Bools, symbols: Floats, t: int, cash: float
) -> tuple[float, float]:
    """What is held, all sides added up; and cash and positions."""
    value, total = 0.0, cash
    for j in range(len(symbols)):
        held = symbols[j, QUANTITY]
        if held != 0.0:
            mark = close[t, j] if present[t, j] else symbols[j, LAST]
            value += abs(held) * mark
            total += held * mark
    return value, total


@njit(cache=True)
def _asked(target: Floats, close: Floats, t: int, rise: float, fall: float) -> bool:
    """Whether the close before wishes anything, or may have tripped the breaker of crashes."""
    for j in range(target.shape[1]):
        if target[t - 1, j] == target[t - 1, j]:
            return True
        if t > 1:
            now, before = close[t - 1, j], close[t - 2, j]
            if now > before * rise or now < before * fall:
                return True
    return False


@njit(cache=True)
def _owed(opens: Floats, funding: Floats, present: Bools, symbols: Floats, t: int, j: int) -> float:
    """Funding due on what is held."""
    if symbols[j, QUANTITY] == 0.0 or funding[t, j] == 0.0:
        return 0.0
    price = opens[t, j] if present[t, j] else symbols[j, LAST]
    return float(symbols[j, QUANTITY] * price * funding[t, j])


@njit(cache=True)
def _safe(
    high: Floats, low: Floats, present: Bools, symbols: Floats, t: int, cash: float, part: float
) -> bool:
    """Whether no level is in reach of a bar, nor a liquidation."""
    gross, worst = 0.0, cash
    for j in range(len(symbols)):
        held = symbols[j, QUANTITY]
        if held == 0.0:
            continue
        price = symbols[j, LAST]
        if present[t, j] and held > 0.0:
            price = low[t, j]
            if price <= symbols[j, STOPS] or high[t, j] > symbols[j, TAKES]:
                return False
        elif present[t, j]:
            price = high[t, j]
            if price >= symbols[j, STOPS] or low[t, j] < symbols[j, TAKES]:
                return False
        gross += abs(held) * price
        worst += held * price
    return gross == 0.0 or worst > part * gross
