"""The hour-of-week pattern of a logarithm, learnt online."""

from typing import Final

import numpy as np
from numba import njit

from barograph.calibration.filters import trailing_mean
from barograph.core.types import Floats, Ints

WEEK: Final = 168
DAY: Final = 24


def hour_of_week(hours: Ints) -> Ints:
    """Hour of the week of the bars that end at ``hours``: 0 is Monday 00:00 to 01:00 UTC.

    ``hours`` counts from 1970-01-01 00:00, a Thursday; the bar opened one hour before.
    """
    return (hours - 1 + 3 * DAY) % WEEK


@njit(cache=True)
def hour_of_week_seasonal(
    log_value: Floats, hour_of_week: Ints, half_life: float, shrink: float
) -> tuple[Floats, Floats]:
    """Online hour-of-week pattern of a logarithm, shrunk to the hour of day.

    The residual of each hour is its log less the mean of the last 168 (so a slow trend drops out
    and no hour of the
    week is favoured). Each of the 168 cells is an exponentially weighted mean of its own
    residuals; ``shrink`` pseudo-
    weeks of the hour-of-day mean (same half-life in time, all weekdays) are mixed in.

    Parameters
    ----------
    log_value : (n,) NaN on missing rows, which change nothing.
    hour_of_week : (n,) in 0..167, Monday 00:00 UTC = 0, of the hour that the row describes.
    half_life : weeks.
    shrink : weeks.

    Returns
    -------
    current : (n,) the seasonal of row i's own hour as it was known before row i.
    table : (n, 168) the pattern known after row i (zeros in the first week).
    """
    n = len(log_value)
    keep = 0.5 ** (1.0 / half_life)
    keep_day = keep ** (1.0 / 7.0)
    num = np.zeros(WEEK)
    den = np.zeros(WEEK)
    day_num = np.zeros(DAY)
    day_den = np.zeros(DAY)
    cell = np.zeros(WEEK)
    current = np.zeros(n)
    table = np.zeros((n, WEEK))
    level = trailing_mean(log_value, WEEK, 0.6)
    for i in range(n):
        k = hour_of_week[i]
        current[i] = cell[k]
        if i >= WEEK and np.isfinite(level[i]):
            r = log_value[i] - level[i]
            d = k % DAY
            num[k] = keep * num[k] + r
            den[k] = keep * den[k] + 1.0
            day_num[d] = keep_day * day_num[d] + r
            day_den[d] = keep_day * day_den[d] + 1.0
            prior = day_num[d] / day_den[d]
            for b in range(7):
                c = d + DAY * b
                cell[c] = (num[c] + shrink * prior) / (den[c] + shrink)
        table[i] = cell
    return current, table


@njit(cache=True)
def seasonal_ahead(table: Floats, hour_of_week: Ints, horizons: Ints) -> Floats:
    """Log of the mean seasonal factor of the hours i+1..i+h, with the pattern known at row i.

    table: (n, 168), hour_of_week: (n,), horizons: (H,) increasing -> (n, H), finite everywhere.
    """
    n = table.shape[0]
    n_h = len(horizons)
    out = np.zeros((n, n_h))
    for i in range(n):
        factor = np.exp(table[i])
        total = 0.0
        done = 0
        for m in range(n_h):
            while done < horizons[m]:
                done += 1
                total += factor[(hour_of_week[i] + done) % WEEK]
            out[i, m] = np.log(total / horizons[m])
    return out
