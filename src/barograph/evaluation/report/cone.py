"""The cone between the horizons: quantiles on an hourly grid."""

import numpy as np
import polars as pl

from barograph.core.levels import LEVELS, column
from barograph.core.types import Floats, Ints


def hourly_cone(latest: pl.DataFrame) -> tuple[Ints, dict[float, Floats]]:
    """Prices of every quantile at every hour from now to the last horizon.

    Between two horizons a quantile of the log return runs linearly in the square root of time, as
    the spread of a random walk does; at a horizon it is the forecast itself. A mixture of two
    ordered sets with the same weights is ordered, so the quantiles do not cross.

    Parameters
    ----------
    latest : DataFrame
        One symbol's forecast: ``horizon_hours``, ``price`` and the quantile columns. Rows with a
        null quantile are left out.

    Returns
    -------
    hours : Ints
        ``0 ... H``, shape ``(H + 1,)``; empty when no row is complete.
    quantiles : dict of float to Floats
        Prices by level, each of shape ``(H + 1,)``; all equal to the price at hour 0.
    """
    names = [column(level) for level in LEVELS if column(level) in latest.columns]
    rows = latest.drop_nulls(["price", *names]).sort("horizon_hours")
    if rows.is_empty() or not names:
        return np.empty(0, dtype=np.int64), {}
    known = np.concatenate(([0], rows["horizon_hours"].to_numpy()))
    hours = np.arange(known[-1] + 1, dtype=np.int64)
    price = float(rows["price"][-1])
    cone: dict[float, Floats] = {}
    for level in LEVELS:
        if column(level) not in names:
            continue
        values = np.concatenate(([0.0], rows[column(level)].to_numpy()))
        cone[level] = price * np.exp(np.interp(np.sqrt(hours), np.sqrt(known), values))
    return hours, cone
