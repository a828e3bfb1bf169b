"""Average price of the session weighted by volume; a session is a day in UTC.

Mean of the typical prices (high + low + close) / 3 from midnight to each bar. Bars of a day are
sessions by themselves, so there it is unknown, and so it is from a bar without volume figures on
until the next midnight.
"""

from typing import Final

import numpy as np

from barograph.core.types import Floats
from barograph.service.candles import Bars
from barograph.service.layers.base import Around, Drawn, LayerKind

DAY: Final = 86_400


def vwap(bars: Bars) -> Floats:
    """Session VWAP at each bar; NaN where unknown."""
    if bars.length >= DAY or not len(bars.t):
        return np.full(len(bars.t), np.nan)
    typical = (bars.high + bars.low + bars.close) / 3.0
    starts = np.flatnonzero(np.diff(bars.t // DAY, prepend=-1))
    worth, volume = (np.split(one, starts[1:]) for one in (typical * bars.volume, bars.volume))
    traded = np.concatenate([np.cumsum(day) for day in volume])
    paid = np.concatenate([np.cumsum(day) for day in worth])
    mean: Floats = np.divide(paid, traded, out=np.full_like(paid, np.nan), where=traded > 0.0)
    return mean


def draw(around: Around) -> Drawn:
    """One line."""
    return Drawn({"vwap": vwap(around.bars)})


LAYERS = (LayerKind("vwap", lambda _: DAY, draw),)
