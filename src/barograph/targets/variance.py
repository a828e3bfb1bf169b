"""How much the price moves on its way."""

import numpy as np

from barograph.core.types import Floats
from barograph.targets.base import Target, ahead, check_horizons
from barograph.targets.garman_klass import hourly_gk_variance


def target_variance(hourly_variance: Floats, horizons: tuple[int, ...]) -> Floats:
    r"""Integrated variance over each horizon.

    .. math:: v_{i,h} = \sum_{j=1}^{h} \sigma^2_{i+j}

    Parameters
    ----------
    hourly_variance : ndarray of shape (n,)
        From :func:`barograph.targets.garman_klass.hourly_gk_variance`.
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
