"""The cascade of volatilities from an hour to a month: what HAR forecasts with (R-F2)."""

from barograph.features.bars import log_variance
from barograph.features.base import Feature

WINDOWS = (1, 3, 6, 12, 24, 72, 168, 720)


def har_component(hours: int) -> Feature:
    """Log of the mean hourly variance of a window.

    References
    ----------
    .. [1] Corsi (2009), "A simple approximate long-memory model of realized volatility",
       Journal of Financial Econometrics 7(2), 174-196.
    """
    return Feature(
        name=f"har_log_variance_{hours}h",
        expr=log_variance(hours),
        lookback=hours,
        unit="ln(log price² / hour)",
        formula=f"ln(mean(max(GK variance, 1e-9)) over {hours} h)",
        group="volatility",
    )


FEATURES = tuple(har_component(hours) for hours in WINDOWS)
