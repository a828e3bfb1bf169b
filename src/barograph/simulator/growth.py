"""How an open bar has grown by now, without knowing more than now.

1. Where finer bars are recorded from the opening on, the open bar is made of those that have
   ended and of the one that is open.
2. The finest open bar follows a path of straight lines: opening price, the extreme that lies
   against its direction, the other extreme, closing price, at a constant pace. Its volume grows
   with time.
3. Once it has ended, a bar is exactly the recorded one.

Nothing but the finest open bar itself is read beyond the present moment.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from barograph.simulator.series import DECIMALS, Bar, Series

CENTS: Final = 2
"""Digits of a price, where the whole bar is recorded so."""


def state(series: Series, place: int, now: int, finer: Sequence[Series] = ()) -> Bar:
    """Bar at a place of its series, as it stands at a moment.

    Parameters
    ----------
    series : Series
        Where the bar is recorded.
    place : int
        Which one; it has opened by ``now``.
    now : int
        The moment, epoch in ms.
    finer : sequence of Series
        Series of shorter bars of the same symbol, the finest first.
    """
    bar = series.recorded(place)
    if now >= bar.closes:
        return bar
    for parts in finer:
        if (grown := _of_parts(bar, parts, now)) is not None:
            return grown
    return _on_its_way(bar, now)


def _of_parts(bar: Bar, parts: Series, now: int) -> Bar | None:
    """Open bar made of shorter ones; None where one of those up to now is missing."""
    if parts.length >= bar.closes - bar.opened or (bar.closes - bar.opened) % parts.length:
        return None
    first, after = parts.place(bar.opened), parts.opened_by(now)
    count = (now - bar.opened) // parts.length + 1
    if after - first != count or parts.opened[first] != bar.opened:
        return None
    last = _on_its_way(parts.recorded(after - 1), now).values
    _, highs, lows, _, *flows = (column[first : after - 1] for column in parts.columns)
    start = bar.values[0]
    values = (
        start,
        max(float(highs.max(initial=start)), last[1]),
        min(float(lows.min(initial=start)), last[2]),
        last[3],
        *(round(float(a.sum()) + b, DECIMALS) for a, b in zip(flows, last[4:], strict=True)),
    )
    return Bar(bar.opened, bar.closes, values, final=False)


def _on_its_way(bar: Bar, now: int) -> Bar:
    """Open bar on the path through its extremes; the recorded bar once it has ended."""
    if now >= bar.closes:
        return bar
    start, high, low, end = prices = bar.values[:4]
    digits = CENTS if all(price == round(price, CENTS) for price in prices) else DECIMALS
    share = (now - bar.opened) / (bar.closes - bar.opened)
    turns = (start, low, high, end) if end >= start else (start, high, low, end)
    seen = [start]
    left = share * sum(abs(b - a) for a, b in pairwise(turns))
    for a, b in pairwise(turns):
        leg = abs(b - a)
        if left < leg:
            seen.append(min(max(round(a + (b - a) * left / leg, digits), low), high))
            break
        left -= leg
        seen.append(b)
    flows = (round(value * share, DECIMALS) for value in bar.values[4:])
    return Bar(bar.opened, bar.closes, (start, max(seen), min(seen), seen[-1], *flows), final=False)
