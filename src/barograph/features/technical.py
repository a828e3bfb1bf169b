"""Oscillators and bands of the trading desks, without the price level (R-F3)."""

import polars as pl

from barograph.features.bars import CLOSE
from barograph.features.base import Feature, Part
from barograph.features.windows import (
    WEIGHT_LEFT,
    ewma,
    memory,
    ratio,
    trailing_mean,
    trailing_std,
)

HIGH, LOW = pl.col("high"), pl.col("low")

_CHANGE = Part("_change", CLOSE.diff())
_RISE = Part("_rise", _CHANGE.column.clip(lower_bound=0.0))
_FALL = Part("_fall", _RISE.column - _CHANGE.column)
_TRUE_RANGE = Part(
    "_true_range",
    pl.max_horizontal(HIGH - LOW, (HIGH - CLOSE.shift(1)).abs(), (LOW - CLOSE.shift(1)).abs()),
)


def rsi(hours: int) -> Feature:
    """Relative strength index with Wilder's smoothing; 50 when rises and falls balance.

    References
    ----------
    .. [1] Wilder (1978), "New Concepts in Technical Trading Systems".
    """
    rise, fall = (ewma(part.column, 1 / hours) for part in (_RISE, _FALL))
    return Feature(
        name=f"rsi_{hours}",
        expr=100 * ratio(rise, rise + fall),
        lookback=memory(1 / hours) + 1,
        unit="0 ... 100",
        formula=f"100 U / (U + D), U and D Wilder means ({hours} h) of rises and falls",
        group="technical",
        tolerance=WEIGHT_LEFT,
    )


def macd_histogram(fast: int, slow: int, signal: int) -> Feature:
    """MACD line less its own average, as a share of the price."""
    line = ewma(CLOSE, 2 / (fast + 1)) - ewma(CLOSE, 2 / (slow + 1))
    return Feature(
        name="macd_histogram",
        expr=(line - ewma(line, 2 / (signal + 1))) / CLOSE,
        lookback=memory(2 / (slow + 1)) + memory(2 / (signal + 1)),
        unit="fraction of price",
        formula=f"(M - EMA_{signal}(M)) / close, M = EMA_{fast} - EMA_{slow} of close",
        group="technical",
        tolerance=WEIGHT_LEFT,
    )


def bollinger_bandwidth(hours: int, width: float) -> Feature:
    """Distance between the Bollinger bands, as a share of their middle."""
    middle, spread = trailing_mean(CLOSE, hours), trailing_std(CLOSE, hours)
    return Feature(
        name=f"bollinger_bandwidth_{hours}",
        expr=2 * width * spread / middle,
        lookback=hours,
        unit="fraction of price",
        formula=f"2 * {width:g} std(close) / mean(close) over {hours} h",
        group="technical",
    )


def bollinger_position(hours: int, width: float) -> Feature:
    """Where the close lies between the Bollinger bands: 0 the lower, 1 the upper."""
    middle, spread = trailing_mean(CLOSE, hours), trailing_std(CLOSE, hours)
    # Under a ten-millionth of the price the spread is rounding, not movement.
    score = ratio(CLOSE - middle, width * spread, 1e-7 * CLOSE)
    return Feature(
        name=f"bollinger_position_{hours}",
        expr=(score + 1) / 2,
        lookback=hours,
        unit="1",
        formula=f"(close - lower) / (upper - lower), bands mean ± {width:g} std over {hours} h",
        group="technical",
    )


def average_true_range(hours: int) -> Feature:
    """Wilder's average true range, as a share of the price."""
    return Feature(
        name=f"atr_{hours}",
        expr=ewma(_TRUE_RANGE.column, 1 / hours) / CLOSE,
        lookback=memory(1 / hours) + 1,
        unit="fraction of price",
        formula=f"Wilder mean ({hours} h) of max(H-L, |H-C[-1]|, |L-C[-1]|) / close",
        group="technical",
        tolerance=WEIGHT_LEFT,
    )


def ema_cross(fast: int, slow: int) -> Feature:
    """Distance of the fast from the slow average: its sign is the cross."""
    return Feature(
        name="ema_cross",
        expr=ewma(CLOSE, 2 / (fast + 1)) / ewma(CLOSE, 2 / (slow + 1)) - 1,
        lookback=memory(2 / (slow + 1)),
        unit="fraction of price",
        formula=f"EMA_{fast}(close) / EMA_{slow}(close) - 1",
        group="technical",
        tolerance=WEIGHT_LEFT,
    )


def mean_deviation(hours: int) -> Feature:
    """Distance of the close from its mean."""
    return Feature(
        name=f"sma_deviation_{hours}h",
        expr=CLOSE / trailing_mean(CLOSE, hours) - 1,
        lookback=hours,
        unit="fraction of price",
        formula=f"close / mean(close over {hours} h) - 1",
        group="technical",
    )


def ema_deviation(hours: int) -> Feature:
    """Distance of the close from its exponential average."""
    alpha = 2 / (hours + 1)
    return Feature(
        name=f"ema_deviation_{hours}h",
        expr=CLOSE / ewma(CLOSE, alpha) - 1,
        lookback=memory(alpha),
        unit="fraction of price",
        formula=f"close / EMA_{hours}(close) - 1",
        group="technical",
        tolerance=WEIGHT_LEFT,
    )


PARTS = (_CHANGE, _RISE, _FALL, _TRUE_RANGE)

FEATURES = (
    *(rsi(hours) for hours in (6, 7, 14)),
    macd_histogram(12, 26, 9),
    bollinger_bandwidth(20, 2.0),
    bollinger_position(20, 2.0),
    *(average_true_range(hours) for hours in (14, 24)),
    ema_cross(9, 21),
    *(mean_deviation(hours) for hours in (24, 72, 168, 720)),
    *(ema_deviation(hours) for hours in (12, 48, 168)),
)
