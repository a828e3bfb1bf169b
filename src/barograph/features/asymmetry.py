"""Falls are not the mirror of rises: leverage, semivariance, skewness, jumps."""

import math

from barograph.features.bars import (
    ABSOLUTE_RETURN,
    LOG_RETURN,
    SQUARED_RETURN,
    log_return,
    mean_square_return,
)
from barograph.features.base import Feature
from barograph.features.windows import NO_VARIANCE, needed, ratio, trailing_mean


def leverage(hours: int, scale_hours: int) -> Feature:
    """Negative part of a return, in units of what is usual: falls raise volatility more.

    References
    ----------
    .. [1] Corsi & Reno (2012), "Discrete-time volatility forecasting with persistent leverage
       effect", Journal of Business & Economic Statistics 30(3), 368-380.
    """
    usual = (mean_square_return(scale_hours) * hours).sqrt()
    return Feature(
        name=f"leverage_{hours}h",
        expr=ratio(log_return(hours).clip(upper_bound=0.0), usual, math.sqrt(NO_VARIANCE)),
        lookback=max(hours, scale_hours) + 1,
        unit="standard deviations",
        formula=f"min(returns_{hours}h, 0) / (RMS return of {scale_hours} h * sqrt({hours}))",
        group="asymmetry",
    )


def downside_share(hours: int) -> Feature:
    """Share of the squared returns that came from falls."""
    falls = LOG_RETURN.clip(upper_bound=0.0)
    return Feature(
        name=f"downside_share_{hours}h",
        expr=ratio(trailing_mean(falls * falls, hours), mean_square_return(hours), NO_VARIANCE),
        lookback=hours + 1,
        unit="1",
        formula=f"sum(min(r, 0)²) / sum(r²) over {hours} h",
        group="asymmetry",
    )


def skewness(hours: int) -> Feature:
    """Realised skewness about zero.

    References
    ----------
    .. [1] Amaya, Christoffersen, Jacobs & Vasquez (2015), "Does realized skewness predict the
       cross-section of equity returns?", Journal of Financial Economics 118(1), 135-167.
    """
    cubes = trailing_mean(LOG_RETURN * SQUARED_RETURN, hours)
    return Feature(
        name=f"realized_skewness_{hours}h",
        expr=ratio(cubes, mean_square_return(hours) ** 1.5, NO_VARIANCE**1.5),
        lookback=hours + 1,
        unit="1",
        formula=f"mean(r³) / mean(r²)^1.5 over {hours} h",
        group="asymmetry",
    )


def kurtosis(hours: int) -> Feature:
    """Log of realised kurtosis about zero: 1.1 for a normal law, more for fat tails."""
    fourth = trailing_mean(SQUARED_RETURN * SQUARED_RETURN, hours)
    return Feature(
        name=f"realized_log_kurtosis_{hours}h",
        expr=ratio(fourth, mean_square_return(hours) ** 2, NO_VARIANCE**2).log(),
        lookback=hours + 1,
        unit="ln(1)",
        formula=f"ln(mean(r⁴) / mean(r²)²) over {hours} h",
        group="asymmetry",
    )


def jump_share(hours: int) -> Feature:
    """Share of the hourly squared returns that came in jumps, by bipower variation."""
    neighbours = trailing_mean(ABSOLUTE_RETURN * ABSOLUTE_RETURN.shift(1), hours)
    whole = mean_square_return(hours)
    smooth = math.pi / 2 * neighbours
    return Feature(
        name=f"jump_share_{hours}h",
        expr=ratio((whole - smooth).clip(lower_bound=0.0), whole, NO_VARIANCE),
        lookback=hours + 2,
        unit="1",
        formula=f"max(RV - BV, 0) / RV of hourly returns over {hours} h, BV = π/2 mean|r[t]r[t-1]|",
        group="asymmetry",
    )


def largest_move(hours: int) -> Feature:
    """Largest hourly move of a window in units of the window's own."""
    largest = ABSOLUTE_RETURN.rolling_max(hours, min_samples=needed(hours))
    usual = mean_square_return(hours).sqrt()
    return Feature(
        name=f"largest_move_{hours}h",
        expr=ratio(largest, usual, math.sqrt(NO_VARIANCE)),
        lookback=hours + 1,
        unit="standard deviations",
        formula=f"max|r| / sqrt(mean(r²)) over {hours} h",
        group="asymmetry",
    )


FEATURES = (
    leverage(1, 168),
    leverage(24, 720),
    leverage(168, 720),
    *(downside_share(hours) for hours in (24, 168)),
    skewness(168),
    kurtosis(168),
    *(jump_share(hours) for hours in (24, 168)),
    largest_move(168),
)
