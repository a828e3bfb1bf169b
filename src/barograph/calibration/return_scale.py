"""Return scale: a log-linear correction of a variance forecast, learnt on the returns themselves.

A good forecast of Garman-Klass variance is not yet the best scale of returns: at long horizons it
is
too nervous, on some weekdays ranges and returns disagree, the ratio of the two drifts. So

    log scale = log_base + w . x,      |r| ~ scale * MEAN_ABS  (Laplace quasi-likelihood)

with ``w`` learnt by Newton steps on the quasi-likelihood: score ``|z| / MEAN_ABS - 1`` (bounded),
unit
Fisher information, hence the recursion of recursive least squares with forgetting (online natural
gradient, Amari 1998; Newton steps of Hazan et al. 2007). The Gaussian prior N(0, prior_variance)
is the shrink target "leave the base alone"; an outcome over h hours counts h**-0.7 observations, as
outcomes overlap. Outcomes weigh with the scale itself (bounded), since the pinball loss does.

Units: log scale in log of log-return per horizon. Missing law: a row with a non-finite base or
regressor gets NaN and teaches nothing; a NaN outcome teaches nothing.
Row i uses r[j, m] with j + h <= i only.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints

MEAN_ABS = 0.75  # E|z| of a unit-scale hourly return; the intercept absorbs any error of it
OVERLAP = 0.7  # outcomes of h hours count h ** -OVERLAP; 1 would be no information in overlap
TOP_SCORE = 8.0
TOP_WEIGHT = 5.0


class ReturnScaleState(NamedTuple):
    """Weights and their covariance; updated in place."""

    w: Floats  # (H, k)
    cov: Floats  # (H, k, k)
    typical: Floats  # (H,) slow mean of the scale, the unit of the outcome weights; NaN = none yet
    prior_variance: Floats  # (k,)


def new_state(horizons: Ints, prior_variance: Floats) -> ReturnScaleState:
    """No correction, prior covariance."""
    count, k = len(horizons), len(prior_variance)
    prior = np.asarray(prior_variance, dtype=np.float64)
    return ReturnScaleState(
        np.zeros((count, k)),
        np.repeat(np.diag(prior)[None], count, axis=0),
        np.full(count, np.nan),
        prior,
    )


@njit(cache=True)
def predict(state: ReturnScaleState, m: int, base: float, common: Floats, own: Floats) -> float:
    """Log scale of one row: ``common`` (k1,) regressors, ``own`` (k2,) those of the horizon."""
    out = base
    k1 = len(common)
    for a in range(k1):
        out += state.w[m, a] * common[a]
    for a in range(len(own)):
        out += state.w[m, k1 + a] * own[a]
    return out


@njit(cache=True)
def _rank_one(
    state: ReturnScaleState, m: int, x: Floats, step: float, info: float, keep: float, g: Floats
) -> None:
    """RLS update of weights and covariance; forgetting cannot blow the variance above the
    prior's.
    """
    k = len(x)
    cov = state.cov[m]
    s = keep
    for a in range(k):
        t = 0.0
        for b in range(k):
            t += cov[a, b] * x[b]
        g[a] = t
        s += info * t * x[a]
    for a in range(k):
        state.w[m, a] += g[a] * step / s
        for b in range(a, k):
            v = (cov[a, b] - g[a] * g[b] * info / s) / keep
            cov[a, b] = v
            cov[b, a] = v
    for a in range(k):
        if cov[a, a] > state.prior_variance[a]:
            f = np.sqrt(state.prior_variance[a] / cov[a, a])
            for b in range(k):
                cov[a, b] *= f
                cov[b, a] *= f


@njit(cache=True)
def absorb(
    state: ReturnScaleState,
    m: int,
    h: int,
    outcome: float,
    base: float,
    common: Floats,
    own: Floats,
    keep: float,
    x: Floats,
    g: Floats,
) -> None:
    """Learn from one outcome; ``x`` and ``g`` are (k,) work space."""
    k1 = len(common)
    x[:k1] = common
    x[k1:] = own
    eta = predict(state, m, base, common, own)
    if not (np.isfinite(outcome) and np.isfinite(eta)):
        return
    scale = np.exp(eta)
    score = min(abs(outcome) / scale / MEAN_ABS - 1.0, TOP_SCORE)
    if not np.isfinite(state.typical[m]):
        state.typical[m] = scale
    state.typical[m] += 0.0005 * (scale - state.typical[m])
    weight = h**-OVERLAP * min(scale / state.typical[m], TOP_WEIGHT)
    _rank_one(state, m, x, weight * score, weight, keep, g)


@njit(cache=True)
def _walk(
    state: ReturnScaleState,
    base: Floats,
    common: Floats,
    own: Floats,
    r: Floats,
    horizons: Ints,
    keep: float,
) -> Floats:
    n, count = base.shape
    out = np.full((n, count), np.nan)
    x = np.empty(state.w.shape[1])
    g = np.empty(state.w.shape[1])
    for m in range(count):
        h = horizons[m]
        for i in range(n):
            j = i - h
            if j >= 0:
                absorb(state, m, h, r[j, m], base[j, m], common[j], own[j, m], keep, x, g)
            out[i, m] = predict(state, m, base[i, m], common[i], own[i, m])
    return out


def online_return_scale(
    base: Floats,
    common: Floats,
    own: Floats,
    r: Floats,
    horizons: Ints,
    prior_variance: Floats,
    half_life_days: float = 1460.0,
) -> tuple[Floats, ReturnScaleState]:
    """(n, H) log scale of returns from a (n, H) log base scale, and the final state.

    ``common`` (n, k1) regressors known at the row, ``own`` (n, H, k2) those that differ by horizon;
    ``prior_variance`` (k1 + k2,) of their weights: near 0 = trust the base.
    """
    hours = np.asarray(horizons, dtype=np.int64)
    state = new_state(hours, prior_variance)
    arrays = [np.ascontiguousarray(a, dtype=np.float64) for a in (base, common, own, r)]
    return _walk(state, *arrays, hours, 0.5 ** (1.0 / (24.0 * half_life_days))), state
