"""The steps of the compiled engine over single bars; ``event_engine`` says what they do."""

import numpy as np
from numba import njit

from barograph.core.types import Floats
from barograph.trading.chance import FIRST as FIRST_MIX
from barograph.trading.chance import SECOND, STEP
from barograph.trading.kernel_data import (
    BORROW,
    BY_CRASH,
    BY_DRAWDOWN,
    BY_LOSSES,
    CASH,
    CHANCE,
    CLOSE,
    COMMISSION,
    CRASH,
    CRASH_HOURS,
    DAY,
    DRAWDOWN,
    DUE,
    END,
    EVENTS,
    EXHAUSTED,
    EXPIRY,
    FILLS,
    FIRST,
    FUNDING,
    HALF,
    HALTED,
    HIGH,
    INLINE,
    LAST,
    LEFT,
    LEVERAGE,
    LIMIT,
    LIMIT_SLIP,
    LIQUIDATED,
    LIQUIDATION,
    LOSS_HOURS,
    LOSSES,
    LOW,
    MAINTENANCE,
    MARKET,
    OPEN,
    OVER,
    PARTICIPATION,
    PAUSED,
    PENALTY,
    PRESENT,
    PRICE,
    QUANTITY,
    SLIP,
    SOURCE,
    STOP,
    STOPS,
    STREAK,
    TAKE,
    TAKES,
    TARGET,
    TRIP,
    VOLUME,
    WAITS,
    WISH,
    WISH_LIMIT,
    WISH_SOURCE,
    WISH_STOP,
    WISH_TAKE,
    WISHED,
)


@njit(**INLINE)
def _uniform(seed: int, counter: int) -> float:
    z = np.uint64(seed) + (np.uint64(counter) + np.uint64(1)) * np.uint64(STEP)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST_MIX)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@njit(**INLINE)
def event(run: Floats, events: Floats, bar: int, code: int, until: float, value: float) -> None:
    """Note a breaker, the hour of its release and what tripped it."""
    at = int(run[EVENTS])
    events[at, 0], events[at, 1], events[at, 2], events[at, 3] = bar, code, until, value
    run[EVENTS] = at + 1


@njit(**INLINE)
def carry(table: Floats, run: Floats, symbols: Floats, carried: Floats, t: int) -> None:
    """Pay funding and borrow on what is held."""
    for j in range(len(symbols)):
        held = symbols[j, QUANTITY]
        if held == 0.0:
            continue
        price, rate = table[OPEN, j, t], table[FUNDING, j, t]
        if rate != 0.0:
            cost = held * price * rate
            run[CASH] = run[CASH] - cost
            symbols[j, TRIP] = symbols[j, TRIP] - cost
            carried[t] = carried[t] + cost
        if run[BORROW] > 0.0 and held < 0.0:
            cost = -held * price * run[BORROW]
            run[CASH] = run[CASH] - cost
            symbols[j, TRIP] = symbols[j, TRIP] - cost
            carried[t] = carried[t] + cost


@njit(**INLINE)
def blocked(run: Floats, events: Floats, t: int, equity: float, move: float) -> bool:
    """Look at the breakers as of the close of bar ``t``; whether nothing may be opened."""
    hour = int(run[FIRST]) + t
    if t == 0 or hour % 24 == 0:
        run[DAY], run[HALF] = equity, 0.0
    fell = equity < run[DAY] * (1.0 - run[DRAWDOWN])
    if run[DRAWDOWN] > 0.0 and run[HALF] == 0.0 and fell:
        run[HALF] = 1.0
        event(run, events, t, BY_DRAWDOWN, hour - hour % 24 + 24, 1.0 - equity / run[DAY])
    if run[CRASH] > 0.0 and move > run[CRASH]:
        run[HALTED] = hour + run[CRASH_HOURS]
        event(run, events, t, BY_CRASH, run[HALTED], move)
    return bool(hour < run[PAUSED] or hour < run[HALTED])


@njit(**INLINE)
def opens(want: float, held: float) -> bool:
    """Whether a wish opens or enlarges a position."""
    return want != 0.0 if want * held <= 0.0 else abs(want) > abs(held)


@njit(**INLINE)
def due(
    wish: Floats, symbols: Floats, k: int, t: int, asked: bool, blocked: bool, turned: bool
) -> bool:
    """Mark the symbols to decide at the close of bar ``t``; whether there are any."""
    some = False
    for j in range(len(symbols)):
        left, held = symbols[j, LEFT], symbols[j, QUANTITY]
        if asked and not (np.isnan(wish[k, j, TARGET]) or np.isnan(symbols[j, LAST])):
            symbols[j, WISH], symbols[j, WISHED], again = k, t, True
        elif blocked and left != 0.0:
            again = opens(held + left, held)
        else:
            again = symbols[j, WAITS] == 1.0 and not blocked
        again = again or (turned and symbols[j, WISH] >= 0.0)
        symbols[j, DUE] = 1.0 if again else 0.0
        some |= again
    return some


@njit(**INLINE)
def _share(wish: Floats, run: Floats, symbols: Floats, t: int, equity: float) -> float:
    """Part that is granted of the wishes which it leaves marked by 2."""
    base = 0.5 if run[HALF] == 1.0 else 1.0
    share = base
    for _ in range(len(symbols) + 1):
        kept, wished = 0.0, 0.0
        for j in range(len(symbols)):
            quantity, left, last = symbols[j, QUANTITY], symbols[j, LEFT], symbols[j, LAST]
            held = abs(quantity) * last if quantity != 0.0 else 0.0
            if symbols[j, DUE] == 0.0:
                kept += max(held, abs(quantity + left) * last) if left != 0.0 else held
                continue
            k = int(symbols[j, WISH])
            size = abs(wish[k, j, TARGET]) * equity
            late = t >= symbols[j, WISHED] + wish[k, j, EXPIRY]
            rests = not np.isnan(wish[k, j, WISH_LIMIT])
            shrinks = wish[k, j, TARGET] * quantity > 0.0 and size * base < held
            symbols[j, DUE] = 1.0
            if late and shrinks:
                kept += size * base
            elif late or (rests and held >= size * share):
                kept += held
            else:
                wished += size
                symbols[j, DUE] = 2.0
        room = max(run[LEVERAGE] * equity - kept, 0.0)
        share = min(share, room / wished) if wished > 0.0 else share
    return share


@njit(**INLINE)
def decide(
    wish: Floats, run: Floats, symbols: Floats, t: int, equity: float, blocked: bool, turned: bool
) -> None:
    """Turn the standing wishes of the symbols marked into orders, as of the close of ``t``."""
    share, halved = _share(wish, run, symbols, t, equity), run[HALF] == 1.0
    base = 0.5 if halved else 1.0
    for j in range(len(symbols)):
        if symbols[j, DUE] == 0.0:
            continue
        k, held = int(symbols[j, WISH]), symbols[j, QUANTITY]
        wished, expiry = symbols[j, WISHED], wish[k, j, EXPIRY]
        part = share if symbols[j, DUE] == 2.0 else base
        want = wish[k, j, TARGET] * part * equity / symbols[j, LAST]
        if symbols[j, DUE] == 1.0 and abs(want) > abs(held):
            want = abs(held) if want > 0.0 else -abs(held)
        late, rests = t >= wished + expiry, not np.isnan(wish[k, j, WISH_LIMIT])
        shrinks = want * held > 0.0 and abs(want) < abs(held)
        sheds = turned and halved and held != 0.0 and (late or rests) and not shrinks
        waits = blocked and opens(want, held) and not late
        symbols[j, WAITS] = 1.0 if waits else 0.0
        if (late and not shrinks) or (waits and want * held >= 0.0):
            symbols[j, LEFT] = 0.0
            if sheds:
                symbols[j, LEFT], symbols[j, PRICE] = -0.5 * held, np.nan
                symbols[j, END] = t + expiry
            continue
        symbols[j, SOURCE] = wish[k, j, WISH_SOURCE]
        symbols[j, LEFT], symbols[j, PRICE] = want - held, wish[k, j, WISH_LIMIT]
        symbols[j, END] = wished + expiry
        symbols[j, STOPS], symbols[j, TAKES] = wish[k, j, WISH_STOP], wish[k, j, WISH_TAKE]
        if waits or sheds or (shrinks and wished != t):
            symbols[j, PRICE], symbols[j, END] = np.nan, t + expiry
        if sheds:
            symbols[j, LEFT] = -0.5 * held
        if waits:
            symbols[j, LEFT], symbols[j, STOPS], symbols[j, TAKES] = -held, np.nan, np.nan


@njit(**INLINE)
def _forget(symbols: Floats, j: int) -> None:
    """Drop the wish, its order and its levels."""
    symbols[j, LEFT], symbols[j, STOPS], symbols[j, TAKES] = 0.0, np.nan, np.nan
    symbols[j, WISH], symbols[j, WAITS] = -1.0, 0.0


@njit(**INLINE)
def meet(
    table: Floats, run: Floats, symbols: Floats, fills: Floats, events: Floats,
    t: int, j: int, seed: int,
) -> None:  # fmt: skip
    """Fill an order, then meet the levels of what is held."""
    anchor, entered = table[OPEN, j, t], False
    if table[PRESENT, j, t] == 0.0:
        return
    if symbols[j, LEFT] != 0.0:
        if t > symbols[j, END]:
            symbols[j, LEFT] = 0.0
        else:
            anchor, entered = _order(table, run, symbols, fills, events, t, j, seed)
    held, stop, take = symbols[j, QUANTITY], symbols[j, STOPS], symbols[j, TAKES]
    if held == 0.0:
        return
    price, kind = 0.0, STOP
    if held > 0.0 and table[LOW, j, t] <= stop:
        price = min(anchor, stop) * (1.0 - run[SLIP])
    elif held < 0.0 and table[HIGH, j, t] >= stop:
        price = max(anchor, stop) * (1.0 + run[SLIP])
    elif not (np.isnan(take) or entered):
        kind = TAKE
        price = _reached(table, run[CHANCE], t, j, take, held > 0.0, 1, seed)
        price *= 1.0 - run[LIMIT_SLIP] if held > 0.0 else 1.0 + run[LIMIT_SLIP]
    if price > 0.0:
        _fill(run, symbols, fills, events, t, j, -held, price, kind)
        _forget(symbols, j)


@njit(**INLINE)
def _order(
    table: Floats, run: Floats, symbols: Floats, fills: Floats, events: Floats,
    t: int, j: int, seed: int,
) -> tuple[float, bool]:  # fmt: skip
    """Fill what an order can have; where levels are met from, and whether a limit entered."""
    opened, quantity = table[OPEN, j, t], symbols[j, LEFT]
    room = run[PARTICIPATION] * table[VOLUME, j, t]
    if abs(quantity) > room:
        quantity = room if quantity > 0.0 else -room
    if quantity == 0.0:
        return opened, False
    held, limit = symbols[j, QUANTITY], symbols[j, PRICE]
    grows = held * quantity >= 0.0 or abs(quantity) > abs(held)
    anchor, slip, kind = opened, run[SLIP], MARKET
    if not np.isnan(limit):
        anchor = _reached(table, run[CHANCE], t, j, limit, quantity < 0.0, 0, seed)
        slip, kind = run[LIMIT_SLIP], LIMIT
        if anchor == 0.0:
            return opened, False
    side = 1.0 if quantity > 0.0 else -1.0
    _fill(run, symbols, fills, events, t, j, quantity, anchor * (1.0 + side * slip), kind)
    symbols[j, LEFT] = symbols[j, LEFT] - quantity
    entered = kind == LIMIT and grows
    return (anchor if entered else opened), entered


@njit(**INLINE)
def _reached(
    table: Floats, chance: float, t: int, j: int, limit: float, up: bool, draw: int, seed: int
) -> float:
    """Price at which a limit above or below the market fills; 0 where it does not."""
    opened = table[OPEN, j, t]
    if up:
        through, gap = table[HIGH, j, t] > limit, opened > limit
    else:
        through, gap = table[LOW, j, t] < limit, opened < limit
    if gap:
        return float(opened)
    counter = 2 * (t * table.shape[1] + j) + draw
    return limit if through and _uniform(seed, counter) < chance else 0.0


@njit(**INLINE)
def _fill(
    run: Floats, symbols: Floats, fills: Floats, events: Floats,
    t: int, j: int, quantity: float, price: float, kind: int,
) -> None:  # fmt: skip
    """Change a position; one that would change sides is closed first, then opened."""
    held = symbols[j, QUANTITY]
    if held * quantity < 0.0 and abs(quantity) > abs(held):
        _book(run, symbols, fills, events, t, j, -held, price, kind)
        quantity = quantity + held
    _book(run, symbols, fills, events, t, j, quantity, price, kind)


@njit(**INLINE)
def _book(
    run: Floats, symbols: Floats, fills: Floats, events: Floats,
    t: int, j: int, quantity: float, price: float, kind: int,
) -> None:  # fmt: skip
    rate = run[COMMISSION] + run[PENALTY] if kind == LIQUIDATION else run[COMMISSION]
    fee = abs(quantity) * price * rate
    run[CASH] = run[CASH] - quantity * price - fee
    trip = symbols[j, TRIP] - quantity * price - fee
    held = symbols[j, QUANTITY] + quantity
    at = int(run[FILLS])
    fills[at, 0], fills[at, 1], fills[at, 2], fills[at, 3] = t, j, kind, symbols[j, SOURCE]
    fills[at, 4], fills[at, 5], fills[at, 6] = quantity, price, fee
    run[FILLS] = at + 1
    symbols[j, QUANTITY], symbols[j, TRIP] = held, trip
    if held == 0.0:
        symbols[j, TRIP] = 0.0
        run[STREAK] = run[STREAK] + 1.0 if trip < 0.0 else 0.0
        if run[LOSSES] > 0.0 and run[STREAK] >= run[LOSSES]:
            run[PAUSED] = run[FIRST] + t + run[LOSS_HOURS]
            event(run, events, t, BY_LOSSES, run[PAUSED], run[STREAK])
            run[STREAK] = 0.0


@njit(**INLINE)
def liquidate(
    table: Floats, run: Floats, symbols: Floats, fills: Floats, events: Floats, t: int
) -> None:
    """Close everything where the worst prices of a bar leave too little equity."""
    gross, worst = 0.0, run[CASH]
    for j in range(len(symbols)):
        held = symbols[j, QUANTITY]
        if held != 0.0:
            price = table[LOW if held > 0.0 else HIGH, j, t]
            gross += abs(held) * price
            worst += held * price
    if gross == 0.0 or worst > run[MAINTENANCE] * gross:
        return
    event(run, events, t, LIQUIDATED, -1.0, worst / gross)
    for j in range(len(symbols)):
        held = symbols[j, QUANTITY]
        if held != 0.0:
            side = 1.0 if held > 0.0 else -1.0
            price = table[LOW if held > 0.0 else HIGH, j, t] * (1.0 - side * run[SLIP])
            _fill(run, symbols, fills, events, t, j, -held, price, LIQUIDATION)
        _forget(symbols, j)


@njit(**INLINE)
def mark(
    table: Floats, run: Floats, symbols: Floats, events: Floats, equity: Floats,
    exposure: Floats, t: int,
) -> None:  # fmt: skip
    """Value the account at the close."""
    value, total = 0.0, run[CASH]
    for j in range(len(symbols)):
        held, price = symbols[j, QUANTITY], table[CLOSE, j, t]
        symbols[j, LAST] = price
        if held != 0.0:
            value += abs(held) * price
            total += held * price
    equity[t] = total
    exposure[t] = value / total if total > 0.0 else 0.0
    if total <= 0.0 and run[OVER] == 0.0:
        run[OVER] = 1.0
        event(run, events, t, EXHAUSTED, -1.0, total)
        for j in range(len(symbols)):
            symbols[j, LEFT] = 0.0
