"""How much the price moves on its way."""

import math
from typing import Final

import numpy as np

from barograph.core.types import Floats
from barograph.targets.base import Target, ahead, check_horizons

VARIANCE_FLOOR: Final = 1e-9
"""Least variance of an hour: a bar that stood still would make QLIKE infinite."""


def hourly_gk_variance(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    r"""Garman-Klass variance of each hour, floored.

    .. math:: \max\big(\tfrac12 \ln^2(H/L) - (2\ln 2 - 1)\ln^2(C/O),\ 10^{-9}\big)

    Parameters
    ----------
    open_, high, low, close : ndarray of shape (n,)
        Prices on the complete hourly grid; NaN where the bar is missing.

    Returns
    -------
    variance : ndarray of shape (n,)
        Squared log price per hour; NaN where the bar is missing.

    References
    ----------
    .. [1] Garman & Klass (1980), "On the estimation of security price volatilities from
       historical data", Journal of Business 53(1), 67-78.
    """
    spread, body = np.log(high / low), np.log(close / open_)
    variance = 0.5 * spread**2 - (2 * math.log(2) - 1) * body**2
    # maximum, not fmax: a missing bar stays NaN.
    return np.maximum(variance, VARIANCE_FLOOR)


def target_variance(hourly_variance: Floats, horizons: tuple[int, ...]) -> Floats:
    r"""Integrated variance over each horizon.

    .. math:: v_{i,h} = \sum_{j=1}^{h} \sigma^2_{i+j}

    Parameters
    ----------
    hourly_variance : ndarray of shape (n,)
        From :func:`hourly_gk_variance`.
    horizons : tuple of int
        Hours ahead, ``H`` of them.

    Returns
    -------
    variance : ndarray of shape (n, H)
        Squared log price; NaN where any hour of the horizon is missing or still to come.

    Raises
    ------
    ValueError
        If a horizon is below 1.
    """
    present = np.isfinite(hourly_variance)
    total = np.concatenate(([0.0], np.cumsum(np.where(present, hourly_variance, 0.0))))
    missing = np.concatenate(([0], np.cumsum(~present)))
    columns = []
    for hours in check_horizons(horizons):
        ends, gaps = ahead(total[1:], hours), ahead(missing[1:].astype(np.float64), hours)
        whole = gaps == missing[1:]
        columns.append(np.where(whole, ends - total[1:], np.nan))
    return np.stack(columns, axis=1)


TARGETS = (
    Target(
        name="integrated_variance",
        compute=lambda open_, high, low, close, horizons: target_variance(
            hourly_gk_variance(open_, high, low, close), horizons
        ),
        unit="log price²",
        formula="sum over (t, t+h] of max(½ln²(H/L) - (2ln2 - 1)ln²(C/O), 1e-9)",
    ),
)
