"""Recursive filters over the hourly grid; a missing hour leaves the state as it was."""

import numpy as np
from numba import njit

from barograph.core.types import Floats

REBUILD = 4096
"""Rows after which a running sum is added up afresh, so that rounding does not pile up."""


def exponential_mean(values: Floats, half_life: float, *, adjust: bool = True) -> Floats:
    r"""Exponentially weighted mean of the values seen so far.

    Parameters
    ----------
    values : Floats
        Shape ``(n,)``; a NaN is skipped, and no weight decays over it.
    half_life : float
        Values in which a weight halves.
    adjust : bool
        As in pandas. True: weights :math:`(1-a)^k` over their sum, so that no value counts for
        more than its age allows. False: the recursion
        :math:`m_i = (1-a) m_{i-1} + a x_i` started at the first value, which then weighs like
        all the past there was not.

    Returns
    -------
    mean : Floats
        Shape ``(n,)``, in the unit of ``values``; NaN before the first value.
    """
    decay = 0.5 ** (1.0 / half_life)
    kernel = _adjusted_mean if adjust else _recursive_mean
    mean: Floats = kernel(np.ascontiguousarray(values), decay)
    return mean


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
    variance: Floats = _garch(np.ascontiguousarray(squares), omega, alpha, beta, start)
    return variance


@njit(cache=True)
def trailing_mean(values: Floats, window: int, coverage: float = 0.5) -> Floats:
    """Mean of the finite values among the last ``window`` rows, the present one included.

    Parameters
    ----------
    values : Floats
        Shape ``(n,)``.
    window : int
        Rows looked back over.
    coverage : float
        Share of the window that must be finite.

    Returns
    -------
    mean : Floats
        Shape ``(n,)``; NaN where the row itself is missing or too few values are there.
    """
    n = len(values)
    mean = np.full(n, np.nan)
    total = 0.0
    count = 0
    for i in range(n):
        if i % REBUILD == 0:
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
            mean[i] = total / count
    return mean


@njit(cache=True)
def _adjusted_mean(values: Floats, decay: float) -> Floats:
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
def _recursive_mean(values: Floats, decay: float) -> Floats:
    step = 1.0 - decay
    mean = np.full(len(values), np.nan)
    state = np.nan
    for i in range(len(values)):
        if np.isfinite(values[i]):
            state = state + step * (values[i] - state) if np.isfinite(state) else values[i]
        mean[i] = state
    return mean


@njit(cache=True)
def _garch(squares: Floats, omega: float, alpha: float, beta: float, start: float) -> Floats:
    variance = np.empty(len(squares))
    level = start
    for i in range(len(squares)):
        seen = squares[i] if np.isfinite(squares[i]) else level
        level = omega + alpha * seen + beta * level
        variance[i] = level
    return variance
