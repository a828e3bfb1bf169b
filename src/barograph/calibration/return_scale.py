r"""Return scale: a log-linear correction of a variance forecast, learnt on returns themselves.

A good forecast of Garman-Klass variance is not yet the best scale of returns: at long horizons it
is too nervous, on some weekdays ranges and returns disagree, the ratio of the two drifts. So

.. math:: \log s = \log s_0 + w^\top x, \qquad \mathrm E|r| = s \cdot 0.75

with :math:`w` learnt by Newton steps on the Laplace quasi-likelihood: bounded score
:math:`|r| / (0.75 s) - 1`, unit Fisher information, hence the recursion of least squares with
forgetting (natural gradient [1]_, online Newton steps [2]_). The Gaussian prior is the shrink
target "leave the base alone"; an outcome over ``h`` hours counts :math:`h^{-0.7}` observations, as
outcomes overlap, and weighs with the scale itself (bounded), since the pinball loss does.

Missing-value law: a row with a non-finite base or regressor gets NaN and teaches nothing; a NaN
outcome teaches nothing. Row ``i`` reads outcomes of rows ``j`` with ``j + h <= i`` only.

References
----------
.. [1] Amari (1998), "Natural gradient works efficiently in learning", Neural Computation 10(2).
.. [2] Hazan, Agarwal & Kale (2007), "Logarithmic regret algorithms for online convex
   optimization", Machine Learning 69, 169-192.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats, Ints

MEAN_ABS = 0.75
"""Mean size of an hourly return of unit scale; the intercept absorbs any error of it."""
OVERLAP = 0.7
"""Outcomes of ``h`` hours count ``h ** -OVERLAP``; 1 would be no information in overlap."""
TOP_SCORE = 8.0
TOP_WEIGHT = 5.0
TYPICAL_STEP = 0.0005
"""Step of the slow mean of the scale, per outcome."""


class ReturnScaleState(NamedTuple):
    """What has been learnt; arrays are updated in place.

    Attributes
    ----------
    weights : Floats
        Shape ``(H, k)``: of the common regressors, then of the horizon's own.
    covariance : Floats
        Of the weights, shape ``(H, k, k)``.
    typical : Floats
        Slow mean of the scale, the unit of an outcome's weight, shape ``(H,)``; NaN before the
        first outcome.
    prior_variance : Floats
        Shape ``(k,)``; no variance grows above it by forgetting.
    """

    weights: Floats
    covariance: Floats
    typical: Floats
    prior_variance: Floats


def new_state(horizons: Ints, prior_variance: Floats) -> ReturnScaleState:
    """No correction, prior covariance."""
    count, width = len(horizons), len(prior_variance)
    prior = np.asarray(prior_variance, dtype=np.float64)
    return ReturnScaleState(
        weights=np.zeros((count, width)),
        covariance=np.repeat(np.diag(prior)[None], count, axis=0),
        typical=np.full(count, np.nan),
        prior_variance=prior,
    )


def online_return_scale(
    base: Floats,
    common: Floats,
    own: Floats,
    outcome: Floats,
    horizons: Ints,
    prior_variance: Floats,
    half_life_days: float = 1460.0,
    carry: Carry | None = None,
    weights: Floats | None = None,
) -> tuple[Floats, ReturnScaleState]:
    """Log scale of returns from a log base scale.

    Parameters
    ----------
    base : Floats
        Log of the base scale of the return over the horizon, shape ``(n, H)``.
    common : Floats
        Regressors known at the row, shape ``(n, k1)``.
    own : Floats
        Regressors that differ by horizon, shape ``(n, H, k2)``.
    outcome : Floats
        Log returns, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : Ints
        Hours ahead, shape ``(H,)``.
    prior_variance : Floats
        Of the weights, shape ``(k1 + k2,)``: near zero trusts the base.
    half_life_days : float
        Days of known outcomes in which their information halves.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.
    weights : Floats or None
        Written: the weights each row was answered with, shape ``(n, H, k1 + k2)``.

    Returns
    -------
    log_scale : Floats
        Shape ``(n, H)``.
    state : ReturnScaleState
        After the last row.
    """
    hours = np.asarray(horizons, dtype=np.int64)
    carry = Carry() if carry is None else carry
    state = carry.state("scale", lambda: new_state(hours, prior_variance))
    log_scale = _walk(
        state,
        np.ascontiguousarray(base, dtype=np.float64),
        np.ascontiguousarray(common, dtype=np.float64),
        np.ascontiguousarray(own, dtype=np.float64),
        np.ascontiguousarray(outcome, dtype=np.float64),
        hours,
        0.5 ** (1.0 / (24.0 * half_life_days)),
        carry.start,
        np.zeros((0, len(hours), len(prior_variance))) if weights is None else weights,
    )
    return carry.with_past("log_scale", log_scale[carry.start :]), state


@njit(cache=True)
def predict(state: ReturnScaleState, k: int, base: float, common: Floats, own: Floats) -> float:
    """Log scale of one row at horizon number ``k``."""
    log_scale = base
    shared = len(common)
    for a in range(shared):
        log_scale += state.weights[k, a] * common[a]
    for a in range(len(own)):
        log_scale += state.weights[k, shared + a] * own[a]
    return log_scale


@njit(cache=True)
def absorb(
    state: ReturnScaleState,
    k: int,
    horizon: int,
    outcome: float,
    base: float,
    common: Floats,
    own: Floats,
    keep: float,
    row: Floats,
    gain: Floats,
) -> None:
    """Learn from one outcome; ``row`` and ``gain`` are work space of the weights' length."""
    shared = len(common)
    row[:shared] = common
    row[shared:] = own
    log_scale = predict(state, k, base, common, own)
    if not (np.isfinite(outcome) and np.isfinite(log_scale)):
        return
    scale = np.exp(log_scale)
    score = min(abs(outcome) / scale / MEAN_ABS - 1.0, TOP_SCORE)
    if not np.isfinite(state.typical[k]):
        state.typical[k] = scale
    state.typical[k] += TYPICAL_STEP * (scale - state.typical[k])
    weight = horizon**-OVERLAP * min(scale / state.typical[k], TOP_WEIGHT)
    _newton_step(state, k, row, weight * score, weight, keep, gain)


@njit(cache=True)
def _newton_step(
    state: ReturnScaleState,
    k: int,
    row: Floats,
    score: float,
    information: float,
    keep: float,
    gain: Floats,
) -> None:
    """Rank-one update of weights and covariance; no variance is let above its prior."""
    width = len(row)
    covariance = state.covariance[k]
    total = keep
    for a in range(width):
        product = 0.0
        for b in range(width):
            product += covariance[a, b] * row[b]
        gain[a] = product
        total += information * product * row[a]
    for a in range(width):
        state.weights[k, a] += gain[a] * score / total
        for b in range(a, width):
            value = (covariance[a, b] - gain[a] * gain[b] * information / total) / keep
            covariance[a, b] = value
            covariance[b, a] = value
    for a in range(width):
        if covariance[a, a] > state.prior_variance[a]:
            shrink = np.sqrt(state.prior_variance[a] / covariance[a, a])
            for b in range(width):
                covariance[a, b] *= shrink
                covariance[b, a] *= shrink


@njit(cache=True)
def _walk(
    state: ReturnScaleState,
    base: Floats,
    common: Floats,
    own: Floats,
    outcome: Floats,
    horizons: Ints,
    keep: float,
    start: int,
    weights: Floats,
) -> Floats:
    """Rows from ``start`` on; ``weights`` is written where it has rows."""
    rows, count = base.shape
    log_scale = np.full((rows, count), np.nan)
    row = np.empty(state.weights.shape[1])
    gain = np.empty(state.weights.shape[1])
    for k in range(count):
        h = horizons[k]
        for i in range(start, rows):
            j = i - h
            if j >= 0:
                past = outcome[j, k]
                absorb(state, k, h, past, base[j, k], common[j], own[j, k], keep, row, gain)
            log_scale[i, k] = predict(state, k, base[i, k], common[i], own[i, k])
            if weights.shape[0] > 0:
                weights[i, k] = state.weights[k]
    return log_scale
