"""Exact recursive regression of log-variance with targets that arrive late.

At every origin ``i`` and for every horizon ``h`` the coefficients are the exact
(ridge-regularised, optionally
discounted) fit to all pairs ``(x[j], y[j, h])`` with ``j + h <= i``: nothing later is read. Two
losses:

- ``"gaussian"``: least squares on ``y = log V`` (the log-HAR of Corsi, 2009), by the
  matrix-inversion lemma
  (Plackett, 1950; Haykin, *Adaptive Filter Theory*, ch. 13): one rank-one update is an exact refit.
- ``"gamma"``: one Fisher-scoring step per observation for a gamma model with log link, whose loss
  is QLIKE:
  the residual is ``V / forecast - 1`` (West, Harrison & Migon, 1985, dynamic GLM). It estimates
  ``log E[V]``
  rather than ``E[log V]``, so it hardly needs debiasing. The residual is capped at ``exp(3) - 1``
  so that one
  crash cannot throw the coefficients.

Missing-value law: a row with a non-finite regressor gets no forecast (NaN) and is never learned
from; a non-finite
target is skipped for its own horizon only.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numba import njit

from barograph.core.types import Floats

_CAP = 3.0
Loss: TypeAlias = Literal["gaussian", "gamma"]


@dataclass(frozen=True)
class RlsState:
    """What the recursion knows after the last row.

    Attributes
    ----------
    coef : (H, k + q)
        Coefficients, common regressors first, then the horizon's own.
    cov : (H, k + q, k + q)
        Inverse information matrix of each horizon.
    n_seen : int
        Rows already swept; a resumed run starts here.
    """

    coef: Floats
    cov: Floats
    n_seen: int

    def predict(self, x: Floats, z: Floats | None = None) -> Floats:
        """Forecast one row. x: (k,), z: (H, q) or None -> (H,), on the scale of y."""
        k = x.shape[0]
        out = self.coef[:, :k] @ x
        if z is not None:
            out = out + np.einsum("hq,hq->h", self.coef[:, k:], z)
        return out


@njit(cache=True)
def _update(
    cov: Floats, coef: Floats, row: Floats, error: float, forgetting: float, gain: Floats
) -> None:
    """One rank-one update in place. Loops run along rows so that they vectorise without
    re-association.
    """
    k = row.shape[0]
    for a in range(k):
        gain[a] = 0.0
    for c in range(k):
        r = row[c]
        for a in range(k):
            gain[a] += cov[c, a] * r
    s = forgetting
    for a in range(k):
        s += gain[a] * row[a]
    scale = 1.0 / forgetting
    for a in range(k):
        g = gain[a] / s
        coef[a] += g * error
        for c in range(k):
            cov[a, c] = (cov[a, c] - g * gain[c]) * scale


@njit(cache=True)
def _symmetrise(cov: Floats) -> None:
    k = cov.shape[0]
    for a in range(k):
        for c in range(a):
            m = 0.5 * (cov[a, c] + cov[c, a])
            cov[a, c] = m
            cov[c, a] = m


@njit(cache=True)
def _sweep(x, z, y, horizons, forgetting, gamma, coef, cov, start, out):  # type: ignore[no-untyped-def]
    """Rows start..n-1 for every horizon; coef, cov and out are written in place."""
    n, k = x.shape
    q = z.shape[2]
    row = np.empty(k + q)
    gain = np.empty(k + q)
    ok_x = np.empty(n, np.bool_)
    for i in range(n):
        ok_x[i] = np.all(np.isfinite(x[i]))
    for m in range(len(horizons)):
        h = horizons[m]
        ok = ok_x.copy()
        for i in range(n):
            for a in range(q):
                ok[i] = ok[i] and np.isfinite(z[i, m, a])
        for i in range(start, n):
            j = i - h
            if j >= 0 and ok[j] and np.isfinite(y[j, m]):
                row[:k] = x[j]
                row[k:] = z[j, m]
                fit = 0.0
                for a in range(k + q):
                    fit += coef[m, a] * row[a]
                error = y[j, m] - fit
                if gamma:
                    error = np.expm1(min(error, _CAP))
                _update(cov[m], coef[m], row, error, forgetting, gain)
                if j % 256 == 0:
                    _symmetrise(cov[m])
            if ok[i]:
                fit = 0.0
                for a in range(k):
                    fit += coef[m, a] * x[i, a]
                for a in range(q):
                    fit += coef[m, k + a] * z[i, m, a]
                out[i, m] = fit


def rls_forecast(
    x: Floats,
    y: Floats,
    horizons: tuple[int, ...],
    *,
    z: Floats | None = None,
    forgetting: float = 1.0,
    ridge: float = 1.0,
    loss: Loss = "gaussian",
    state: RlsState | None = None,
) -> tuple[Floats, RlsState]:
    """Forecast every row with coefficients refitted at that row.

    Parameters
    ----------
    x : (n, k) regressors known at row i (put a column of ones in it).
    y : (n, H) log of the realised variance over the ``h`` rows after i, less any constant that
    centres it.
    horizons : the H horizons, in rows; ``y[j, m]`` is read from row ``j + horizons[m]`` on.
    z : (n, H, q) regressors that differ by horizon (e.g. the seasonal of the window ahead),
    optional.
    forgetting : weight of the previous row's information, ``0.5 ** (1 / half_life)``; 1 remembers
    everything.
    ridge : prior precision of every coefficient (about zero), times h: overlapping targets carry
    1/h of the news.
    loss : see the module's text.
    state : continue from an earlier call on the same arrays, grown at the end.

    Returns
    -------
    (n, H) forecasts of y (NaN before ``state.n_seen`` on a resumed run), and the final state.
    """
    n, k = x.shape
    n_h = len(horizons)
    zz = np.zeros((n, n_h, 0)) if z is None else np.ascontiguousarray(z, dtype=np.float64)
    width = k + zz.shape[2]
    if state is None:
        coef = np.zeros((n_h, width))
        cov = np.eye(width)[None] / (ridge * np.asarray(horizons, dtype=np.float64)[:, None, None])
        start = 0
    else:
        coef, cov, start = state.coef.copy(), state.cov.copy(), state.n_seen
    out = np.full((n, n_h), np.nan)
    xx = np.ascontiguousarray(x, dtype=np.float64)
    yy = np.ascontiguousarray(y, dtype=np.float64)
    hh = np.asarray(horizons, dtype=np.int64)
    _sweep(xx, zz, yy, hh, float(forgetting), loss == "gamma", coef, cov, start, out)
    return out, RlsState(coef, cov, n)
