"""How far the price has come (R-F1)."""

import math

import polars as pl

from barograph.features.bars import (
    ABSOLUTE_RETURN,
    CLOSE,
    LOG_RETURN,
    log_return,
    mean_square_return,
)
from barograph.features.base import Feature
from barograph.features.windows import NO_VARIANCE, ratio, trailing_mean


def returns(hours: int) -> Feature:
    """Log return over a number of hours."""
    return Feature(
        name=f"returns_{hours}h",
        expr=log_return(hours),
        lookback=hours + 1,
        unit="log price",
        formula=f"ln(close[t] / close[t-{hours}])",
        group="price",
    )


def momentum(hours: int) -> Feature:
    """Simple return over a number of hours."""
    return Feature(
        name=f"momentum_{hours}h",
        expr=CLOSE / CLOSE.shift(hours) - 1,
        lookback=hours + 1,
        unit="fraction of price",
        formula=f"close[t] / close[t-{hours}] - 1",
        group="price",
    )


def standardized_return(hours: int, scale_hours: int) -> Feature:
    """Return over a number of hours in units of what the recent past would call usual."""
    usual = mean_square_return(scale_hours)
    return Feature(
        name=f"standardized_return_{hours}h",
        expr=ratio(log_return(hours), (usual * hours).sqrt(), math.sqrt(NO_VARIANCE)),
        lookback=max(hours, scale_hours) + 1,
        unit="standard deviations",
        formula=f"returns_{hours}h / (RMS hourly return of {scale_hours} h * sqrt({hours}))",
        group="price",
    )


def mean_reversion(hours: int) -> Feature:
    """Correlation of successive hourly returns: below zero the price swings back."""
    product = trailing_mean(LOG_RETURN * LOG_RETURN.shift(1), hours)
    return Feature(
        name=f"autocorrelation_{hours}h",
        expr=ratio(product, mean_square_return(hours), NO_VARIANCE),
        lookback=hours + 2,
        unit="1",
        formula=f"mean(r[t] r[t-1]) / mean(r[t]^2) over {hours} h",
        group="price",
    )


def variance_ratio(hours: int, window: int) -> Feature:
    """Variance of long returns over that of short ones: above one the price trends.

    References
    ----------
    .. [1] Lo & MacKinlay (1988), "Stock market prices do not follow random walks", Review of
       Financial Studies 1(1), 41-66.
    """
    long = trailing_mean(log_return(hours) ** 2, window)
    return Feature(
        name=f"variance_ratio_{hours}h_{window}h",
        expr=ratio(long, mean_square_return(window) * hours, NO_VARIANCE),
        lookback=hours + window,
        unit="1",
        formula=f"mean(returns_{hours}h^2) / ({hours} mean(returns_1h^2)) over {window} h",
        group="price",
    )


MOVE = Feature(
    name="log_return_abs",
    expr=ABSOLUTE_RETURN,
    lookback=2,
    unit="log price",
    formula="|ln(close[t] / close[t-1])|",
    group="price",
)


def _intrabar(minutes: int) -> Feature:
    """Log return of the last minutes of the hour, where finer bars give it."""
    return Feature(
        name=f"returns_{minutes}m",
        expr=pl.col(f"intrabar_last_{minutes}m_return"),
        lookback=1,
        unit="log price",
        formula=f"ln(close[t] / close[t - {minutes} min])",
        group="price",
    )


FEATURES = (
    *(returns(hours) for hours in (1, 4, 8, 24, 72, 168)),
    *(momentum(hours) for hours in (1, 6, 12, 24, 48)),
    MOVE,
    standardized_return(1, 168),
    standardized_return(24, 720),
    standardized_return(168, 720),
    mean_reversion(24),
    mean_reversion(168),
    variance_ratio(6, 168),
    variance_ratio(24, 720),
    *(_intrabar(minutes) for minutes in (5, 15)),
)
