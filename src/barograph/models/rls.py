r"""Exact recursive regression on log variance, with outcomes that arrive late.

At every origin ``i`` and for every horizon ``h`` the coefficients are the ridge-regularised,
optionally discounted fit to all pairs ``(x[j], y[j])`` with ``j + h <= i``. Two losses:

- ``"gaussian"``: least squares on :math:`y = \log V` (the log-HAR [1]_) by the matrix-inversion
  lemma [2]_ [3]_: one rank-one update is an exact refit.
- ``"gamma"``: one Fisher-scoring step per outcome for a gamma model with log link, whose loss is
  QLIKE: the residual is :math:`V / f - 1` [4]_. It estimates :math:`\log \mathrm E V` rather than
  :math:`\mathrm E \log V`, so it hardly needs debiasing. The residual is capped so that one crash
  cannot throw the coefficients.

Missing-value law: a row with a non-finite regressor gets no forecast and is never learnt from; a
non-finite outcome is skipped for its own horizon only. Nothing is forgotten over what is skipped.

References
----------
.. [1] Corsi (2009), "A simple approximate long-memory model of realized volatility", Journal of
   Financial Econometrics 7(2), 174-196.
.. [2] Plackett (1950), "Some theorems in least squares", Biometrika 37(1/2), 149-157.
.. [3] Haykin (2002), "Adaptive filter theory", 4th edition, ch. 9.
.. [4] West, Harrison & Migon (1985), "Dynamic generalized linear models and Bayesian forecasting",
   Journal of the American Statistical Association 80, 73-83.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numba import njit

from barograph.core.types import Bools, Floats, Ints

Loss: TypeAlias = Literal["gaussian", "gamma"]

TOP_ERROR: Final = 3.0
"""Log error above which a gamma residual grows no more."""
SYMMETRISE: Final = 256
"""Rows after which rounding is taken out of the covariance's symmetry."""


@dataclass(frozen=True, slots=True)
class RlsState:
    """What the recursion knows after the last row.

    Attributes
    ----------
    coefficients : Floats
        Of the common regressors, then of the horizon's own, shape ``(H, k + q)``.
    covariance : Floats
        Inverse information matrix of each horizon, shape ``(H, k + q, k + q)``.
    rows : int
        Rows of history already swept; a resumed run starts here.
    """

    coefficients: Floats
    covariance: Floats
    rows: int


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
    first: int = 0,
    used: Floats | None = None,
) -> tuple[Floats, RlsState]:
    """Forecast every row with coefficients refitted at that row.

    Parameters
    ----------
    x : Floats
        Regressors known at the row, a column of ones among them, shape ``(n, k)``.
    y : Floats
        Log of the realised variance over the ``h`` rows after each, less any constant that
        centres it, shape ``(n, H)``; ``y[j, m]`` is read from row ``j + horizons[m]`` on.
    horizons : tuple of int
        Rows ahead, ``H`` of them.
    z : Floats or None
        Regressors that differ by horizon, shape ``(n, H, q)``.
    forgetting : float
        Weight of what was known before at each new outcome, ``0.5 ** (1 / half_life)``; 1
        remembers everything.
    ridge : float
        Prior precision of every coefficient about zero, multiplied by the horizon: overlapping
        outcomes carry ``1 / h`` of the news.
    loss : str
        See the module.
    state : RlsState or None
        Continue from an earlier call on the same history, grown at the end.
    first : int
        Rows of that history before the first row of these arrays; those the longest horizon looks
        back to must be there.
    used : Floats or None
        Written: the coefficients each row was forecast with, shape ``(n, H, k + q)``.

    Returns
    -------
    forecasts : Floats
        Of ``y``, shape ``(n, H)``; on a resumed run NaN in the rows swept before.
    state : RlsState
        After the last row.
    """
    rows, width = x.shape
    count = len(horizons)
    own = np.zeros((rows, count, 0)) if z is None else np.ascontiguousarray(z, dtype=np.float64)
    hours = np.asarray(horizons, dtype=np.int64)
    if state is None:
        width += own.shape[2]
        prior = ridge * hours.astype(np.float64)[:, None, None]
        state = RlsState(np.zeros((count, width)), np.eye(width)[None] / prior, 0)
    coefficients, covariance = state.coefficients.copy(), state.covariance.copy()
    told = np.zeros((0, *coefficients.shape)) if used is None else used
    forecasts = np.full((rows, count), np.nan)
    _sweep(
        np.ascontiguousarray(x, dtype=np.float64),
        own,
        np.ascontiguousarray(y, dtype=np.float64),
        hours,
        float(forgetting),
        loss == "gamma",
        coefficients,
        covariance,
        state.rows - first,
        first,
        forecasts,
        told,
    )
    return forecasts, RlsState(coefficients, covariance, first + rows)


@njit(cache=True)
def _sweep(
    x: Floats,
    z: Floats,
    y: Floats,
    horizons: Ints,
    forgetting: float,
    gamma: bool,
    coefficients: Floats,
    covariance: Floats,
    start: int,
    first: int,
    forecasts: Floats,
    used: Floats,
) -> None:
    """Rows from ``start`` on, for every horizon; the last arrays are written in place.

    ``first`` rows of history came before row 0; ``used`` is written where it has rows.
    """
    shared = x.shape[1]
    row = np.empty(shared + z.shape[2])
    gain = np.empty(len(row))
    for m in range(len(horizons)):
        usable = _usable(x, z, m)
        for i in range(start, len(x)):
            j = i - horizons[m]
            if j >= 0 and usable[j] and np.isfinite(y[j, m]):
                row[:shared] = x[j]
                row[shared:] = z[j, m]
                error = y[j, m] - _dot(coefficients[m], row)
                if gamma:
                    error = np.expm1(min(error, TOP_ERROR))
                _update(covariance[m], coefficients[m], row, error, forgetting, gain)
                if (first + j) % SYMMETRISE == 0:
                    _symmetrise(covariance[m])
            if usable[i]:
                row[:shared] = x[i]
                row[shared:] = z[i, m]
                forecasts[i, m] = _dot(coefficients[m], row)
            if used.shape[0] > 0:
                used[i, m] = coefficients[m]


@njit(cache=True)
def _usable(x: Floats, z: Floats, m: int) -> Bools:
    """Whether every regressor of a row is finite, at horizon number ``m``."""
    rows = len(x)
    usable = np.empty(rows, np.bool_)
    for i in range(rows):
        usable[i] = np.all(np.isfinite(x[i])) and np.all(np.isfinite(z[i, m]))
    return usable


@njit(cache=True)
def _dot(coefficients: Floats, row: Floats) -> float:
    """Sum in the order written, so that every machine rounds alike."""
    total = 0.0
    for a in range(len(row)):
        total += coefficients[a] * row[a]
    return total


@njit(cache=True)
def _update(
    covariance: Floats,
    coefficients: Floats,
    row: Floats,
    error: float,
    forgetting: float,
    gain: Floats,
) -> None:
    """One rank-one update in place.

    Loops run along rows so that they vectorise without changing the order of a sum.
    """
    width = row.shape[0]
    for a in range(width):
        gain[a] = 0.0
    for c in range(width):
        value = row[c]
        for a in range(width):
            gain[a] += covariance[c, a] * value
    total = forgetting
    for a in range(width):
        total += gain[a] * row[a]
    scale = 1.0 / forgetting
    for a in range(width):
        share = gain[a] / total
        coefficients[a] += share * error
        for c in range(width):
            covariance[a, c] = (covariance[a, c] - share * gain[c]) * scale


@njit(cache=True)
def _symmetrise(covariance: Floats) -> None:
    width = covariance.shape[0]
    for a in range(width):
        for c in range(a):
            middle = 0.5 * (covariance[a, c] + covariance[c, a])
            covariance[a, c] = middle
            covariance[c, a] = middle
