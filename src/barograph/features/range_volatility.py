"""Volatility from opens, highs, lows and closes (R-F2)."""

import math

import polars as pl

from barograph.features.bars import VARIANCE
from barograph.features.base import Feature, Part
from barograph.features.windows import trailing_mean, trailing_std

OPEN, HIGH, LOW, CLOSE = pl.col("open"), pl.col("high"), pl.col("low"), pl.col("close")
UNIT = "log price / sqrt(hour)"


_UP, _DOWN, _BODY = ((end / OPEN).log() for end in (HIGH, LOW, CLOSE))
_ROGERS_SATCHELL = Part("_rogers_satchell_variance", _UP * (_UP - _BODY) + _DOWN * (_DOWN - _BODY))
_BETWEEN = Part("_between_bars", (OPEN / CLOSE.shift(1)).log())
_INSIDE = Part("_inside_bar", _BODY)


def _root_mean(name: str, variance: pl.Expr, hours: int, formula: str) -> Feature:
    return Feature(
        name=f"{name}_{hours}h",
        # Rounding may leave a hair below zero when the price stands still.
        expr=trailing_mean(variance, hours).clip(lower_bound=0.0).sqrt(),
        lookback=hours,
        unit=UNIT,
        formula=f"sqrt(mean({formula}) over {hours} h)",
        group="volatility",
    )


def garman_klass(hours: int) -> Feature:
    """Garman-Klass volatility; see :func:`barograph.features.bars.garman_klass_variance`."""
    formula = "½ln²(H/L) - (2ln2 - 1)ln²(C/O)"
    return _root_mean("garman_klass", VARIANCE, hours, formula)


def parkinson(hours: int) -> Feature:
    """Parkinson volatility: the range alone.

    References
    ----------
    .. [1] Parkinson (1980), "The extreme value method for estimating the variance of the rate
       of return", Journal of Business 53(1), 61-65.
    """
    variance = (HIGH / LOW).log() ** 2 / (4 * math.log(2))
    return _root_mean("parkinson", variance, hours, "ln²(H/L) / (4ln2)")


def rogers_satchell(hours: int) -> Feature:
    """Rogers-Satchell volatility: free of the drift.

    References
    ----------
    .. [1] Rogers & Satchell (1991), "Estimating variance from high, low and closing prices",
       Annals of Applied Probability 1(4), 504-512.
    """
    formula = "ln(H/C)ln(H/O) + ln(L/C)ln(L/O)"
    return _root_mean("rogers_satchell", _ROGERS_SATCHELL.column, hours, formula)


def yang_zhang(hours: int) -> Feature:
    r"""Yang-Zhang volatility: free of the drift, and it sees the jump between bars.

    .. math:: \sigma^2 = \sigma_o^2 + k\sigma_c^2 + (1-k)\sigma_{RS}^2, \qquad
              k = \frac{0.34}{1.34 + (n+1)/(n-1)}

    References
    ----------
    .. [1] Yang & Zhang (2000), "Drift-independent volatility estimation based on high, low,
       open, and close prices", Journal of Business 73(3), 477-492.
    """
    k = 0.34 / (1.34 + (hours + 1) / (hours - 1))
    between = trailing_std(_BETWEEN.column, hours) ** 2
    inside = trailing_std(_INSIDE.column, hours) ** 2
    variance = between + k * inside + (1 - k) * trailing_mean(_ROGERS_SATCHELL.column, hours)
    return Feature(
        name=f"yang_zhang_{hours}h",
        expr=variance.clip(lower_bound=0.0).sqrt(),
        lookback=hours + 1,
        unit=UNIT,
        formula=(
            f"sqrt(var(ln(O/C[-1])) + k var(ln(C/O)) + (1-k) mean(RS)) over {hours} h, "
            "k = 0.34 / (1.34 + (n+1)/(n-1))"
        ),
        group="volatility",
    )


PARTS = (_ROGERS_SATCHELL, _BETWEEN, _INSIDE)

FEATURES = (
    *(garman_klass(hours) for hours in (1, 6, 24, 168)),
    *(parkinson(hours) for hours in (1, 24)),
    *(rogers_satchell(hours) for hours in (1, 24)),
    *(yang_zhang(hours) for hours in (24, 168)),
)
