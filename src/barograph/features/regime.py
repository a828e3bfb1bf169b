"""Which kind of market this is, by rules anyone can check (R-F12).

The label takes the first that holds:

1. ``panic``: the last day fell by more than three standard deviations of the month before it,
   and volatility is high;
2. ``trending_up``, ``trending_down``: the last three days moved more than one and a half
   standard deviations of the last month;
3. ``low_volatility``, ``high_volatility``: the last day's variance lies in the lower or upper
   third of the last 90 days;
4. ``normal``.
"""

from typing import Final

import polars as pl

from barograph.features.bars import FLOORED_VARIANCE, log_return, mean_square_return
from barograph.features.base import Feature, Part
from barograph.features.windows import NO_VARIANCE, trailing_mean, trailing_quantile

REGIMES: Final = (
    "low_volatility",
    "normal",
    "high_volatility",
    "trending_up",
    "trending_down",
    "panic",
)
"""Names of the codes of the feature ``regime``: its value is the place in this tuple."""

DAY: Final = 24
TREND: Final = 72
MONTH: Final = 720
DAYS: Final = 90
LOOKBACK: Final = DAYS * DAY
TREND_SIGMAS: Final = 1.5
PANIC_SIGMAS: Final = 3.0


def _thirds(values: pl.Expr) -> pl.Expr:
    """Third of the last 90 days' values of this hour of day: 0 low, 1 middle, 2 high.

    Day-long means an hour apart are nearly one value; a day apart they share no hour.
    """
    hour = pl.col("as_of").dt.hour()
    low, high = (trailing_quantile(values, level, DAYS).over(hour) for level in (1 / 3, 2 / 3))
    return (values > low).cast(pl.Float64) + (values > high).cast(pl.Float64)


def _sigmas(hours: int, usual: pl.Expr) -> pl.Expr:
    """Return over the last hours in standard deviations of an hourly mean square."""
    return pl.when(usual > NO_VARIANCE).then(log_return(hours) / (usual * hours).sqrt())


_DAY_VARIANCE = Part("_day_variance", trailing_mean(FLOORED_VARIANCE, DAY))
_DAY_VOLUME = Part("_day_volume", trailing_mean(pl.col("volume"), DAY))
_MONTH_SQUARE = Part("_month_mean_square", mean_square_return(MONTH))
_VOLATILITY = Part("_volatility_third", _thirds(_DAY_VARIANCE.column))
_STRENGTH = Part("_trend_strength", _sigmas(TREND, _MONTH_SQUARE.column))
# The fall itself must not raise the yardstick it is measured by.
_SHOCK = Part("_shock", _sigmas(DAY, _MONTH_SQUARE.column.shift(DAY)))

VOLATILITY: Final = _VOLATILITY.column
STRENGTH: Final = _STRENGTH.column
SHOCK: Final = _SHOCK.column
UP: Final = STRENGTH > TREND_SIGMAS
DOWN: Final = STRENGTH < -TREND_SIGMAS


def _label() -> pl.Expr:
    code = {name: float(place) for place, name in enumerate(REGIMES)}
    panic = (SHOCK < -PANIC_SIGMAS) & (VOLATILITY == 2)
    known = VOLATILITY.is_not_null() & STRENGTH.is_not_null() & SHOCK.is_not_null()
    label = (
        pl.when(panic)
        .then(code["panic"])
        .when(UP)
        .then(code["trending_up"])
        .when(DOWN)
        .then(code["trending_down"])
        .when(VOLATILITY == 0)
        .then(code["low_volatility"])
        .when(VOLATILITY == 2)
        .then(code["high_volatility"])
        .otherwise(code["normal"])
    )
    return pl.when(known).then(label)


def _feature(name: str, expr: pl.Expr, lookback: int, unit: str, formula: str) -> Feature:
    return Feature(name, expr, lookback, unit=unit, formula=formula, group="regime")


PARTS = (_DAY_VARIANCE, _DAY_VOLUME, _MONTH_SQUARE, _VOLATILITY, _STRENGTH, _SHOCK)

FEATURES = (
    _feature(
        "volatility_regime",
        VOLATILITY,
        LOOKBACK,
        "0 low, 1 normal, 2 high",
        "third in which the mean GK variance of 24 h lies among those of the last 90 days",
    ),
    _feature(
        "volume_regime",
        _thirds(_DAY_VOLUME.column),
        LOOKBACK,
        "0 low, 1 normal, 2 high",
        "third in which the mean volume of 24 h lies among those of the last 90 days",
    ),
    _feature(
        "trend_regime",
        UP.cast(pl.Float64) - DOWN.cast(pl.Float64),
        MONTH + 1,
        "-1 down, 0 none, 1 up",
        "sign of returns_72h where beyond 1.5 sqrt(72 mean(r² over 720 h)), else 0",
    ),
    _feature(
        "trend_strength",
        STRENGTH,
        MONTH + 1,
        "standard deviations",
        "returns_72h / sqrt(72 mean(r² over 720 h))",
    ),
    _feature(
        "regime",
        _label(),
        LOOKBACK,
        "code of REGIMES",
        "panic, else trend, else third of volatility: " + ", ".join(REGIMES),
    ),
)
