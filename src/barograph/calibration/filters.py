"""Recursive filters over the hourly grid; a missing hour leaves the state as it was."""

import numpy as np
from numba import njit

from barograph.core.types import Floats


def exponential_filter(values: Floats, half_life: float) -> Floats:
    """Exponentially weighted mean with bias-corrected start.

    Parameters
    ----------
    values : Floats
        Shape ``(n,)``; NaN is skipped.
    half_life : float
        Rows in which a weight halves.

    Returns
    -------
    mean : Floats
        Shape ``(n,)``; NaN before the first value.
    """
    return _exponential(np.ascontiguousarray(values), 0.5 ** (1.0 / half_life))


def garch_filter(squares: Floats, omega: float, alpha: float, beta: float, start: float) -> Floats:
    r"""Next hour's variance under GARCH(1,1).

    .. math:: \sigma^2_{t+1} = \omega + \alpha r_t^2 + \beta \sigma^2_t

    Parameters
    ----------
    squares : Floats
        Squared returns, shape ``(n,)``; where NaN the expectation stands in for the square.
    omega, alpha, beta : float
        Parameters; variance per hour.
    start : float
        Variance expected for the first hour.

    Returns
    -------
    variance : Floats
        Expected at row ``i`` for hour ``i + 1``, shape ``(n,)``.

    References
    ----------
    .. [1] Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity",
       Journal of Econometrics 31(3), 307-327.
    """
    return _garch(np.ascontiguousarray(squares), omega, alpha, beta, start)


@njit(cache=True)
def _exponential(values: Floats, decay: float) -> Floats:  # pragma: no cover - compiled
    mean = np.full(len(values), np.nan)
    total, weight = 0.0, 0.0
    for i in range(len(values)):
        if np.isfinite(values[i]):
            total = decay * total + (1.0 - decay) * values[i]
            weight = decay * weight + (1.0 - decay)
        if weight > 0.0:
            mean[i] = total / weight
    return mean


@njit(cache=True)
def _garch(
    squares: Floats, omega: float, alpha: float, beta: float, start: float
) -> Floats:  # pragma: no cover - compiled
    variance = np.empty(len(squares))
    level = start
    for i in range(len(squares)):
        seen = squares[i] if np.isfinite(squares[i]) else level
        level = omega + alpha * seen + beta * level
        variance[i] = level
    return variance


@njit(cache=True)
def trailing_mean(values: Floats, window: int, coverage: float = 0.5) -> Floats:
    """Mean of the finite values among the last ``window`` rows.

    NaN where the row itself is missing or fewer than ``coverage * window`` values are there. The
    running sum is
    rebuilt every 4,096 rows, so rounding does not pile up and a resumed series agrees.

    values: (n,) -> (n,)
    """
    n = len(values)
    out = np.full(n, np.nan)
    total = 0.0
    count = 0
    for i in range(n):
        if i % 4096 == 0:
            total = 0.0
            count = 0
            for j in range(max(0, i - window), i):
                if np.isfinite(values[j]):
                    total += values[j]
                    count += 1
        if np.isfinite(values[i]):
            total += values[i]
            count += 1
        if i >= window and np.isfinite(values[i - window]):
            total -= values[i - window]
            count -= 1
        if np.isfinite(values[i]) and count >= coverage * window:
            out[i] = total / count
    return out


@njit(cache=True)
def exponential_mean(values: Floats, half_life: float) -> Floats:
    """Exponential mean started at the first value; a missing value leaves it where it was.

    values: (n,), half_life in rows -> (n,)
    """
    step = 1.0 - 0.5 ** (1.0 / half_life)
    out = np.full(len(values), np.nan)
    state = np.nan
    for i in range(len(values)):
        v = values[i]
        if np.isfinite(v):
            state = state + step * (v - state) if np.isfinite(state) else v
        out[i] = state
    return out
