r"""The hedge ratio of the pair, from past bars only: :math:`\log E = \alpha + \beta \log B + e`.

Two estimates, both of row ``t`` from rows up to ``t``:

- ``rolling``: least squares over a trailing window, three quarters of which must be there; the
  score is the last residual over the residuals' standard error.
- ``kalman``: :math:`\alpha, \beta` walk at random with variance :math:`w^{-2}` an hour relative to
  the noise of the observation, a memory of about ``w`` hours; the score is the error of the
  prediction made an hour before over its own trailing root mean square.

The spread that is traded moves by :math:`d_t = r^E_t - \beta_{t-1} r^B_t`: what holding the hedge
of the hour before would have earned. A step of :math:`\beta` itself is no move.

References
----------
.. [1] Chan (2013), "Algorithmic Trading", ch. 3 (the pair as a Kalman filter).
.. [2] Vidyamurthy (2004), "Pairs Trading".
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.features.windows import COMPLETENESS
from barograph.pair.rules import HEDGES

MEMORY: Final = 168.0
"""Hours the scale of an hourly move remembers."""
DIFFUSE: Final = 1e3
"""Variance of what is believed before the first bar."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The pair as one series; every field of row ``t`` is known at its close, shape ``(n,)``.

    Attributes
    ----------
    beta : Floats
        Hedge ratio; NaN before there is one, and where a bar is missing.
    score : Floats
        How far the spread is stretched, in standard deviations.
    move : Floats
        Hourly move of the hedged position; NaN beside a gap.
    scale : Floats
        Standard deviation of an hourly move; carried over gaps.
    lead, lead_scale : Floats
        Hourly log return of BTC, and its scale.
    """

    beta: Floats
    score: Floats
    move: Floats
    scale: Floats
    lead: Floats
    lead_scale: Floats


def spread(close: Floats, method: str, window: int) -> Spread:
    """Estimate the hedge and what follows from it.

    Parameters
    ----------
    close : Floats
        Closes of BTC and ETH, shape ``(n, 2)``; NaN where either is missing.
    method : str
        ``rolling`` or ``kalman``.
    window : int
        Memory, hours.

    Raises
    ------
    InputError
        If the method is unknown.
    """
    if method not in HEDGES:
        raise InputError(f"no hedge {method!r}; there are: {', '.join(HEDGES)}")
    price = np.log(close)
    x, y = _from_first(price[:, 0]), _from_first(price[:, 1])
    beta, score = (_rolling if method == "rolling" else _kalman)(x, y, window)
    lead, follow = _returns(x), _returns(y)
    move = follow - np.concatenate(([np.nan], beta[:-1])) * lead
    return Spread(beta, score, move, _scale(move, MEMORY), lead, _scale(lead, MEMORY))


def _from_first(price: Floats) -> Floats:
    """Log price from its first value on: small numbers lose less in sums."""
    known = np.flatnonzero(np.isfinite(price))
    return price - price[known[0]] if len(known) else price


def _returns(price: Floats) -> Floats:
    return np.concatenate(([np.nan], np.diff(price)))


@njit(cache=True)
def _rolling(x: Floats, y: Floats, window: int) -> tuple[Floats, Floats]:
    rows = len(x)
    beta, score = np.full(rows, np.nan), np.full(rows, np.nan)
    needed = np.ceil(COMPLETENESS * window)
    count = sx = sy = sxx = sxy = syy = 0.0
    for t in range(rows):
        for at, sign in ((t, 1.0), (t - window, -1.0)):
            if at >= 0 and np.isfinite(x[at]) and np.isfinite(y[at]):
                count += sign
                sx += sign * x[at]
                sy += sign * y[at]
                sxx += sign * x[at] * x[at]
                sxy += sign * x[at] * y[at]
                syy += sign * y[at] * y[at]
        if count < needed or not (np.isfinite(x[t]) and np.isfinite(y[t])):
            continue
        vx = sxx - sx * sx / count
        if vx <= 1e-9 * count:
            continue
        vxy, vy = sxy - sx * sy / count, syy - sy * sy / count
        slope = vxy / vx
        residual = y[t] - sy / count - slope * (x[t] - sx / count)
        noise = (vy - slope * vxy) / (count - 2.0)
        beta[t] = slope
        if noise > 1e-14:
            score[t] = residual / np.sqrt(noise)
    return beta, score


@njit(cache=True)
def _kalman(x: Floats, y: Floats, window: int) -> tuple[Floats, Floats]:
    rows = len(x)
    beta, score = np.full(rows, np.nan), np.full(rows, np.nan)
    level, slope = 0.0, 1.0
    p00, p01, p11 = DIFFUSE, 0.0, DIFFUSE
    walk, seen, square = 1.0 / window**2, 0, 0.0
    for t in range(rows):
        p00, p11 = p00 + walk, p11 + walk
        if not (np.isfinite(x[t]) and np.isfinite(y[t])):
            continue
        error = y[t] - level - slope * x[t]
        h0, h1 = p00 + p01 * x[t], p01 + p11 * x[t]
        total = h0 + h1 * x[t] + 1.0
        g0, g1 = h0 / total, h1 / total
        level, slope = level + g0 * error, slope + g1 * error
        p00, p01, p11 = p00 - g0 * h0, p01 - g0 * h1, p11 - g1 * h1
        seen += 1
        weight = max(1.0 / seen, 1.0 / window)
        square += weight * (error * error - square)
        if seen >= window:
            beta[t] = slope
            if square > 1e-14:
                score[t] = error / np.sqrt(square)
    return beta, score


@njit(cache=True)
def _scale(move: Floats, memory: float) -> Floats:
    """Exponentially weighted standard deviation about zero, once a memory of moves is there."""
    found = np.full(len(move), np.nan)
    seen, square = 0, 0.0
    for t in range(len(move)):
        if np.isfinite(move[t]):
            seen += 1
            square += max(1.0 / seen, 1.0 / memory) * (move[t] * move[t] - square)
        if seen >= memory and square > 0.0:
            found[t] = np.sqrt(square)
    return found
