"""Pool of quantile forecasts: second-order Hedge on the pinball loss, feedback delayed by the
horizon.

Every expert offers quantiles per horizon and level. The pool is their weighted mean (quantile
averaging, "Vincentisation"), the weights learnt online: exponential weights on the linearised
pinball loss with a learning rate that falls with the accumulated squared regret of every expert
(Wintenberger 2017, BOA; Gaillard, Stoltz & van Erven 2014, ML-Prod), per level and shared between
levels (Berrisch & Ziel 2021, CRPS learning). The prior is a start *and* a shrink target: the
learning rate is inflated by the overlap ``h`` of the outcomes, so at 7 days weights move slowly.

Missing law: an expert that is NaN gets no weight in that row and no feedback for it; a row with no
finite expert is NaN. Row i uses outcomes r[j, m] with j + h <= i only.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints


class PoolState(NamedTuple):
    """Regrets and their squares; ``weight`` follows from them. Updated in place."""

    regret: Floats  # (H, Q, E) sum of pool loss - expert loss, discounted
    square: Floats  # (H, Q, E) sum of squared regrets times the overlap h
    weight: Floats  # (H, Q, E) current weights, sum to one
    log_prior: Floats  # (H, E)
    keep: Floats  # (H,) discount per hour


def new_state(
    horizons: Ints, levels: int, prior: Floats, half_life_hours: float = np.inf
) -> PoolState:
    """Start at the prior; ``prior`` is (E,) or (H, E), positive, any sum."""
    hours = np.asarray(horizons, dtype=np.float64)
    table = np.array(
        np.broadcast_to(np.asarray(prior, dtype=np.float64), (len(hours), np.shape(prior)[-1]))
    )
    table /= table.sum(axis=1, keepdims=True)
    shape = (len(hours), levels, table.shape[1])
    return PoolState(
        np.zeros(shape),
        np.full(shape, 1e-300),
        np.array(np.broadcast_to(table[:, None, :], shape)),
        np.log(table),
        0.5 ** (1.0 / (half_life_hours * np.ones(len(hours)))),
    )


@njit(cache=True)
def mix(state: PoolState, m: int, experts: Floats, trim: float, out: Floats) -> None:
    """Write the pooled (Q,) quantiles of ``experts`` (E, Q) into ``out``; never crossing."""
    count, levels = experts.shape
    for q in range(levels):
        total = 0.0
        value = 0.0
        for attempt in range(2):  # the second time without trimming: only weak experts are there
            for e in range(count):
                w = state.weight[m, q, e]
                if (w >= trim or attempt == 1) and np.isfinite(experts[e, q]):
                    total += w
                    value += w * experts[e, q]
            if total > 0.0:
                break
        out[q] = value / total if total > 0.0 else np.nan
    for q in range(1, levels):
        if out[q] < out[q - 1]:
            out[q] = out[q - 1]


@njit(cache=True)
def absorb(
    state: PoolState,
    m: int,
    h: int,
    outcome: float,
    experts: Floats,
    pooled: Floats,
    levels: Floats,
    rate: float,
    share: float,
) -> None:
    """Learn from one outcome: ``experts`` (E, Q) and ``pooled`` (Q,) as forecast ``h`` hours
    ago.
    """
    count, number = experts.shape
    if not np.isfinite(outcome + pooled.sum()):
        return
    for e in range(count):
        gain = np.zeros(number)
        mean = 0.0
        missing = False
        for q in range(number):
            if not np.isfinite(experts[e, q]):
                missing = True
                break
            slope = (1.0 if outcome < pooled[q] else 0.0) - levels[q]
            gain[q] = -slope * (experts[e, q] - pooled[q])
            mean += gain[q] / number
        if missing:
            continue
        for q in range(number):
            pair = 0.5 * (gain[q] + gain[number - 1 - q])
            x = (1.0 - share) * pair + share * mean
            state.regret[m, q, e] = state.keep[m] * state.regret[m, q, e] + x
            state.square[m, q, e] = state.keep[m] * state.square[m, q, e] + x * x * h
    for q in range(number):
        top = -np.inf
        for e in range(count):
            v = state.log_prior[m, e] + rate * state.regret[m, q, e] / np.sqrt(
                state.square[m, q, e]
            )
            state.weight[m, q, e] = v
            top = max(top, v)
        total = 0.0
        for e in range(count):
            state.weight[m, q, e] = np.exp(state.weight[m, q, e] - top)
            total += state.weight[m, q, e]
        for e in range(count):
            state.weight[m, q, e] /= total


@njit(cache=True)
def _walk(
    state: PoolState,
    experts: Floats,
    r: Floats,
    horizons: Ints,
    levels: Floats,
    rate: float,
    share: float,
    trim: float,
) -> Floats:
    n, count, _, number = experts.shape
    out = np.full((n, count, number), np.nan)
    for m in range(count):
        h = horizons[m]
        for i in range(n):
            if i >= h:
                absorb(
                    state, m, h, r[i - h, m], experts[i - h, m], out[i - h, m], levels, rate, share
                )
            mix(state, m, experts[i, m], trim, out[i, m])
    return out


def pool_quantiles(
    experts: Floats,
    r: Floats,
    horizons: Ints,
    levels: Floats,
    prior: Floats,
    rate: float = 1.0,
    share: float = 0.25,
    trim: float = 0.02,
    half_life_hours: float = np.inf,
) -> tuple[Floats, PoolState]:
    """Pooled quantiles (n, H, Q) of ``experts`` (n, H, E, Q) and the final state.

    ``levels`` must be symmetric (level q and 1 - q both present): the two sides share their regret.
    ``share`` is how much of the regret is common to all levels; ``trim`` the weight below which an
    expert is left out; ``prior`` (E,) or (H, E).
    """
    hours = np.asarray(horizons, dtype=np.int64)
    state = new_state(hours, len(levels), prior, half_life_hours)
    out = _walk(
        state,
        np.ascontiguousarray(experts),
        np.ascontiguousarray(r),
        hours,
        np.asarray(levels, dtype=np.float64),
        rate,
        share,
        trim,
    )
    return out, state
