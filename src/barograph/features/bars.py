"""What one bar says: returns and variances, which most features are made of."""

import math
from typing import Final

import polars as pl

from barograph.features.base import Part
from barograph.features.windows import trailing_mean

VARIANCE_FLOOR: Final = 1e-9
"""Least Garman-Klass variance of an hour; the same floor the variance target has."""

GK_CLOSE_WEIGHT: Final = 2 * math.log(2) - 1


def garman_klass_variance(prefix: str = "") -> pl.Expr:
    r"""Variance of one hour from its range and its body.

    .. math:: \tfrac12 \ln^2(H/L) - (2\ln 2 - 1)\ln^2(C/O)

    Never negative, since the body lies within the range.

    References
    ----------
    .. [1] Garman & Klass (1980), "On the estimation of security price volatilities from
       historical data", Journal of Business 53(1), 67-78.
    """
    spread = (pl.col(f"{prefix}high") / pl.col(f"{prefix}low")).log()
    body = (pl.col(f"{prefix}close") / pl.col(f"{prefix}open")).log()
    return 0.5 * spread * spread - GK_CLOSE_WEIGHT * body * body


CLOSE: Final = pl.col("close")

_LOG_CLOSE = Part("_log_close", CLOSE.log())
LOG_CLOSE: Final = _LOG_CLOSE.column

_LOG_RETURN = Part("_log_return", LOG_CLOSE.diff())
LOG_RETURN: Final = _LOG_RETURN.column
"""Log return of the hour; null beside a gap."""

_SQUARED_RETURN = Part("_squared_return", LOG_RETURN * LOG_RETURN)
SQUARED_RETURN: Final = _SQUARED_RETURN.column

_ABSOLUTE_RETURN = Part("_absolute_return", LOG_RETURN.abs())
ABSOLUTE_RETURN: Final = _ABSOLUTE_RETURN.column

_VARIANCE = Part("_variance", garman_klass_variance())
VARIANCE: Final = _VARIANCE.column
"""Garman-Klass variance of the hour."""

_FLOORED = Part("_floored_variance", VARIANCE.clip(lower_bound=VARIANCE_FLOOR))
FLOORED_VARIANCE: Final = _FLOORED.column
"""The same, at least ``VARIANCE_FLOOR``, as the target has it."""

_LOG_VARIANCE = Part("_log_variance", FLOORED_VARIANCE.log())
LOG_VARIANCE: Final = _LOG_VARIANCE.column
"""Log of the floored variance of the hour."""


def log_return(hours: int) -> pl.Expr:
    """Log return over the last ``hours`` hours; null if either end is missing."""
    return LOG_RETURN if hours == 1 else LOG_CLOSE.diff(hours)


def log_variance(hours: int) -> pl.Expr:
    """Log of the mean hourly Garman-Klass variance of the last ``hours`` hours."""
    return LOG_VARIANCE if hours == 1 else trailing_mean(FLOORED_VARIANCE, hours).log()


def mean_square_return(hours: int) -> pl.Expr:
    """Mean squared hourly log return of the last ``hours`` hours."""
    return trailing_mean(SQUARED_RETURN, hours)


PARTS = (
    _LOG_CLOSE,
    _LOG_RETURN,
    _SQUARED_RETURN,
    _ABSOLUTE_RETURN,
    _VARIANCE,
    _FLOORED,
    _LOG_VARIANCE,
)
