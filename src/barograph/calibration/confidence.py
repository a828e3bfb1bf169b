"""How much a forecast deserves to be trusted, in three words with a written definition (R-C4).

``high``
    The 68 % interval is no wider than its median of the last year, and the share of 68 % intervals
    matured in the last 90 days that held is within 5 points of 68 % or, where so few outcomes
    are independent that this says nothing, within two standard errors.
``low``
    The interval is wider than four in five of the last year, or the share that held was off by
    more than twice as much as ``high`` allows.
``medium``
    Everything else, and wherever there is too little history to say.

One step lower in the 24 hours from a bar that moved more than five times the half width of the
68 % interval that the one-hour forecast had given it (R-A6).

Beyond a day the width looked at is the day's: a week's interval is held near its slow mean, and
how uncertain the market is shows at a day. Overlapping outcomes of ``h`` hours count as one in
``h`` in the standard error, so that at a week the record hardly ever speaks: 90 days hold only
thirteen weeks. Every part is known at the origin.

That forecasts graded higher have lower interval scores is measured in the documents.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.matured import matured_mean, matured_quantiles
from barograph.core.types import Bools, Floats, Ints

NAMES: Final = ("low", "medium", "high")
NOMINAL: Final = 0.682
DAY: Final = 24
WIDTH_WINDOW: Final = 365 * DAY
WIDTH_LEVELS: Final = (0.5, 0.8)
RECORD_WINDOW: Final = 90 * DAY
RECORD_GAP: Final = 0.05
STANDARD_ERRORS: Final = 2.0
SHOCK_SIZE: Final = 5.0
SHOCK_HOURS: Final = DAY


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a grade is made of; NaN where there is too little history.

    Attributes
    ----------
    width, median, wide : Floats
        Width of the interval looked at, its median and its 80 % quantile of the last year, log
        return, shape ``(n, H)`` each.
    held : Floats
        Share of the 68 % intervals matured in the last 90 days that held, shape ``(n, H)``.
    allowed : Floats
        Largest gap to nominal of a good record, shape ``(H,)``.
    shocked : Bools
        Whether a bar of the last day was a shock, shape ``(n,)``.
    hours : Ints
        Horizon of the interval looked at, shape ``(H,)``.
    """

    width: Floats
    median: Floats
    wide: Floats
    held: Floats
    allowed: Floats
    shocked: Bools
    hours: Ints

    @property
    def grade(self) -> Ints:
        """Index into ``NAMES``, shape ``(n, H)``."""
        off = np.abs(self.held - NOMINAL)
        grade = np.ones(self.width.shape, dtype=np.int64)
        grade[(self.width <= self.median) & (off <= self.allowed)] = 2
        grade[(self.width > self.wide) | (off > 2.0 * self.allowed)] = 0
        lowered: Ints = np.where(self.shocked[:, None], np.maximum(grade - 1, 0), grade)
        return lowered

    def reason(self, row: int, place: int) -> str:
        """What decided the grade of a row at a horizon, in words with their numbers."""
        width, median = self.width[row, place], self.median[row, place]
        held = self.held[row, place]
        parts = []
        if np.isfinite(width) and np.isfinite(median) and median > 0.0:
            ratio = 100.0 * (width / median - 1.0)
            side = "wider" if ratio > 0.0 else "narrower"
            usual = ", wider than four in five" if width > self.wide[row, place] else ""
            parts.append(
                f"{self.hours[place]} h interval {abs(ratio):.0f} % {side} than its median of "
                f"a year{usual}"
            )
        if np.isfinite(held):
            parts.append(
                f"{100.0 * held:.0f} % of the last 90 days' 68 % intervals held "
                f"(up to {100.0 * self.allowed[place]:.0f} points off counts as good)"
            )
        if self.shocked[row]:
            parts.append(f"a bar beyond {SHOCK_SIZE:.0f}σ within a day")
        return "; ".join(parts) or "too little history to say"


def confidence(
    lower: Floats, upper: Floats, target_return: Floats, horizons: tuple[int, ...]
) -> Ints:
    """Grade every forecast.

    Parameters
    ----------
    lower, upper : Floats
        Ends of the 68 % interval, log return, shape ``(n, H)``; NaN where there is no forecast.
    target_return : Floats
        Outcomes, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : tuple of int
        Hours ahead.

    Returns
    -------
    grade : Ints
        Index into ``NAMES``, shape ``(n, H)``.
    """
    return evidence(lower, upper, target_return, horizons).grade


def evidence(
    lower: Floats, upper: Floats, target_return: Floats, horizons: tuple[int, ...]
) -> Evidence:
    """Collect what grades are made of; parameters as for ``confidence``."""
    width = upper - lower
    looked_at = width_columns(horizons)
    columns, back = np.unique(looked_at, return_inverse=True)
    usual = matured_quantiles(
        width[:, columns],
        (0,) * len(columns),
        np.array(WIDTH_LEVELS),
        WIDTH_WINDOW,
        WIDTH_WINDOW // 4,
    )[:, back]
    inside = np.where(
        np.isfinite(target_return) & np.isfinite(width),
        (target_return >= lower) & (target_return <= upper),
        np.nan,
    )
    error = np.sqrt(NOMINAL * (1.0 - NOMINAL) * np.array(horizons) / RECORD_WINDOW)
    return Evidence(
        width=width[:, looked_at],
        median=usual[:, :, 0],
        wide=usual[:, :, 1],
        held=matured_mean(inside, horizons, RECORD_WINDOW, RECORD_WINDOW // 3),
        allowed=np.maximum(RECORD_GAP, STANDARD_ERRORS * error),
        shocked=shocks(width, target_return, horizons),
        hours=np.array(horizons)[looked_at],
    )


def latest(
    lower: Floats, upper: Floats, target_return: Floats, horizons: tuple[int, ...]
) -> tuple[Ints, tuple[str, ...]]:
    """Grade the last row alone, and say why, reading no further back than it must.

    Parameters
    ----------
    lower, upper, target_return, horizons
        As for ``confidence``; the last ``lookback(horizons)`` rows of a longer history suffice.

    Returns
    -------
    grade : Ints
        The last row of ``confidence`` over the whole history, exactly, shape ``(H,)``.
    reasons : tuple of str
        One for each horizon.
    """
    rows = slice(-lookback(horizons), None)
    found = evidence(lower[rows], upper[rows], target_return[rows], horizons)
    return found.grade[-1], tuple(found.reason(-1, k) for k in range(len(horizons)))


def lookback(horizons: tuple[int, ...]) -> int:
    """Rows, the last included, that the grade of the last one is made of."""
    return max(WIDTH_WINDOW, RECORD_WINDOW + max(horizons), SHOCK_HOURS + 1) + 1


def width_columns(horizons: tuple[int, ...]) -> Ints:
    """Place of the horizon whose width speaks for each: its own up to a day, the day's beyond."""
    hours = np.array(horizons)
    within = np.flatnonzero(hours <= DAY)
    own = np.arange(len(hours))
    if not len(within):
        return own
    day = within[np.argmax(hours[within])]
    spoken_for: Ints = np.where(hours <= DAY, own, day)
    return spoken_for


def shocks(width: Floats, target_return: Floats, horizons: tuple[int, ...]) -> Bools:
    """Whether any of the last 24 bars was a shock, shape ``(n,)``; never without a 1 h horizon."""
    count = len(width)
    if 1 not in horizons or not count:
        return np.zeros(count, dtype=bool)
    hour = horizons.index(1)
    limit = SHOCK_SIZE * width[:-1, hour] / 2.0
    beyond = np.concatenate(([False], np.abs(target_return[:-1, hour]) > limit))
    total = np.concatenate(([0], np.cumsum(beyond)))
    stop = np.arange(1, count + 1)
    recent: Bools = total[stop] > total[np.maximum(stop - SHOCK_HOURS, 0)]
    return recent
