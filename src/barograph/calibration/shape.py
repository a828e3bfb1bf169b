"""Shape: online discounted quantiles of standardised returns.

The state is one Fenwick (binary indexed) tree of weights per horizon and group over fixed
asinh-spaced bins, so that absorbing one observation costs O(log bins) and one quantile costs
O(log bins): the forecast of every hour uses every outcome known at that hour, and a single new row
costs microseconds. Exponential forgetting is done by letting the weight of new observations grow;
symmetrisation by adding ``z`` with weight ``1 - s/2`` and ``-z`` with weight ``s/2``; conditioning
by groups whose distribution is shrunk to the pooled one with ``kappa`` pseudo-observations
(empirical-Bayes mixture of empirical distributions, Efron & Morris 1975 in spirit; weighted
empirical quantiles as in filtered historical simulation, Barone-Adesi et al. 1999).

Units: ``z`` is a pure number (return / scale). Missing outcomes (NaN) are skipped: the past is used
as far as it is known. A row whose group is -1 gets the pooled shape.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints

BINS = 1024  # a power of two: the Fenwick descent needs it
CORE = 0.5  # asinh spacing is linear inside |z| < CORE and logarithmic outside
LIMIT = 60.0  # |z| beyond falls into the outermost bin
_TOP = float(np.arcsinh(LIMIT / CORE))
EDGES: Floats = CORE * np.sinh(np.linspace(-_TOP, _TOP, BINS + 1))


class ShapeState(NamedTuple):
    """Everything the shape remembers; arrays are updated in place by ``absorb``."""

    tree: Floats  # (H, G + 1, BINS + 1) Fenwick sums; slot G is the pooled distribution
    total: Floats  # (H, G + 1) sum of weights, in the same (growing) unit
    unit: Floats  # (H,) weight of an observation absorbed now
    growth: Floats  # (H,) factor of ``unit`` per hour: 2 ** (1 / half-life)
    count: Floats  # (H,) observations absorbed, undiscounted
    kappa: Floats  # (H,) pseudo-observations (rows) of the pooled shape in every group


def new_state(horizons: Ints, half_life_hours: Floats, groups: int, kappa: float) -> ShapeState:
    """An empty state. ``kappa`` counts independent observations: rows overlap, hence times
    horizon.
    """
    count = len(horizons)
    return ShapeState(
        np.zeros((count, groups + 1, BINS + 1)),
        np.zeros((count, groups + 1)),
        np.ones(count),
        0.5 ** (-1.0 / np.asarray(half_life_hours, dtype=np.float64)),
        np.zeros(count),
        kappa * np.asarray(horizons, dtype=np.float64),
    )


@njit(cache=True)
def _add(tree: Floats, value: float, weight: float) -> None:
    position = int((np.arcsinh(value / CORE) + _TOP) / (2.0 * _TOP) * BINS)
    k = min(max(position, 0), BINS - 1) + 1
    while k <= BINS:
        tree[k] += weight
        k += k & (-k)


@njit(cache=True)
def absorb(state: ShapeState, m: int, z: float, group: int, symmetry: float) -> None:
    """Add one outcome ``z`` of horizon number ``m``; NaN is skipped."""
    if not np.isfinite(z):
        return
    pooled = state.total.shape[1] - 1
    state.count[m] += 1.0
    for side in range(2):
        value = z if side == 0 else -z
        weight = state.unit[m] * (1.0 - 0.5 * symmetry if side == 0 else 0.5 * symmetry)
        if weight > 0.0:
            _add(state.tree[m, pooled], value, weight)
            if group >= 0:
                _add(state.tree[m, group], value, weight)
    state.total[m, pooled] += state.unit[m]
    if group >= 0:
        state.total[m, group] += state.unit[m]


@njit(cache=True)
def tick(state: ShapeState, m: int) -> None:
    """One hour passes: older observations weigh less. Rescales before the unit can overflow."""
    state.unit[m] *= state.growth[m]
    if state.unit[m] > 1e100:
        state.tree[m] /= state.unit[m]
        state.total[m] /= state.unit[m]
        state.unit[m] = 1.0


@njit(cache=True)
def _quantile(own: Floats, pooled: Floats, a: float, b: float, target: float) -> float:
    """Value at cumulative weight ``target`` of ``a * own + b * pooled``, linear inside the bin."""
    position = 0
    below = 0.0
    step = BINS
    while step > 0:
        k = position + step
        if k <= BINS:
            reach = below + a * own[k] + b * pooled[k]
            if reach < target:
                position = k
                below = reach
        step >>= 1
    position = min(position, BINS - 1)
    upto = 0.0
    k = position + 1
    while k > 0:
        upto += a * own[k] + b * pooled[k]
        k -= k & (-k)
    inside = upto - below
    share = min(max((target - below) / inside, 0.0), 1.0) if inside > 0.0 else 0.5
    return EDGES[position] + share * (EDGES[position + 1] - EDGES[position])


@njit(cache=True)
def quantiles(state: ShapeState, m: int, group: int, levels: Floats, out: Floats) -> None:
    """Write the (Q,) quantiles of horizon number ``m`` in ``group`` (-1: pooled) into ``out``."""
    pooled = state.total.shape[1] - 1
    a = 1.0 / state.unit[m] if group >= 0 else 0.0
    slot = group if group >= 0 else pooled
    b = state.kappa[m] / state.total[m, pooled]
    mass = a * state.total[m, slot] + state.kappa[m]
    for q in range(len(levels)):
        out[q] = _quantile(state.tree[m, slot], state.tree[m, pooled], a, b, levels[q] * mass)


@njit(cache=True)
def _walk(
    state: ShapeState,
    z: Floats,
    groups: Ints,
    horizons: Ints,
    levels: Floats,
    symmetry: float,
    min_rows: int,
) -> Floats:
    n, count = z.shape
    out = np.full((n, count, len(levels)), np.nan)
    for m in range(count):
        h = horizons[m]
        for i in range(n):
            tick(state, m)
            if i >= h:
                absorb(state, m, z[i - h, m], groups[i - h, m], symmetry)
            if state.count[m] >= min_rows + h:
                quantiles(state, m, groups[i, m], levels, out[i, m])
    return out


def half_lives(horizons: Ints, days_at_one_hour: float = 180.0) -> Floats:
    """Half-life in hours per horizon: 180 d at 1 h growing with the square root of the horizon.

    The square root is the compromise between adapting (the level of |z| drifts by a per cent or two
    a year) and the number of independent outcomes, which falls as 1/h: 180 d at 1 h hold 6,200
    effective observations, 6.4 years at 168 h about 480.
    """
    return 24.0 * days_at_one_hour * np.sqrt(np.asarray(horizons, dtype=np.float64))


def online_shape(
    z: Floats,
    horizons: Ints,
    levels: Floats,
    groups: Ints | None = None,
    half_life_hours: Floats | None = None,
    symmetry: float = 0.5,
    kappa: float = 300.0,
    min_rows: int = 720,
) -> tuple[Floats, ShapeState]:
    """Quantiles of standardised returns, each row from the outcomes known at that row.

    Parameters
    ----------
    z : (n, H) return over (i, i + h] / scale forecast at i; NaN unknown. Row i uses z[j, m], j + h
    <= i.
    groups : (n,) or (n, H) small non-negative ints known at row i, -1 = none.
    symmetry : 0 keeps the skew, 1 removes it.
    min_rows : outcomes needed before the first forecast; rows before are NaN.

    Returns
    -------
    (n, H, Q) quantiles of z, non-decreasing along the last axis, and the final state.
    """
    n, count = z.shape
    hours = np.asarray(horizons, dtype=np.int64)
    if groups is None:
        groups = np.full((n, count), -1, dtype=np.int64)
    elif groups.ndim == 1:
        groups = np.repeat(groups[:, None], count, axis=1)
    groups = np.ascontiguousarray(groups, dtype=np.int64)
    state = new_state(
        hours,
        half_lives(hours) if half_life_hours is None else half_life_hours,
        int(max(groups.max(), -1)) + 1,
        kappa,
    )
    out = _walk(
        state,
        np.ascontiguousarray(z, dtype=np.float64),
        groups,
        hours,
        np.asarray(levels, dtype=np.float64),
        symmetry,
        min_rows,
    )
    return out, state


def forecast_shape(state: ShapeState, groups: Ints, levels: Floats) -> Floats:
    """(H, Q) quantiles for one new row from the state: microseconds."""
    out = np.full((len(state.unit), len(levels)), np.nan)
    for m in range(len(state.unit)):
        quantiles(state, m, int(groups[m]), levels, out[m])
    return out
