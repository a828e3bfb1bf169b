"""How fast the close has been moving, and how steady that speed is (R-F2)."""

import math

from barograph.features.bars import (
    LOG_RETURN,
    VARIANCE,
    VARIANCE_FLOOR,
    log_variance,
    mean_square_return,
)
from barograph.features.base import Feature, Part
from barograph.features.windows import NO_VARIANCE, ratio, trailing_mean, trailing_std

UNIT = "log price / sqrt(hour)"

_HOURLY_VOLATILITY = Part("_hourly_volatility", VARIANCE.clip(lower_bound=0.0).sqrt())


def realized_volatility(hours: int) -> Feature:
    r"""Root of the mean squared hourly log return.

    The mean return is taken as zero: over hours it is far below its own error.

    References
    ----------
    .. [1] Andersen, Bollerslev, Diebold & Labys (2003), "Modeling and forecasting realized
       volatility", Econometrica 71(2), 579-625.
    """
    return Feature(
        name=f"realized_volatility_{hours}h",
        expr=mean_square_return(hours).sqrt(),
        lookback=hours + 1,
        unit=UNIT,
        formula=f"sqrt(mean(r²) over {hours} h)",
        group="volatility",
    )


def volatility_of_volatility(hours: int) -> Feature:
    """Coefficient of variation of the hourly Garman-Klass volatility."""
    hourly = _HOURLY_VOLATILITY.column
    usual = trailing_mean(hourly, hours)
    return Feature(
        name=f"volatility_of_volatility_{hours}h",
        expr=ratio(trailing_std(hourly, hours), usual, math.sqrt(NO_VARIANCE)),
        lookback=hours,
        unit="1",
        formula=f"std(garman_klass_1h) / mean(garman_klass_1h) over {hours} h",
        group="volatility",
    )


def volatility_ratio(short: int, long: int) -> Feature:
    """Log ratio of recent to longer variance: above zero, volatility is rising."""
    return Feature(
        name=f"variance_log_ratio_{short}h_{long}h",
        expr=log_variance(short) - log_variance(long),
        lookback=long,
        unit="ln(1)",
        formula=f"har_log_variance_{short}h - har_log_variance_{long}h",
        group="volatility",
    )


def log_variance_deviation(hours: int) -> Feature:
    """Spread of the hourly log variance: how uneven the hours of a window are."""
    return Feature(
        name=f"log_variance_std_{hours}h",
        expr=trailing_std(log_variance(1), hours),
        lookback=hours,
        unit="ln(1)",
        formula=f"std(ln(max(GK variance, 1e-9))) over {hours} h",
        group="volatility",
    )


def range_efficiency(hours: int) -> Feature:
    """Log of close-to-close over range variance: high when bars jump or trend."""
    squares = mean_square_return(hours).clip(lower_bound=VARIANCE_FLOOR)
    return Feature(
        name=f"range_efficiency_{hours}h",
        expr=squares.log() - log_variance(hours),
        lookback=hours + 1,
        unit="ln(1)",
        formula=f"ln(mean(r²) / mean(GK variance)) over {hours} h",
        group="volatility",
    )


DEVIATION = Feature(
    name="volatility_24h",
    expr=trailing_std(LOG_RETURN, 24),
    lookback=25,
    unit=UNIT,
    formula="std(r) over 24 h",
    group="volatility",
)

PARTS = (_HOURLY_VOLATILITY,)

FEATURES = (
    DEVIATION,
    *(realized_volatility(hours) for hours in (6, 24, 72, 168, 720)),
    *(volatility_of_volatility(hours) for hours in (24, 168)),
    *(volatility_ratio(*pair) for pair in ((1, 24), (6, 24), (24, 168), (24, 720), (168, 720))),
    *(log_variance_deviation(hours) for hours in (24, 168)),
    *(range_efficiency(hours) for hours in (24, 168)),
)
