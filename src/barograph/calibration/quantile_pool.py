"""Pool of quantile forecasts: second-order Hedge on the pinball loss, feedback delayed.

Every expert offers quantiles per horizon and level. The pool is their weighted mean (quantile
averaging, "Vincentisation" [1]_), the weights learnt online: exponential weights on the linearised
pinball loss, with a learning rate that falls with the squared regret every expert has piled up
[2]_ [3]_, per level and shared between levels [4]_. The prior is where weights start and where
they are shrunk to; squared regrets count ``h`` times, since outcomes overlap, so that at seven
days weights move slowly.

Missing-value law: an expert with a NaN among its quantiles gets no feedback for that row, and no
weight in it at the levels that are NaN; a row with no finite expert is NaN. Row ``i`` reads
outcomes of rows ``j`` with ``j + h <= i`` only.

References
----------
.. [1] Ratcliff (1979), "Group reaction time distributions and an analysis of distribution
   statistics", Psychological Bulletin 86(3), 446-461.
.. [2] Gaillard, Stoltz & van Erven (2014), "A second-order bound with excess losses", COLT.
.. [3] Wintenberger (2017), "Optimal learning with Bernstein online aggregation", Machine Learning
   106, 119-141.
.. [4] Berrisch & Ziel (2023), "CRPS learning", Journal of Econometrics 237(2).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats, Ints


class PoolState(NamedTuple):
    """What the pool has learnt; arrays are updated in place.

    Attributes
    ----------
    regret : Floats
        Discounted sum of the pool's loss less the expert's, shape ``(H, Q, E)``.
    square : Floats
        The same of squared regrets, times the horizon.
    weight : Floats
        Present weights, shape ``(H, Q, E)``; they sum to one over experts.
    log_prior : Floats
        Shape ``(H, E)``.
    keep : Floats
        What an outcome's weight is multiplied by at the next outcome, shape ``(H,)``.
    """

    regret: Floats
    square: Floats
    weight: Floats
    log_prior: Floats
    keep: Floats


def new_state(
    horizons: Ints, levels: int, prior: Floats, half_life_hours: float = np.inf
) -> PoolState:
    """Start at the prior; ``prior`` is ``(E,)`` or ``(H, E)``, positive, of any sum."""
    count = len(horizons)
    table = np.array(np.broadcast_to(np.asarray(prior, dtype=float), (count, np.shape(prior)[-1])))
    table /= table.sum(axis=1, keepdims=True)
    shape = (count, levels, table.shape[1])
    return PoolState(
        regret=np.zeros(shape),
        square=np.full(shape, 1e-300),
        weight=np.array(np.broadcast_to(table[:, None, :], shape)),
        log_prior=np.log(table),
        keep=0.5 ** (1.0 / (half_life_hours * np.ones(count))),
    )


def pool_quantiles(
    experts: Floats,
    outcome: Floats,
    horizons: Ints,
    levels: Floats,
    prior: Floats,
    rate: float = 1.0,
    share: float = 0.25,
    trim: float = 0.02,
    half_life_hours: float = np.inf,
    carry: Carry | None = None,
    others: Floats | None = None,
) -> tuple[Floats, PoolState]:
    """Weighted mean of the experts' quantiles, weights learnt from matured outcomes.

    Parameters
    ----------
    experts : Floats
        Shape ``(n, H, E, Q)``.
    outcome : Floats
        What was forecast, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : Ints
        Hours ahead, shape ``(H,)``.
    levels : Floats
        Probabilities, ascending and symmetric about a half (the two sides share their regret),
        shape ``(Q,)``.
    prior : Floats
        Weights to start from, shape ``(E,)`` or ``(H, E)``.
    rate : float
        Factor of the learning rate.
    share : float
        How much of a regret is common to all levels, 0 to 1.
    trim : float
        Weight below which an expert is left out, unless only such experts are there.
    half_life_hours : float
        Known outcomes in which a regret halves.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.
    others : Floats or None
        Other quantiles, shape ``(n, H, E, Q)``: overwritten at ``[:, :, 0]`` with their mean
        under the same weights, which learn nothing from them.

    Returns
    -------
    pooled : Floats
        Shape ``(n, H, Q)``, non-decreasing along the last axis.
    state : PoolState
        After the last row.
    """
    hours = np.asarray(horizons, dtype=np.int64)
    carry = Carry() if carry is None else carry
    state = carry.state("pool", lambda: new_state(hours, len(levels), prior, half_life_hours))
    pooled = carry.unwritten("pooled", (len(experts), len(hours), len(levels)))
    _walk(
        state,
        np.ascontiguousarray(experts),
        np.ascontiguousarray(outcome),
        hours,
        np.asarray(levels, dtype=np.float64),
        rate,
        share,
        trim,
        carry.start,
        pooled,
        np.zeros((0, *experts.shape[1:])) if others is None else others,
    )
    return carry.with_past("pooled", pooled[carry.start :]), state


@njit(cache=True)
def mix(state: PoolState, k: int, experts: Floats, trim: float, pooled: Floats) -> None:
    """Write the pool of ``experts`` ``(E, Q)`` at horizon number ``k`` into ``pooled`` ``(Q,)``."""
    count, levels = experts.shape
    for q in range(levels):
        total = 0.0
        value = 0.0
        for attempt in range(2):  # the second time without trimming: only weak experts are there
            for e in range(count):
                weight = state.weight[k, q, e]
                if (weight >= trim or attempt == 1) and np.isfinite(experts[e, q]):
                    total += weight
                    value += weight * experts[e, q]
            if total > 0.0:
                break
        pooled[q] = value / total if total > 0.0 else np.nan
    for q in range(1, levels):
        if pooled[q] < pooled[q - 1]:
            pooled[q] = pooled[q - 1]


@njit(cache=True)
def absorb(
    state: PoolState,
    k: int,
    horizon: int,
    outcome: float,
    experts: Floats,
    pooled: Floats,
    levels: Floats,
    rate: float,
    share: float,
) -> None:
    """Learn from one outcome what ``experts`` ``(E, Q)`` and the pool ``(Q,)`` said of it."""
    if not np.isfinite(outcome + pooled.sum()):
        return
    number = len(levels)
    for e in range(experts.shape[0]):
        if not np.all(np.isfinite(experts[e])):
            continue
        gain = np.zeros(number)
        mean = 0.0
        for q in range(number):
            slope = (1.0 if outcome < pooled[q] else 0.0) - levels[q]
            gain[q] = -slope * (experts[e, q] - pooled[q])
            mean += gain[q] / number
        for q in range(number):
            pair = 0.5 * (gain[q] + gain[number - 1 - q])
            x = (1.0 - share) * pair + share * mean
            state.regret[k, q, e] = state.keep[k] * state.regret[k, q, e] + x
            state.square[k, q, e] = state.keep[k] * state.square[k, q, e] + x * x * horizon
    _reweigh(state, k, rate)


@njit(cache=True)
def _reweigh(state: PoolState, k: int, rate: float) -> None:
    """Softmax of log prior plus regret in units of its own root mean square."""
    _, levels, count = state.weight.shape
    for q in range(levels):
        top = -np.inf
        for e in range(count):
            exponent = state.log_prior[k, e] + rate * state.regret[k, q, e] / np.sqrt(
                state.square[k, q, e]
            )
            state.weight[k, q, e] = exponent
            top = max(top, exponent)
        total = 0.0
        for e in range(count):
            state.weight[k, q, e] = np.exp(state.weight[k, q, e] - top)
            total += state.weight[k, q, e]
        for e in range(count):
            state.weight[k, q, e] /= total


@njit(cache=True)
def _walk(
    state: PoolState,
    experts: Floats,
    outcome: Floats,
    horizons: Ints,
    levels: Floats,
    rate: float,
    share: float,
    trim: float,
    start: int,
    pooled: Floats,
    others: Floats,
) -> None:
    """Rows from ``start`` on; ``pooled`` is written, and ``others`` where it has rows."""
    rows, count = outcome.shape
    for k in range(count):
        h = horizons[k]
        for i in range(start, rows):
            j = i - h
            if j >= 0:
                past = outcome[j, k]
                absorb(state, k, h, past, experts[j, k], pooled[j, k], levels, rate, share)
            mix(state, k, experts[i, k], trim, pooled[i, k])
            if others.shape[0] > 0:
                mix(state, k, others[i, k].copy(), trim, others[i, k, 0])
