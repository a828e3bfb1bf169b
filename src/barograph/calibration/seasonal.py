"""The hour-of-week pattern of a logarithm, learnt online."""

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.calibration.filters import trailing_mean
from barograph.core.types import Floats, Ints

WEEK: Final = 168
DAY: Final = 24


def hour_of_week(hours: Ints) -> Ints:
    """Hour of the week of the bars that end at ``hours``: 0 is Monday 00:00 to 01:00 UTC.

    ``hours`` counts from 1970-01-01 00:00, a Thursday; the bar opened one hour before.
    """
    return (hours - 1 + 3 * DAY) % WEEK


class SeasonState(NamedTuple):
    """The pattern so far; arrays are updated in place.

    Attributes
    ----------
    num, den : Floats
        Discounted sums of residuals and of weights by hour of the week, shape ``(168,)``.
    day_num, day_den : Floats
        The same by hour of the day, shape ``(24,)``.
    cell : Floats
        The pattern, shape ``(168,)``.
    """

    num: Floats
    den: Floats
    day_num: Floats
    day_den: Floats
    cell: Floats


def new_state() -> SeasonState:
    """No pattern yet."""
    return SeasonState(*(np.zeros(size) for size in (WEEK, WEEK, DAY, DAY, WEEK)))


def hour_of_week_seasonal(
    log_value: Floats,
    hour_of_week: Ints,
    half_life: float,
    shrink: float,
    carry: Carry | None = None,
) -> tuple[Floats, Floats]:
    """Online hour-of-week pattern of a logarithm, shrunk to the hour of day.

    The residual of each hour is its log less the mean of the last 168 (so a slow trend drops out
    and no hour of the week is favoured). Each of the 168 cells is an exponentially weighted mean
    of its own residuals; ``shrink`` pseudo-weeks of the hour-of-day mean (same half-life in time,
    all weekdays) are mixed in.

    Parameters
    ----------
    log_value : Floats
        Shape ``(n,)``; NaN on missing rows, which change nothing.
    hour_of_week : Ints
        0 to 167, Monday 00:00 UTC = 0, of the hour that the row describes, shape ``(n,)``.
    half_life, shrink : float
        Weeks.
    carry : Carry or None
        Go on where the rows before these stopped; None starts anew.

    Returns
    -------
    current : Floats
        Seasonal of the row's own hour as it was known before the row, shape ``(n,)``.
    table : Floats
        Pattern known after the row (zeros in the first week), shape ``(n, 168)``.
    """
    carry = Carry() if carry is None else carry
    level = trailing_mean(log_value, WEEK, 0.6, carry.part("level"))
    state: SeasonState = carry.state("pattern", new_state)
    keep = 0.5 ** (1.0 / half_life)
    young = max(WEEK - carry.passed, 0)
    residual = np.ascontiguousarray(log_value - level)
    current, table = np.zeros(len(residual)), np.zeros((len(residual), WEEK))
    _walk(state, residual, np.ascontiguousarray(hour_of_week), keep, shrink, young, current, table)
    return current, table


@njit(cache=True)
def _walk(  # noqa: PLR0913, PLR0917 - numba knows no dataclasses
    state: SeasonState,
    residual: Floats,
    place: Ints,
    keep: float,
    shrink: float,
    young: int,
    current: Floats,
    table: Floats,
) -> None:
    """Every row; the first ``young`` ones teach nothing. The last two arrays are written."""
    keep_day = keep ** (1.0 / 7.0)
    for i in range(len(residual)):
        k = place[i]
        current[i] = state.cell[k]
        if i >= young and np.isfinite(residual[i]):
            d = k % DAY
            state.num[k] = keep * state.num[k] + residual[i]
            state.den[k] = keep * state.den[k] + 1.0
            state.day_num[d] = keep_day * state.day_num[d] + residual[i]
            state.day_den[d] = keep_day * state.day_den[d] + 1.0
            prior = state.day_num[d] / state.day_den[d]
            for b in range(7):
                c = d + DAY * b
                state.cell[c] = (state.num[c] + shrink * prior) / (state.den[c] + shrink)
        table[i] = state.cell


@njit(cache=True)
def seasonal_ahead(table: Floats, hour_of_week: Ints, horizons: Ints) -> Floats:
    """Log of the mean seasonal factor of the hours i+1..i+h, with the pattern known at row i.

    table: (n, 168), hour_of_week: (n,), horizons: (H,) increasing -> (n, H), finite everywhere.
    """
    n = table.shape[0]
    n_h = len(horizons)
    out = np.zeros((n, n_h))
    for i in range(n):
        factor = np.exp(table[i])
        total = 0.0
        done = 0
        for m in range(n_h):
            while done < horizons[m]:
                done += 1
                total += factor[(hour_of_week[i] + done) % WEEK]
            out[i, m] = np.log(total / horizons[m])
    return out
