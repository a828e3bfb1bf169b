"""Regressors of the log-variance recursions, from bars alone.

Why these: ranges over many windows are the long memory of volatility [1]_; the seasonal carries
the day and the week; volume adds what the range misses; displacement of the price from its own
averages is path-dependent volatility [2]_ [3]_, the largest gain of all after the seasonal.
Everything is relative to the asset's own past: one ten times as volatile gives the same numbers.

References
----------
.. [1] Corsi (2009), "A simple approximate long-memory model of realized volatility", Journal of
   Financial Econometrics 7(2), 174-196.
.. [2] Zumbach (2010), "Volatility conditional on price trends", Quantitative Finance 10(4).
.. [3] Guyon & Lekeufack (2023), "Volatility is (mostly) path-dependent", Quantitative Finance
   23(9), 1221-1258.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.filters import exponential_mean, trailing_mean
from barograph.calibration.seasonal import (
    WEEK,
    hour_of_week,
    hour_of_week_seasonal,
    seasonal_ahead,
)
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints

MEAN_WINDOWS: Final = (1, 6, 24, 72, 168, 720)
LOG_WINDOWS: Final = (4, 24, 168, 720)
VOLUME_WINDOWS: Final = (1, 4, 24, 168)
FAST: Final = (2.0, 6.0, 18.0, 54.0)
SLOW: Final = (54.0, 162.0, 486.0)
SEASON_HALF_LIFE: Final = 20.0
SEASON_SHRINK: Final = 4.0
UNIT_BARS: Final = 720
COVERAGE: Final = 0.5
"""Share of a window's bars that must be there."""


@dataclass(frozen=True, slots=True)
class Design:
    """What a recursion is fitted on.

    Attributes
    ----------
    common : Floats
        Regressors shared by all horizons, the first a column of ones, shape ``(n, k)``; a row
        with a NaN is neither learnt from nor forecast.
    ahead : Floats
        Log of the mean seasonal factor of the hours ahead, shape ``(n, H, 1)``.
    level : Floats
        Log of the variance unit; regressors and targets are logs relative to it, shape ``(n,)``.
    """

    common: Floats
    ahead: Floats
    level: Floats

    def outcomes(self, panel: Panel) -> Floats:
        """Log of the realised variance per hour relative to the unit, shape ``(n, H)``."""
        hours = np.array(panel.horizons, dtype=float)
        relative: Floats = np.log(panel.target_variance / hours) - self.level[:, None]
        return relative

    def integrated(self, panel: Panel, log_rate: Floats) -> Floats:
        """Turn a log variance per hour relative to the unit into variance over the horizon."""
        hours = np.array(panel.horizons, dtype=float)
        variance: Floats = np.exp(log_rate + self.level[:, None]) * hours
        return variance


def unit_level(variance: Floats) -> Floats:
    """Log of the mean variance of the first 720 bars, a unit in which no asset is special.

    Parameters
    ----------
    variance : Floats
        Hourly, shape ``(n,)``.

    Returns
    -------
    level : Floats
        Shape ``(n,)``: NaN until 720 bars are known, one constant from then on.
    """
    seen = np.flatnonzero(np.isfinite(variance))
    level = np.full(len(variance), np.nan)
    if len(seen) >= UNIT_BARS:
        level[seen[UNIT_BARS - 1] :] = np.log(variance[seen[:UNIT_BARS]].mean())
    return level


def plain_design(panel: Panel, windows: tuple[int, ...]) -> Design:
    """Logs of mean variance over a few windows: the log-HAR of the textbook, no season."""
    level = unit_level(panel.variance)
    means = [np.log(trailing_mean(panel.variance, w, COVERAGE)) - level for w in windows]
    common = np.column_stack([np.ones(len(panel)), *means])
    return Design(common, np.zeros((len(panel), len(panel.horizons), 0)), level)


def rich_design(panel: Panel) -> Design:
    """All regressors; row ``i`` reads bars up to ``i`` only."""
    level = unit_level(panel.variance)
    place = hour_of_week(panel.hours)
    current, table = hour_of_week_seasonal(
        np.log(panel.variance), place, SEASON_HALF_LIFE, SEASON_SHRINK
    )
    flat = panel.variance / np.exp(current)
    columns = [np.ones(len(panel))]
    columns += [np.log(trailing_mean(flat, w, COVERAGE)) - level for w in MEAN_WINDOWS]
    columns += [trailing_mean(np.log(flat), w, COVERAGE) - level for w in LOG_WINDOWS]
    columns += relative_volume(panel.volume, place)
    columns += price_path(panel, level)
    ahead = seasonal_ahead(table, place, np.array(panel.horizons))
    return Design(np.column_stack(columns), ahead[:, :, None], level)


def relative_volume(volume: Floats, place: Ints) -> list[Floats]:
    """Log of deseasonalised volume over each window against 720 hours, in -3 ... 3; 0 unknown."""
    positive = np.where(volume > 0, volume, np.nan)
    current, _ = hour_of_week_seasonal(np.log(positive), place, SEASON_HALF_LIFE, SEASON_SHRINK)
    flat = positive / np.exp(current)
    base = trailing_mean(flat, 720, COVERAGE)
    logs = [np.log(trailing_mean(flat, window, COVERAGE) / base) for window in VOLUME_WINDOWS]
    return [np.where(np.isfinite(log), np.clip(log, -3.0, 3.0), 0.0) for log in logs]


def price_path(panel: Panel, level: Floats) -> list[Floats]:
    """Last move by sign, and displacement of the price from its exponential means."""
    price = np.log(panel.close)
    week = np.sqrt(trailing_mean(panel.variance, WEEK, COVERAGE))
    move = np.clip((price - np.log(panel.open)) / week, -6.0, 6.0)
    columns = [np.minimum(move, 0.0), np.maximum(move, 0.0)]
    columns += [np.sqrt(np.abs(displacement(price, span, week))) for span in FAST]
    for span in SLOW:
        away = displacement(price, span, np.exp(0.5 * level))
        columns += [np.abs(away), away]
    return columns


def displacement(price: Floats, half_life: float, sigma: Floats) -> Floats:
    """Distance of a log price from its exponential mean, in units of ``sigma sqrt(half_life)``.

    Shape ``(n,)``, clipped to -10 ... 10; 0 where unknown.
    """
    away = (price - exponential_mean(price, half_life, adjust=False)) / (sigma * np.sqrt(half_life))
    return np.where(np.isfinite(away), np.clip(away, -10.0, 10.0), 0.0)
