"""Adaptive conformal calibration: online tracking of quantiles with delayed feedback.

Every quantile is moved by ``scale * (theta + spread[cell])``. ``theta`` follows the pinball
gradient of what became known, ``theta += gain * (level - hit)`` [1]_ [2]_, the gain falling with
the horizon because overlapping outcomes carry ``1 / h`` of the information. ``spread`` does the
same for cells known at the origin (session, volatility regime), antisymmetric in the level, so
that a cell can be widened or narrowed but not shifted [3]_.

Missing-value law: a NaN outcome or forecast gives no feedback; a NaN forecast stays NaN. Row ``i``
reads outcomes of rows ``j`` with ``j + h <= i`` only.

References
----------
.. [1] Gibbs & Candes (2021), "Adaptive conformal inference under distribution shift", NeurIPS.
.. [2] Angelopoulos, Candes & Tibshirani (2023), "Conformal PID control for time series
   prediction", NeurIPS (quantile tracking).
.. [3] Bastani et al. (2022), "Practical adversarial multivalid conformal prediction", NeurIPS.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats, Ints


class ConformalState(NamedTuple):
    """Corrections in units of the scale; arrays are updated in place.

    Attributes
    ----------
    theta : Floats
        Of each level, shape ``(H, Q)``.
    spread : Floats
        Of each level in each cell, shape ``(H, C, Q)``.
    gain, cell_gain : Floats
        Steps of the two, shape ``(H,)``.
    """

    theta: Floats
    spread: Floats
    gain: Floats
    cell_gain: Floats


def new_state(
    horizons: Ints, levels: int, cells: int, gain: float, cell_gain: float, power: float
) -> ConformalState:
    """No correction yet; gains fall as ``horizon ** -power``."""
    hours = np.asarray(horizons, dtype=np.float64)
    return ConformalState(
        theta=np.zeros((len(hours), levels)),
        spread=np.zeros((len(hours), max(cells, 1), levels)),
        gain=gain * hours**-power,
        cell_gain=cell_gain * hours**-power,
    )


def online_conformal(
    forecast: Floats,
    scale: Floats,
    outcome: Floats,
    horizons: Ints,
    levels: Floats,
    cells: Ints | None = None,
    gain: float = 0.001,
    cell_gain: float = 0.0005,
    power: float = 0.8,
    carry: Carry | None = None,
    number: int | None = None,
    parts: Floats | None = None,
) -> tuple[Floats, ConformalState]:
    """Quantiles corrected until each has covered as often as its level says.

    Parameters
    ----------
    forecast : Floats
        Quantiles of the log return, shape ``(n, H, Q)``.
    scale : Floats
        Log-return scale at the origin, the unit of corrections, shape ``(n, H)``.
    outcome : Floats
        Log returns, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : Ints
        Hours ahead, shape ``(H,)``.
    levels : Floats
        Probabilities, ascending and symmetric about a half, shape ``(Q,)``.
    cells : Ints or None
        Indices of the cells a row belongs to, shape ``(n, K)``; different ``K`` use different
        numbers, -1 is none.
    gain, cell_gain : float
        Steps at one hour, per level and per cell, in units of the scale.
    power : float
        How steps fall with the horizon.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.
    number : int or None
        Cells there are; those that occur when None.
    parts : Floats or None
        Written: what was added for the level, then for each of the ``K`` cells, before sorting,
        shape ``(n, H, 1 + K, Q)``.

    Returns
    -------
    corrected : Floats
        Shape ``(n, H, Q)``, sorted along the last axis.
    state : ConformalState
        After the last row.
    """
    hours = np.asarray(horizons, dtype=np.int64)
    table = (
        np.full((len(forecast), 1), -1, dtype=np.int64)
        if cells is None
        else np.ascontiguousarray(cells, dtype=np.int64)
    )
    carry = Carry() if carry is None else carry
    slots = int(table.max()) + 1 if number is None else number
    state = carry.state(
        "tracking", lambda: new_state(hours, len(levels), slots, gain, cell_gain, power)
    )
    corrected = carry.unwritten("corrected", forecast.shape)
    _walk(
        state,
        np.ascontiguousarray(forecast),
        np.ascontiguousarray(scale),
        np.ascontiguousarray(outcome),
        table,
        hours,
        np.asarray(levels, dtype=np.float64),
        carry.start,
        corrected,
        np.zeros((0, len(hours), 1, len(levels))) if parts is None else parts,
    )
    return carry.with_past("corrected", corrected[carry.start :]), state


@njit(cache=True)
def correct(
    state: ConformalState, k: int, forecast: Floats, scale: float, cells: Ints, corrected: Floats
) -> None:
    """Write corrected quantiles ``(Q,)`` of horizon number ``k`` into ``corrected``."""
    for q in range(len(forecast)):
        shift = state.theta[k, q]
        for c in cells:
            if c >= 0:
                shift += state.spread[k, c, q]
        corrected[q] = forecast[q] + scale * shift
    if np.isfinite(corrected.sum()):
        corrected.sort()


@njit(cache=True)
def absorb(
    state: ConformalState, k: int, outcome: float, issued: Floats, cells: Ints, levels: Floats
) -> None:
    """Learn from one outcome and the quantiles ``(Q,)`` issued for it."""
    if not np.isfinite(outcome + issued.sum()):
        return
    number = len(levels)
    for q in range(number):
        error = levels[q] - (1.0 if outcome <= issued[q] else 0.0)
        state.theta[k, q] += state.gain[k] * error
        mirror = levels[number - 1 - q] - (1.0 if outcome <= issued[number - 1 - q] else 0.0)
        for c in cells:
            if c >= 0:
                state.spread[k, c, q] += state.cell_gain[k] * 0.5 * (error - mirror)


@njit(cache=True)
def _walk(
    state: ConformalState,
    forecast: Floats,
    scale: Floats,
    outcome: Floats,
    cells: Ints,
    horizons: Ints,
    levels: Floats,
    start: int,
    corrected: Floats,
    parts: Floats,
) -> None:
    """Rows from ``start`` on; ``corrected`` is written, and ``parts`` where it has rows."""
    rows, count = outcome.shape
    for k in range(count):
        for i in range(start, rows):
            j = i - horizons[k]
            if j >= 0:
                absorb(state, k, outcome[j, k], corrected[j, k], cells[j], levels)
            correct(state, k, forecast[i, k], scale[i, k], cells[i], corrected[i, k])
            if parts.shape[0] > 0:
                _tell(state, k, scale[i, k], cells[i], parts[i, k])


@njit(cache=True)
def _tell(state: ConformalState, k: int, scale: float, cells: Ints, parts: Floats) -> None:
    """Write what is added for the level, and for each cell."""
    for q in range(parts.shape[1]):
        parts[0, q] = scale * state.theta[k, q]
        for a in range(len(cells)):
            parts[1 + a, q] = scale * state.spread[k, cells[a], q] if cells[a] >= 0 else 0.0
