r"""Volatility that was forecast, beside the one that came; per hour, fractions.

Over the window that ends with each bar, an hour or the bar itself where that is longer:

- ``volatility_realised``: root of the mean hourly Garman-Klass variance,
  :math:`\tfrac12 \ln^2(H/L) - (2 \ln 2 - 1) \ln^2(C/O)`, floored at zero;
- ``volatility_forecast``: root of the variance forecast for a window of that length, per hour, by
  the newest belief not later than the window's start. For one bar in progress there is no realised
  value.
"""

from typing import Final

import numpy as np

from barograph.core.levels import LEVELS
from barograph.core.types import Floats, Ints
from barograph.service.candles import Bars
from barograph.service.layers.base import Around, Drawn, LayerKind
from barograph.service.moments import HOUR

HEAD: Final = 2
"""Numbers of a packed belief before its parts: price and regime."""
NUMBER: Final = 8
"""Bytes of a number of a packed belief."""


def realised(bars: Bars) -> Floats:
    """Root of the mean hourly variance of the hour, or the bar, that ends with each bar."""
    square = 0.5 * np.log(bars.high / bars.low) ** 2
    square -= (2.0 * np.log(2.0) - 1.0) * np.log(bars.close / bars.open) ** 2
    variance = np.maximum(square, 0.0)
    if not bars.last_closed:
        variance[-1] = np.nan
    each = max(1, HOUR // bars.length)
    result = np.full(len(variance), np.nan)
    if len(variance) >= each:
        sums = np.lib.stride_tricks.sliding_window_view(variance, each).sum(axis=1)
        whole = bars.t[each - 1 :] - bars.t[: len(sums)] == (each - 1) * bars.length
        result[each - 1 :] = np.where(whole, np.sqrt(sums * HOUR / window(bars.length)), np.nan)
    return result


def window(length: int) -> int:
    """Seconds that are compared: an hour, or a bar where that is longer."""
    return max(HOUR, length)


def forecast(around: Around) -> Floats:
    """Root of the hourly variance that was forecast for the same window."""
    bars, layout = around.bars, around.layout
    hours = window(bars.length) // HOUR
    if layout is None or hours not in layout.horizons or not len(bars.t):
        return np.full(len(bars.t), np.nan)
    origins = (bars.t + bars.length - window(bars.length)) // HOUR * HOUR
    as_of, variance = _variances(around, layout.horizons.index(hours), origins)
    if not len(as_of):
        return np.full(len(bars.t), np.nan)
    place = np.clip(np.searchsorted(as_of, origins), 0, len(as_of) - 1)
    found = variance[place] / hours
    return np.where(as_of[place] == origins, np.sqrt(found), np.nan)


def _variances(around: Around, place: int, origins: Ints) -> tuple[Floats, Floats]:
    """Hours of beliefs and the variance of one horizon, cut out of the packed rows."""
    layout = around.layout
    assert layout is not None  # noqa: S101 - the caller has looked
    count = len(layout.horizons)
    start = NUMBER * (HEAD + count + place) + 1
    parts = count * (2 + len(LEVELS) + len(layout.terms) + len(layout.odds))
    whole = NUMBER * (HEAD + parts + len(layout.inputs))  # a row of another layout is not read
    rows = around.store.connection.execute(
        "SELECT as_of, substr(body, ?, 8) FROM beliefs WHERE symbol = ? AND as_of BETWEEN ? AND ? "
        "AND length(body) = ? ORDER BY as_of",
        (start, around.symbol, int(origins[0]), int(origins[-1]), whole),
    ).fetchall()
    packed = b"".join(row[1] for row in rows)
    return np.array([row[0] for row in rows], dtype=float), np.frombuffer(packed, dtype="<f8")


def draw(around: Around) -> Drawn:
    """Both lines."""
    return Drawn(
        {"volatility_forecast": forecast(around), "volatility_realised": realised(around.bars)}
    )


LAYERS = (LayerKind("volatility", lambda length: HOUR if length < HOUR else 0, draw),)
