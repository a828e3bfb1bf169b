"""Variance of an hour from its range: the unit every variance target is in."""

from typing import Final

import numpy as np

from barograph.core.types import Floats

FLOOR: Final = 1e-9
"""Least variance of an hour; a bar that never moved would make QLIKE infinite."""


def hourly_gk_variance(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    r"""Garman-Klass variance of each hour, floored at 1e-9.

    .. math:: \sigma^2 = \tfrac12 \ln^2(H/L) - (2\ln 2 - 1)\ln^2(C/O)

    Parameters
    ----------
    open_, high, low, close : Floats
        Prices, shape ``(n,)``; NaN where the bar is missing.

    Returns
    -------
    variance : Floats
        Squared log return per hour, shape ``(n,)``; NaN where the bar is missing.

    References
    ----------
    .. [1] Garman & Klass (1980), "On the estimation of security price volatilities from
       historical data", Journal of Business 53(1), 67-78.
    """
    spread = np.log(high / low)
    move = np.log(close / open_)
    raw = 0.5 * spread**2 - (2.0 * np.log(2.0) - 1.0) * move**2
    return np.where(np.isnan(raw), np.nan, np.maximum(raw, FLOOR))
