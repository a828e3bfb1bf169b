"""Support and resistance: prices at which the market turned before.

A swing is a high (low) that no bar within five on either side passes; it counts once those five
bars have closed, so nothing here knows more than the last bar shown. Swings closer together than
half a mean true range of the last 100 bars are one level, at their mean price. A level is as strong
as its touches, each worth half as much after 250 bars; the eight strongest with two touches or
more are given. Those above the last close are resistance, those below are support.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from barograph.core.types import Floats, Ints
from barograph.service.candles import Bars
from barograph.service.layers.base import Around, Drawn, LayerKind

SIDE: Final = 5
RANGE_BARS: Final = 100
NEAR: Final = 0.5
HALF_LIFE: Final = 250.0
MOST: Final = 8
TOUCHES: Final = 2


@dataclass(frozen=True, slots=True)
class Swing:
    """A turn: its price, the bar's place, and the bar's opening time."""

    price: float
    place: int
    t: int


def levels(bars: Bars) -> list[dict[str, Any]]:
    """Levels as ``schemas.Level``, ascending by price."""
    count = len(bars.t) if bars.last_closed else len(bars.t) - 1
    if count < 2 * SIDE + 1:
        return []
    high, low, close = bars.high[:count], bars.low[:count], bars.close[:count]
    swings = [
        Swing(float(prices[k]), int(k), int(bars.t[k]))
        for prices, turns in ((high, swing_highs(high)), (low, swing_highs(-low)))
        for k in turns
    ]
    gathered = clusters(sorted(swings, key=lambda one: one.price), NEAR * true_range(bars, count))
    touched = [group for group in gathered if len(group) >= TOUCHES]
    weights = [sum(0.5 ** ((count - 1 - one.place) / HALF_LIFE) for one in g) for g in touched]
    best = sorted(range(len(touched)), key=lambda k: -weights[k])[:MOST]
    top = max(weights, default=1.0)
    last = float(close[-1])
    found = [_level(touched[k], weights[k] / top, last) for k in best]
    return sorted(found, key=lambda one: float(one["price"]))


def swing_highs(values: Floats, side: int = SIDE) -> Ints:
    """Places of values that none within ``side`` passes, the first of equals."""
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * side + 1)
    places: Ints = np.flatnonzero(windows.argmax(axis=1) == side) + side
    return places


def true_range(bars: Bars, count: int) -> float:
    """Mean true range of the last bars."""
    high, low, close = (one[:count][-RANGE_BARS - 1 :] for one in (bars.high, bars.low, bars.close))
    spans = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    return float(spans.mean())


def clusters(swings: list[Swing], near: float) -> list[list[Swing]]:
    """Swings, ascending by price, as groups none of which is wider than twice ``near``.

    A swing joins the group below where it is within ``near`` of the group's mean price.
    """
    groups: list[list[Swing]] = []
    mean = -np.inf
    for swing in swings:
        if groups and swing.price - mean <= near:
            groups[-1].append(swing)
            mean += (swing.price - mean) / len(groups[-1])
        else:
            groups.append([swing])
            mean = swing.price
    return groups


def _level(group: list[Swing], strength: float, last: float) -> dict[str, Any]:
    price = sum(one.price for one in group) / len(group)
    return {
        "price": price,
        "kind": "resistance" if price > last else "support",
        "touches": len(group),
        "first": min(one.t for one in group),
        "last": max(one.t for one in group),
        "strength": strength,
    }


def draw(around: Around) -> Drawn:
    """Levels as the last bar shown knows them."""
    return Drawn(fields={"levels": levels(around.bars)})


LAYERS = (LayerKind("levels", lambda length: RANGE_BARS * length, draw),)
