"""Shape: online discounted quantiles of standardised returns.

The state is one Fenwick (binary indexed) tree [1]_ of weights per horizon and group over fixed
asinh-spaced bins, so that absorbing an outcome and reading a quantile each cost ``O(log bins)``:
the forecast of every hour uses every outcome known at that hour, and one new row costs
microseconds. Old outcomes are forgotten by letting the weight of new ones grow; the shape is
symmetrised by adding ``z`` with weight ``1 - s/2`` and ``-z`` with weight ``s/2``; it is
conditioned by groups, each shrunk to the pooled shape with ``kappa`` pseudo-observations (in the
spirit of [2]_; weighted quantiles as in filtered historical simulation [3]_).

Units: ``z`` is a pure number, return over scale. Missing-value law: a NaN outcome is skipped; a
row whose group is -1 gets the pooled shape.

References
----------
.. [1] Fenwick (1994), "A new data structure for cumulative frequency tables", Software: Practice
   and Experience 24(3), 327-336.
.. [2] Efron & Morris (1975), "Data analysis using Stein's estimator and its generalizations",
   Journal of the American Statistical Association 70, 311-319.
.. [3] Barone-Adesi, Giannopoulos & Vosper (1999), "VaR without correlations for portfolios of
   derivative securities", Journal of Futures Markets 19(5), 583-602.
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats, Ints

BINS: Final = 1024
"""A power of two: the descent through the tree needs it."""
CORE: Final = 0.5
"""Bins are equally wide inside ``|z| < CORE`` and grow in proportion to ``|z|`` outside."""
LIMIT: Final = 60.0
"""Beyond it an outcome falls into the outermost bin."""
_TOP: Final = float(np.arcsinh(LIMIT / CORE))
EDGES: Final[Floats] = CORE * np.sinh(np.linspace(-_TOP, _TOP, BINS + 1))


class ShapeState(NamedTuple):
    """Everything the shape remembers; arrays are updated in place by ``absorb``.

    Attributes
    ----------
    tree : Floats
        Fenwick sums of weights, shape ``(H, G + 1, BINS + 1)``; group ``G`` is the pooled one.
    total : Floats
        Sum of weights, in the same growing unit, shape ``(H, G + 1)``.
    unit : Floats
        Weight of an outcome absorbed now, shape ``(H,)``.
    growth : Floats
        Factor of ``unit`` per hour, shape ``(H,)``.
    known : Floats
        Outcomes absorbed, undiscounted, shape ``(H,)``.
    kappa : Floats
        Pseudo-observations (rows) of the pooled shape in every group, shape ``(H,)``.
    """

    tree: Floats
    total: Floats
    unit: Floats
    growth: Floats
    known: Floats
    kappa: Floats


def new_state(horizons: Ints, half_life_hours: Floats, groups: int, kappa: float) -> ShapeState:
    """Return an empty state.

    ``kappa`` counts independent outcomes; rows overlap, so it is multiplied by the horizon.
    """
    count = len(horizons)
    return ShapeState(
        tree=np.zeros((count, groups + 1, BINS + 1)),
        total=np.zeros((count, groups + 1)),
        unit=np.ones(count),
        growth=0.5 ** (-1.0 / np.asarray(half_life_hours, dtype=np.float64)),
        known=np.zeros(count),
        kappa=kappa * np.asarray(horizons, dtype=np.float64),
    )


def half_lives(horizons: Ints, days_at_one_hour: float = 180.0) -> Floats:
    """Half-life in hours per horizon, growing with the square root of the horizon.

    The square root is the compromise between adapting (the level of ``|z|`` drifts by a per cent
    or two a year) and the number of independent outcomes, which falls as ``1 / h``: 180 days at
    one hour hold 6,200 effective observations, 6.4 years at 168 hours about 480.
    """
    hours: Floats = 24.0 * days_at_one_hour * np.sqrt(np.asarray(horizons, dtype=np.float64))
    return hours


def online_shape(
    z: Floats,
    horizons: Ints,
    levels: Floats,
    groups: Ints | None = None,
    half_life_hours: Floats | None = None,
    symmetry: float = 0.5,
    kappa: float = 300.0,
    min_rows: int = 720,
    carry: Carry | None = None,
    number: int | None = None,
    pooled: Floats | None = None,
) -> tuple[Floats, ShapeState]:
    """Quantiles of standardised returns, each row from the outcomes known at that row.

    Parameters
    ----------
    z : Floats
        Return over ``(i, i + h]`` over the scale forecast at ``i``, shape ``(n, H)``; NaN
        unknown. Row ``i`` reads rows ``j`` with ``j + h <= i``.
    horizons : Ints
        Hours ahead, shape ``(H,)``.
    levels : Floats
        Probabilities, shape ``(Q,)``.
    groups : Ints or None
        Small numbers known at the row, -1 for none, shape ``(n,)`` or ``(n, H)``.
    half_life_hours : Floats or None
        Shape ``(H,)``; ``half_lives(horizons)`` when None.
    symmetry : float
        0 keeps the skew, 1 removes it.
    kappa : float
        Independent outcomes at which a group's own shape weighs as much as the pooled one.
    min_rows : int
        Outcomes needed, beyond the horizon, before the first forecast.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.
    number : int or None
        Groups there are; those that occur when None.
    pooled : Floats or None
        Written: the same quantiles of all groups together, shape ``(n, H, Q)``.

    Returns
    -------
    quantiles : Floats
        Of ``z``, shape ``(n, H, Q)``, non-decreasing along the last axis; NaN before the first
        forecast. Exact to the width of a bin.
    state : ShapeState
        After the last row.
    """
    n, count = z.shape
    hours = np.asarray(horizons, dtype=np.int64)
    if groups is None:
        groups = np.full((n, count), -1, dtype=np.int64)
    elif groups.ndim == 1:
        groups = np.repeat(groups[:, None], count, axis=1)
    groups = np.ascontiguousarray(groups, dtype=np.int64)
    lives = half_lives(hours) if half_life_hours is None else half_life_hours
    carry = Carry() if carry is None else carry
    slots = int(max(groups.max(), -1)) + 1 if number is None else number
    state = carry.state("shape", lambda: new_state(hours, lives, slots, kappa))
    found = _walk(
        state,
        np.ascontiguousarray(z, dtype=np.float64),
        groups,
        hours,
        np.asarray(levels, dtype=np.float64),
        symmetry,
        min_rows,
        carry.start,
        np.zeros((0, count, len(levels))) if pooled is None else pooled,
    )
    return found, state


@njit(cache=True)
def absorb(state: ShapeState, k: int, z: float, group: int, symmetry: float) -> None:
    """Add one outcome ``z`` of horizon number ``k``; NaN is skipped."""
    if not np.isfinite(z):
        return
    pooled = state.total.shape[1] - 1
    state.known[k] += 1.0
    for side in range(2):
        value = z if side == 0 else -z
        weight = state.unit[k] * (1.0 - 0.5 * symmetry if side == 0 else 0.5 * symmetry)
        if weight > 0.0:
            _add(state.tree[k, pooled], value, weight)
            if group >= 0:
                _add(state.tree[k, group], value, weight)
    state.total[k, pooled] += state.unit[k]
    if group >= 0:
        state.total[k, group] += state.unit[k]


@njit(cache=True)
def tick(state: ShapeState, k: int) -> None:
    """One hour passes: older outcomes weigh less. Rescales before the unit can overflow."""
    state.unit[k] *= state.growth[k]
    if state.unit[k] > 1e100:
        state.tree[k] /= state.unit[k]
        state.total[k] /= state.unit[k]
        state.unit[k] = 1.0


@njit(cache=True)
def quantiles(state: ShapeState, k: int, group: int, levels: Floats, found: Floats) -> None:
    """Write the quantiles of horizon number ``k`` in ``group`` (-1: pooled) into ``found``."""
    pooled = state.total.shape[1] - 1
    own_factor = 1.0 / state.unit[k] if group >= 0 else 0.0
    slot = group if group >= 0 else pooled
    pooled_factor = state.kappa[k] / state.total[k, pooled]
    mass = own_factor * state.total[k, slot] + state.kappa[k]
    own, common = state.tree[k, slot], state.tree[k, pooled]
    for q in range(len(levels)):
        found[q] = _quantile(own, common, own_factor, pooled_factor, levels[q] * mass)


@njit(cache=True)
def _add(tree: Floats, value: float, weight: float) -> None:
    position = int((np.arcsinh(value / CORE) + _TOP) / (2.0 * _TOP) * BINS)
    node = min(max(position, 0), BINS - 1) + 1
    while node <= BINS:
        tree[node] += weight
        node += node & (-node)


@njit(cache=True)
def _quantile(
    own: Floats, pooled: Floats, own_factor: float, pooled_factor: float, target: float
) -> float:
    """Value at cumulative weight ``target`` of the sum of two trees, linear inside the bin."""
    position = 0
    below = 0.0
    step = BINS
    while step > 0:
        node = position + step
        if node <= BINS:
            reach = below + own_factor * own[node] + pooled_factor * pooled[node]
            if reach < target:
                position = node
                below = reach
        step >>= 1
    position = min(position, BINS - 1)
    upto = 0.0
    node = position + 1
    while node > 0:
        upto += own_factor * own[node] + pooled_factor * pooled[node]
        node -= node & (-node)
    inside = upto - below
    share = min(max((target - below) / inside, 0.0), 1.0) if inside > 0.0 else 0.5
    left = float(EDGES[position])
    return left + share * (float(EDGES[position + 1]) - left)


@njit(cache=True)
def _walk(
    state: ShapeState,
    z: Floats,
    groups: Ints,
    horizons: Ints,
    levels: Floats,
    symmetry: float,
    min_rows: int,
    start: int,
    pooled: Floats,
) -> Floats:
    """Rows from ``start`` on; ``pooled`` is written where it has rows."""
    rows, count = z.shape
    found = np.full((rows, count, len(levels)), np.nan)
    for k in range(count):
        h = horizons[k]
        for i in range(start, rows):
            tick(state, k)
            if i >= h:
                absorb(state, k, z[i - h, k], groups[i - h, k], symmetry)
            if state.known[k] >= min_rows + h:
                quantiles(state, k, groups[i, k], levels, found[i, k])
                if pooled.shape[0] > 0:
                    quantiles(state, k, -1, levels, pooled[i, k])
    return found
