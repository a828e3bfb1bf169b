"""Rolling statistics of matured outcomes.

An outcome of row ``j`` at horizon ``h`` is known at row ``j + h``: at row ``i`` the window holds
rows ``i - h - window + 1 ... i - h``. NaN outcomes are left out.
"""

import numpy as np
from numba import njit

from barograph.core.types import Floats


def rolling_quantiles(
    outcomes: Floats, horizons: tuple[int, ...], levels: Floats, window: int, least: int
) -> Floats:
    """Empirical quantiles of the last ``window`` matured outcomes.

    Parameters
    ----------
    outcomes : Floats
        Shape ``(n, H)``.
    horizons : tuple of int
        Hours until an outcome is known, ``H`` of them.
    levels : Floats
        Probabilities, shape ``(Q,)``.
    window, least : int
        Rows looked back over, and the fewest outcomes that make a distribution.

    Returns
    -------
    quantiles : Floats
        Shape ``(n, H, Q)``; linear between order statistics (Hyndman and Fan's type 7), NaN
        where fewer than ``least`` outcomes are known.

    References
    ----------
    .. [1] Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American
       Statistician 50(4), 361-365.
    """
    columns = [
        _quantiles_of(np.ascontiguousarray(outcomes[:, k]), h, levels, window, least)
        for k, h in enumerate(horizons)
    ]
    return np.stack(columns, axis=1)


def rolling_mean(outcomes: Floats, horizons: tuple[int, ...], window: int, least: int) -> Floats:
    """Mean of the last ``window`` matured outcomes, shape ``(n, H)``; see the module."""
    means = np.full(outcomes.shape, np.nan)
    for k, h in enumerate(horizons):
        known = np.isfinite(outcomes[:, k])
        total = np.concatenate(([0.0], np.cumsum(np.where(known, outcomes[:, k], 0.0))))
        count = np.concatenate(([0], np.cumsum(known)))
        stop = np.clip(np.arange(len(outcomes)) - h + 1, 0, None)
        begin = np.clip(stop - window, 0, None)
        number = count[stop] - count[begin]
        enough = number >= least
        means[enough, k] = (total[stop] - total[begin])[enough] / number[enough]
    return means


@njit(cache=True)
def _quantiles_of(
    outcome: Floats, lag: int, levels: Floats, window: int, least: int
) -> Floats:  # pragma: no cover - compiled
    """Keep the window sorted; one insertion and one removal a row."""
    n, q = len(outcome), len(levels)
    found = np.full((n, q), np.nan)
    held = np.empty(window)
    size = 0
    for i in range(lag, n):
        leaving = i - lag - window
        if leaving >= 0 and np.isfinite(outcome[leaving]):
            place = np.searchsorted(held[:size], outcome[leaving])
            for k in range(place, size - 1):
                held[k] = held[k + 1]
            size -= 1
        entering = outcome[i - lag]
        if np.isfinite(entering):
            place = np.searchsorted(held[:size], entering)
            for k in range(size, place, -1):
                held[k] = held[k - 1]
            held[place] = entering
            size += 1
        if size >= least:
            for level in range(q):
                position = levels[level] * (size - 1)
                below = int(position)
                above = min(below + 1, size - 1)
                part = position - below
                found[i, level] = held[below] * (1.0 - part) + held[above] * part
    return found
