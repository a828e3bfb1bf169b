"""Online pool of variance forecasts: logs averaged with weights from their discounted QLIKE."""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats, Ints

TOP_ERROR = 4.0
"""Log of the ratio of realised to forecast variance above which a loss grows no more."""
PRIOR_ROWS = 500.0
PRIOR_WINDOWS = 10.0
"""Rows, and windows of the horizon's length, that all members start with at their mean loss."""
YEAR = 8760.0


class VariancePoolState(NamedTuple):
    """What the pool has learnt; arrays are updated in place.

    Attributes
    ----------
    loss, weight : Floats
        Discounted sums of QLIKE, and present weights, shape ``(H, M)``.
    known : Floats
        Discounted number of outcomes, shape ``(H,)``.
    """

    loss: Floats
    weight: Floats
    known: Floats


def new_state(members: int, horizons: int) -> VariancePoolState:
    """Equal weights, nothing known."""
    return VariancePoolState(
        loss=np.zeros((horizons, members)),
        weight=np.full((horizons, members), 1.0 / members),
        known=np.zeros(horizons),
    )


def pool_variances(  # noqa: PLR0913, PLR0917 - arrays, constants, and where to go on and write
    members: Floats,
    outcome: Floats,
    horizons: Ints,
    half_life: float = YEAR,
    tolerance: float = 0.02,
    shrink: float = 0.5,
    trim: float = 0.10,
    carry: Carry | None = None,
    shares: Floats | None = None,
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
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.
    shares : Floats or None
        Written: what each member weighs in each row, shape ``(M, n, H)``.

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
    carry = Carry() if carry is None else carry
    number, _, count = members.shape
    state = carry.state("pool", lambda: new_state(number, count))
    told = np.zeros((number, 0, count)) if shares is None else shares
    pooled = _walk(
        state,
        members,
        outcome,
        horizons,
        0.5 ** (1.0 / half_life),
        (tolerance, shrink, trim),
        carry.start,
        told,
    )
    return carry.with_past("pooled", pooled[carry.start :]), state.weight.T.copy()


@njit(cache=True)
def _walk(  # noqa: PLR0913, PLR0917 - numba knows no dataclasses
    state: VariancePoolState,
    members: Floats,
    outcome: Floats,
    horizons: Ints,
    keep: float,
    constants: tuple[float, float, float],
    start: int,
    shares: Floats,
) -> Floats:
    """Rows from ``start`` on; ``shares`` is written where it has rows."""
    _, rows, count = members.shape
    tolerance, shrink, trim = constants
    pooled = np.full((rows, count), np.nan)
    for k in range(count):
        horizon = horizons[k]
        pseudo = PRIOR_ROWS + PRIOR_WINDOWS * horizon
        loss, weight = state.loss[k], state.weight[k]
        known = state.known[k]
        for i in range(start, rows):
            j = i - horizon
            if j >= 0 and np.isfinite(outcome[j, k]) and np.all(np.isfinite(members[:, j, k])):
                known = keep * known + 1.0
                _add_qlike(loss, members[:, j, k], outcome[j, k], keep)
                score = (loss + pseudo * (np.mean(loss) / known)) / (known + pseudo)
                weight[:] = _weights_of(score, tolerance, shrink, trim)
            pooled[i, k] = _mean_of_present(members[:, i, k], weight)
            if shares.shape[1] > 0:
                _share(members[:, i, k], weight, shares[:, i, k])
        state.known[k] = known
    return pooled


@njit(cache=True)
def _share(members: Floats, weight: Floats, share: Floats) -> None:
    """Weights of the members that are there, summing to one, in place."""
    mass = 0.0
    for a in range(len(weight)):
        if np.isfinite(members[a]):
            mass += weight[a]
    for a in range(len(weight)):
        share[a] = weight[a] / mass if mass > 0.0 and np.isfinite(members[a]) else 0.0


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
