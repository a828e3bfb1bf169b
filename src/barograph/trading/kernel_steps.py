"""The steps of the compiled engine, each over tuples of arrays; ``event_engine`` says what they do.

The numbers of kinds and events are places in ``record.KINDS`` and ``record.EVENTS``.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.core.types import Bools, Floats, Ints
from barograph.trading.chance import FIRST, SECOND, STEP

MARKET, LIMIT, STOP, TAKE, LIQUIDATION = range(5)
LOSSES, DRAWDOWN, CRASH, LIQUIDATED, EXHAUSTED = range(5)
CASH, STREAK, PAUSED, HALTED, DAY, HALF, FILLS, EVENTS = range(8)
"""Places of what a run knows, in one array of floats."""
QUANTITY, LAST, STOPS, TAKES, LEFT, PRICE, END, TRIP, SOURCE = range(9)
"""Places of what it knows of a symbol."""


class Bars(NamedTuple):
    """A ``Market`` as the kernel takes it."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    funding: Floats
    present: Bools
    hours: Ints


class Wishes(NamedTuple):
    """``Intents`` as the kernel takes them."""

    target: Floats
    limit: Floats
    stop: Floats
    take: Floats
    expiry: Ints
    source: Ints


class Costs(NamedTuple):
    """``Execution`` and ``Breakers`` as the kernel takes them, as fractions."""

    slip: float
    limit_slip: float
    chance: float
    commission: float
    participation: float
    borrow: float
    leverage: float
    maintenance: float
    penalty: float
    losses: float
    loss_hours: float
    drawdown: float
    crash: float
    crash_hours: float


class Out(NamedTuple):
    """What is written: fields of ``Record``, and the state while it runs."""

    equity: Floats
    exposure: Floats
    carried: Floats
    places: Ints
    amounts: Floats
    events: Ints
    state: Floats
    symbols: Floats


@njit(cache=True)
def _uniform(seed: int, counter: int) -> float:
    z = np.uint64(seed) + (np.uint64(counter) + np.uint64(1)) * np.uint64(STEP)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@njit(cache=True)
def event(out: Out, bar: int, code: int, until: int) -> None:
    """Note a breaker and the hour of its release."""
    at = int(out.state[EVENTS])
    out.events[at, 0], out.events[at, 1], out.events[at, 2] = bar, code, until
    out.state[EVENTS] = at + 1


@njit(cache=True)
def carry(bars: Bars, costs: Costs, t: int, out: Out) -> None:
    """Pay funding and borrow on what is held."""
    state = out.state
    for j in range(len(out.symbols)):
        own = out.symbols[j]
        if own[QUANTITY] == 0.0:
            continue
        price = bars.open[t, j] if bars.present[t, j] else own[LAST]
        if bars.funding[t, j] != 0.0:
            cost = own[QUANTITY] * price * bars.funding[t, j]
            state[CASH] = state[CASH] - cost
            own[TRIP] = own[TRIP] - cost
            out.carried[t] = out.carried[t] + cost
        if costs.borrow > 0.0 and own[QUANTITY] < 0.0:
            cost = -own[QUANTITY] * price * costs.borrow
            state[CASH] = state[CASH] - cost
            own[TRIP] = own[TRIP] - cost
            out.carried[t] = out.carried[t] + cost


@njit(cache=True)
def blocked(bars: Bars, costs: Costs, t: int, out: Out) -> bool:
    """Look at the breakers as of the close of bar ``t``; whether nothing may be opened."""
    state, hour, equity = out.state, bars.hours[t], out.equity[t]
    if t == 0 or hour % 24 == 0:
        state[DAY], state[HALF] = equity, 0.0
    if costs.drawdown > 0.0 and state[HALF] == 0.0 and equity < state[DAY] * (1.0 - costs.drawdown):
        state[HALF] = 1.0
        event(out, t, DRAWDOWN, hour - hour % 24 + 24)
    if costs.crash > 0.0 and t > 0:
        for j in range(len(out.symbols)):
            both = bars.present[t, j] and bars.present[t - 1, j]
            if both and abs(bars.close[t, j] / bars.close[t - 1, j] - 1.0) > costs.crash:
                state[HALTED] = hour + costs.crash_hours
                event(out, t, CRASH, int(state[HALTED]))
                break
    return bool(hour < state[PAUSED] or hour < state[HALTED])


@njit(cache=True)
def decide(wishes: Wishes, costs: Costs, t: int, blocked: bool, out: Out) -> None:
    """Turn the wishes of the close of bar ``t`` into orders."""
    target, symbols, equity = wishes.target, out.symbols, out.equity[t]
    kept, wished, wishing = 0.0, 0.0, False
    for j in range(len(symbols)):
        if np.isnan(target[t, j]) or np.isnan(symbols[j, LAST]):
            if symbols[j, QUANTITY] != 0.0:
                kept += abs(symbols[j, QUANTITY]) * symbols[j, LAST]
        else:
            wishing = True
            wished += abs(target[t, j]) * equity
    if not wishing:
        return
    share = 0.5 if out.state[HALF] == 1.0 else 1.0
    room = max(costs.leverage * equity - kept, 0.0)
    if wished * share > room:
        share = room / wished
    for j in range(len(symbols)):
        own = symbols[j]
        if np.isnan(target[t, j]) or np.isnan(own[LAST]):
            continue
        want, held = target[t, j] * share * equity / own[LAST], own[QUANTITY]
        opens = want != 0.0 if want * held <= 0.0 else abs(want) > abs(held)
        if blocked and opens:
            continue
        own[LEFT], own[PRICE], own[END] = want - held, wishes.limit[t, j], t + wishes.expiry[t, j]
        own[STOPS], own[TAKES] = wishes.stop[t, j], wishes.take[t, j]
        own[SOURCE] = wishes.source[t, j]


@njit(cache=True)
def meet(bars: Bars, costs: Costs, t: int, j: int, seed: int, out: Out) -> None:
    """Fill an order, then meet the levels of what is held."""
    own = out.symbols[j]
    anchor, entered = bars.open[t, j], False
    if own[LEFT] != 0.0:
        if t > own[END]:
            own[LEFT] = 0.0
        else:
            anchor, entered = _order(bars, costs, t, j, seed, out)
    held = own[QUANTITY]
    if held == 0.0:
        return
    price, kind = 0.0, STOP
    if held > 0.0 and bars.low[t, j] <= own[STOPS]:
        price = min(anchor, own[STOPS]) * (1.0 - costs.slip)
    elif held < 0.0 and bars.high[t, j] >= own[STOPS]:
        price = max(anchor, own[STOPS]) * (1.0 + costs.slip)
    elif not (np.isnan(own[TAKES]) or entered):
        kind = TAKE
        price = _reached(bars, costs, t, j, own[TAKES], held > 0.0, 1, seed)
        price *= 1.0 - costs.limit_slip if held > 0.0 else 1.0 + costs.limit_slip
    if price > 0.0:
        _fill(bars, costs, t, j, -held, price, kind, out)
        own[LEFT], own[STOPS], own[TAKES] = 0.0, np.nan, np.nan


@njit(cache=True)
def _order(
    bars: Bars, costs: Costs, t: int, j: int, seed: int, out: Out
) -> tuple[float, bool]:  # fmt: skip
    """Fill what an order can have; where levels are met from, and whether a limit entered."""
    own, opened = out.symbols[j], bars.open[t, j]
    quantity, room = own[LEFT], costs.participation * bars.volume[t, j]
    if abs(quantity) > room:
        quantity = room if quantity > 0.0 else -room
    if quantity == 0.0:
        return opened, False
    held = own[QUANTITY]
    grows = held * quantity >= 0.0 or abs(quantity) > abs(held)
    anchor, slip, kind = opened, costs.slip, MARKET
    if not np.isnan(own[PRICE]):
        anchor = _reached(bars, costs, t, j, own[PRICE], quantity < 0.0, 0, seed)
        slip, kind = costs.limit_slip, LIMIT
        if anchor == 0.0:
            return opened, False
    side = 1.0 if quantity > 0.0 else -1.0
    _fill(bars, costs, t, j, quantity, anchor * (1.0 + side * slip), kind, out)
    own[LEFT] = own[LEFT] - quantity
    entered = kind == LIMIT and grows
    return (anchor if entered else opened), entered


@njit(cache=True)
def _reached(
    bars: Bars, costs: Costs, t: int, j: int, limit: float, up: bool, draw: int, seed: int
) -> float:
    """Price at which a limit above or below the market fills; 0 where it does not."""
    opened = bars.open[t, j]
    if up:
        through, gap = bars.high[t, j] > limit, opened > limit
    else:
        through, gap = bars.low[t, j] < limit, opened < limit
    if gap:
        return float(opened)
    counter = 2 * (t * bars.open.shape[1] + j) + draw
    return limit if through and _uniform(seed, counter) < costs.chance else 0.0


@njit(cache=True)
def _fill(
    bars: Bars, costs: Costs, t: int, j: int, quantity: float, price: float, kind: int, out: Out
) -> None:
    """Change a position; one that would change sides is closed first, then opened."""
    held = out.symbols[j, QUANTITY]
    if held * quantity < 0.0 and abs(quantity) > abs(held):
        rest = quantity + held
        _book(bars, costs, t, j, -held, price, kind, out)
        _book(bars, costs, t, j, rest, price, kind, out)
    else:
        _book(bars, costs, t, j, quantity, price, kind, out)


@njit(cache=True)
def _book(
    bars: Bars, costs: Costs, t: int, j: int, quantity: float, price: float, kind: int, out: Out
) -> None:
    state, own = out.state, out.symbols[j]
    rate = costs.commission + costs.penalty if kind == LIQUIDATION else costs.commission
    fee = abs(quantity) * price * rate
    state[CASH] = state[CASH] - quantity * price - fee
    own[TRIP] = own[TRIP] - quantity * price - fee
    own[QUANTITY] = own[QUANTITY] + quantity
    at = int(state[FILLS])
    out.places[at, 0], out.places[at, 1], out.places[at, 2] = t, j, kind
    out.places[at, 3] = int(own[SOURCE])
    out.amounts[at, 0], out.amounts[at, 1], out.amounts[at, 2] = quantity, price, fee
    state[FILLS] = at + 1
    if own[QUANTITY] == 0.0:
        state[STREAK] = state[STREAK] + 1.0 if own[TRIP] < 0.0 else 0.0
        own[TRIP] = 0.0
        if costs.losses > 0.0 and state[STREAK] >= costs.losses:
            state[STREAK], state[PAUSED] = 0.0, bars.hours[t] + costs.loss_hours
            event(out, t, LOSSES, int(state[PAUSED]))


@njit(cache=True)
def liquidate(bars: Bars, costs: Costs, t: int, out: Out) -> None:
    """Close everything where the worst prices of a bar leave too little equity."""
    symbols = out.symbols
    gross, worst = 0.0, out.state[CASH]
    for j in range(len(symbols)):
        held = symbols[j, QUANTITY]
        if held != 0.0:
            price = _worst(bars, t, j, out)
            gross += abs(held) * price
            worst += held * price
    if gross == 0.0 or worst > costs.maintenance * gross:
        return
    event(out, t, LIQUIDATED, -1)
    for j in range(len(symbols)):
        own = symbols[j]
        if own[QUANTITY] != 0.0:
            side = 1.0 if own[QUANTITY] > 0.0 else -1.0
            price = _worst(bars, t, j, out) * (1.0 - side * costs.slip)
            _fill(bars, costs, t, j, -own[QUANTITY], price, LIQUIDATION, out)
        own[LEFT], own[STOPS], own[TAKES] = 0.0, np.nan, np.nan


@njit(cache=True)
def _worst(bars: Bars, t: int, j: int, out: Out) -> float:
    if not bars.present[t, j]:
        return float(out.symbols[j, LAST])
    return float(bars.low[t, j] if out.symbols[j, QUANTITY] > 0.0 else bars.high[t, j])


@njit(cache=True)
def mark(bars: Bars, t: int, out: Out) -> None:
    """Value the account at the close."""
    value, total = 0.0, out.state[CASH]
    for j in range(len(out.symbols)):
        own = out.symbols[j]
        if bars.present[t, j]:
            own[LAST] = bars.close[t, j]
        if own[QUANTITY] != 0.0:
            value += abs(own[QUANTITY]) * own[LAST]
            total += own[QUANTITY] * own[LAST]
    out.equity[t] = total
    out.exposure[t] = value / total if total > 0.0 else 0.0
