"""Recursive filters over the hourly grid; a missing hour leaves the state as it was."""

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats

REBUILD = 4096
"""Rows after which a running sum is added up afresh, so that rounding does not pile up."""


def exponential_mean(
    values: Floats, half_life: float, *, adjust: bool = True, carry: Carry | None = None
) -> Floats:
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
    carry : Carry or None
        Go on where the rows before these stopped; None starts anew.

    Returns
    -------
    mean : Floats
        Shape ``(n,)``, in the unit of ``values``; NaN before the first value.
    """
    decay = 0.5 ** (1.0 / half_life)
    carry = Carry() if carry is None else carry
    if adjust:
        sums = carry.state("sums", lambda: np.zeros(2))
        return _adjusted_mean(np.ascontiguousarray(values), decay, sums)
    last = carry.state("last", lambda: np.full(1, np.nan))
    return _recursive_mean(np.ascontiguousarray(values), decay, last)


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


def trailing_mean(
    values: Floats, window: int, coverage: float = 0.5, carry: Carry | None = None
) -> Floats:
    """Mean of the finite values among the last ``window`` rows, the present one included.

    Parameters
    ----------
    values : Floats
        Shape ``(n,)``.
    window : int
        Rows looked back over.
    coverage : float
        Share of the window that must be finite.
    carry : Carry or None
        Go on where the rows before these stopped; None starts anew.

    Returns
    -------
    mean : Floats
        Shape ``(n,)``; NaN where the row itself is missing or too few values are there.
    """
    carry = Carry() if carry is None else carry
    whole = carry.tail("values", np.ascontiguousarray(values, dtype=np.float64), window)
    start = len(whole) - len(values)
    sums = carry.state("sums", lambda: np.zeros(2))
    mean: Floats = _trailing_mean(whole, window, coverage, start, carry.passed - start, sums)
    return mean


@njit(cache=True)
def _trailing_mean(
    values: Floats, window: int, coverage: float, start: int, first: int, sums: Floats
) -> Floats:
    """Rows from ``start`` on; ``first`` rows of history came before the array."""
    mean = np.full(len(values) - start, np.nan)
    total, count = sums[0], sums[1]
    for i in range(start, len(values)):
        if (first + i) % REBUILD == 0:
            total = 0.0
            count = 0.0
            for j in range(max(0, i - window), i):
                if np.isfinite(values[j]):
                    total += values[j]
                    count += 1.0
        if np.isfinite(values[i]):
            total += values[i]
            count += 1.0
        if i >= window and np.isfinite(values[i - window]):
            total -= values[i - window]
            count -= 1.0
        if np.isfinite(values[i]) and count >= coverage * window:
            mean[i - start] = total / count
    sums[0], sums[1] = total, count
    return mean


@njit(cache=True)
def _adjusted_mean(values: Floats, decay: float, sums: Floats) -> Floats:
    mean = np.full(len(values), np.nan)
    total, weight = sums[0], sums[1]
    for i in range(len(values)):
        if np.isfinite(values[i]):
            total = decay * total + (1.0 - decay) * values[i]
            weight = decay * weight + (1.0 - decay)
        if weight > 0.0:
            mean[i] = total / weight
    sums[0], sums[1] = total, weight
    return mean


@njit(cache=True)
def _recursive_mean(values: Floats, decay: float, last: Floats) -> Floats:
    step = 1.0 - decay
    mean = np.full(len(values), np.nan)
    state = last[0]
    for i in range(len(values)):
        if np.isfinite(values[i]):
            state = state + step * (values[i] - state) if np.isfinite(state) else values[i]
        mean[i] = state
    last[0] = state
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
