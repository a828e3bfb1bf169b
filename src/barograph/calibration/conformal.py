"""Adaptive conformal calibration: online tracking of quantiles with delayed feedback.

Every quantile is moved by ``scale * (theta_q + spread_q[cell])``. ``theta`` follows the pinball
gradient of what became known, ``theta += gain * (level - hit)`` (Gibbs & Candes 2021 adaptive
conformal inference; Angelopoulos, Candes & Tibshirani 2023, quantile tracking), the gain falling
with the horizon because overlapping outcomes carry 1/h of the information. ``spread`` does the same
for cells known at the origin (session, volatility regime), antisymmetric in the level, so that a
cell can be widened or narrowed but not shifted (multivalid calibration, Bastani et al. 2022).

Units: ``theta`` in multiples of the scale; NaN outcome or forecast: no feedback; row i uses
r[j, m] with j + h <= i only. Output is sorted, so quantiles never cross.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints


class ConformalState(NamedTuple):
    """Corrections in units of the scale; updated in place."""

    theta: Floats  # (H, Q)
    spread: Floats  # (H, C, Q)
    gain: Floats  # (H,)
    cell_gain: Floats  # (H,)


def new_state(
    horizons: Ints, levels: int, cells: int, gain: float, cell_gain: float, power: float
) -> ConformalState:
    """No correction yet; gains fall as horizon ** -power."""
    hours = np.asarray(horizons, dtype=np.float64)
    return ConformalState(
        np.zeros((len(hours), levels)),
        np.zeros((len(hours), max(cells, 1), levels)),
        gain * hours**-power,
        cell_gain * hours**-power,
    )


@njit(cache=True)
def correct(
    state: ConformalState, m: int, f: Floats, scale: float, cells: Ints, out: Floats
) -> None:
    """Write corrected (Q,) quantiles into ``out``; ``cells`` (K,) indices, -1 = none."""
    for q in range(len(f)):
        shift = state.theta[m, q]
        for c in cells:
            if c >= 0:
                shift += state.spread[m, c, q]
        out[q] = f[q] + scale * shift
    if np.isfinite(out.sum()):
        out.sort()


@njit(cache=True)
def absorb(
    state: ConformalState, m: int, outcome: float, issued: Floats, cells: Ints, levels: Floats
) -> None:
    """Learn from one outcome and the (Q,) quantiles issued for it."""
    if not np.isfinite(outcome + issued.sum()):
        return
    number = len(levels)
    for q in range(number):
        error = levels[q] - (1.0 if outcome <= issued[q] else 0.0)
        state.theta[m, q] += state.gain[m] * error
        mirror = levels[number - 1 - q] - (1.0 if outcome <= issued[number - 1 - q] else 0.0)
        for c in cells:
            if c >= 0:
                state.spread[m, c, q] += state.cell_gain[m] * 0.5 * (error - mirror)


@njit(cache=True)
def _walk(
    state: ConformalState,
    f: Floats,
    scale: Floats,
    r: Floats,
    cells: Ints,
    horizons: Ints,
    levels: Floats,
) -> Floats:
    n, count, number = f.shape
    out = np.full((n, count, number), np.nan)
    for m in range(count):
        h = horizons[m]
        for i in range(n):
            if i >= h:
                absorb(state, m, r[i - h, m], out[i - h, m], cells[i - h], levels)
            correct(state, m, f[i, m], scale[i, m], cells[i], out[i, m])
    return out


def online_conformal(
    f: Floats,
    scale: Floats,
    r: Floats,
    horizons: Ints,
    levels: Floats,
    cells: Ints | None = None,
    gain: float = 0.001,
    cell_gain: float = 0.0005,
    power: float = 0.8,
) -> tuple[Floats, ConformalState]:
    """Calibrated quantiles (n, H, Q) of ``f`` (n, H, Q) and the final state.

    ``scale`` (n, H) is the log-return scale at the origin; ``cells`` (n, K) indices of the K cells
    a row belongs to (all different numbers), -1 = none; ``levels`` symmetric.
    """
    hours = np.asarray(horizons, dtype=np.int64)
    table = (
        np.full((len(f), 1), -1, dtype=np.int64)
        if cells is None
        else np.ascontiguousarray(cells, dtype=np.int64)
    )
    state = new_state(hours, len(levels), int(table.max()) + 1, gain, cell_gain, power)
    out = _walk(
        state,
        np.ascontiguousarray(f),
        np.ascontiguousarray(scale),
        np.ascontiguousarray(r),
        table,
        hours,
        np.asarray(levels, dtype=np.float64),
    )
    return out, state
