"""The variance of one hour from its open, high, low and close."""

import math
from typing import Final

import numpy as np

from barograph.core.types import Floats

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
