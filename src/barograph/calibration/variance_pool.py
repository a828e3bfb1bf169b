"""Online pool of variance forecasts: logs averaged with weights from their discounted QLIKE."""

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints

TOP_ERROR = 4.0
"""Log of the ratio of realised to forecast variance above which a loss grows no more."""
PRIOR_ROWS = 500.0
PRIOR_WINDOWS = 10.0
"""Rows, and windows of the horizon's length, that all members start with at their mean loss."""
YEAR = 8760.0


@njit(cache=True)
def pool_variances(
    members: Floats,
    outcome: Floats,
    horizons: Ints,
    half_life: float = YEAR,
    tolerance: float = 0.02,
    shrink: float = 0.5,
    trim: float = 0.10,
) -> tuple[Floats, Floats]:
    r"""Average log forecasts, bad members trimmed.

    With :math:`\ell_a` a member's discounted mean QLIKE and :math:`\ell_*` the best, its weight
    is proportional to :math:`\exp(-(\ell_a/\ell_* - 1)/\text{tolerance})`, zero where
    :math:`\ell_a/\ell_* - 1 >` ``trim``, mixed with equal weights of the members kept. Losses
    start at the members' common mean, so the pool starts equal and moves with evidence.

    Parameters
    ----------
    members : Floats
        Log variance per hour, shape ``(M, n, H)``.
    outcome : Floats
        The same of what came, shape ``(n, H)``; ``outcome[j, k]`` is read from row
        ``j + horizons[k]`` on. A row where it or any member is NaN teaches nothing.
    horizons : Ints
        Hours ahead, shape ``(H,)``.
    half_life : float
        Known outcomes in which the weight of a loss halves.
    tolerance : float
        Relative loss at which a raw weight has fallen to 1/e.
    shrink : float
        Share of equal weights, 0 to 1.
    trim : float
        Relative loss beyond which a member is left out.

    Returns
    -------
    pooled : Floats
        Log variance per hour, shape ``(n, H)``: over the members that are there, NaN if none is.
    weights : Floats
        After the last row, shape ``(M, H)``.

    References
    ----------
    .. [1] Timmermann (2006), "Forecast combinations", Handbook of Economic Forecasting 1, ch. 4.
    """
    number, rows, count = members.shape
    pooled = np.full((rows, count), np.nan)
    weights = np.zeros((number, count))
    keep = 0.5 ** (1.0 / half_life)
    for k in range(count):
        horizon = horizons[k]
        pseudo = PRIOR_ROWS + PRIOR_WINDOWS * horizon
        loss = np.zeros(number)
        weight = np.full(number, 1.0 / number)
        known = 0.0
        for i in range(rows):
            j = i - horizon
            if j >= 0 and np.isfinite(outcome[j, k]) and np.all(np.isfinite(members[:, j, k])):
                known = keep * known + 1.0
                _add_qlike(loss, members[:, j, k], outcome[j, k], keep)
                score = (loss + pseudo * (np.mean(loss) / known)) / (known + pseudo)
                weight = _weights_of(score, tolerance, shrink, trim)
            pooled[i, k] = _mean_of_present(members[:, i, k], weight)
        weights[:, k] = weight
    return pooled, weights


@njit(cache=True)
def _add_qlike(loss: Floats, members: Floats, outcome: float, keep: float) -> None:
    """Discount every member's loss and add the latest, in place."""
    for a in range(len(loss)):
        error = min(outcome - members[a], TOP_ERROR)
        loss[a] = keep * loss[a] + np.exp(error) - error - 1.0


@njit(cache=True)
def _weights_of(score: Floats, tolerance: float, shrink: float, trim: float) -> Floats:
    best = np.min(score)
    kept = score <= best * (1.0 + trim)
    soft = np.where(kept, np.exp(-(score / best - 1.0) / tolerance), 0.0)
    mixed: Floats = (1.0 - shrink) * soft / np.sum(soft) + shrink * kept / np.sum(kept)
    return mixed


@njit(cache=True)
def _mean_of_present(members: Floats, weight: Floats) -> float:
    total = 0.0
    mass = 0.0
    for a in range(len(weight)):
        if np.isfinite(members[a]):
            total += weight[a] * members[a]
            mass += weight[a]
    return total / mass if mass > 0.0 else np.nan
