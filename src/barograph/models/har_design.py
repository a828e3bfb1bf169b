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

from barograph.calibration.carry import Carry, exp, log
from barograph.calibration.filters import exponential_mean, trailing_mean
from barograph.calibration.seasonal import (
    DAY,
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
GROUPS: Final[dict[str, str]] = {
    "constant": "base",
    **{
        f"variance_{w}h": "recent_volatility" if w <= DAY else "long_volatility"
        for w in MEAN_WINDOWS
    },
    **{
        f"log_variance_{w}h": "recent_volatility" if w <= DAY else "long_volatility"
        for w in LOG_WINDOWS
    },
    **{f"volume_{w}h": "volume" for w in VOLUME_WINDOWS},
    "last_fall": "trend",
    "last_rise": "trend",
    **{f"displacement_root_{span:g}h": "trend" for span in FAST},
    **{f"displacement_{kind}_{span:g}h": "trend" for span in SLOW for kind in ("size", "signed")},
    "season_ahead": "seasonality",
}
"""Regressors of the rich design in their order, and what each is about in one word."""


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
    names : tuple of str
        Of the regressors, those ahead last.
    season : Floats
        Log factor of variance by hour of the week as known after the last row, ``(168,)``; zeros
        where the design has no season.
    """

    common: Floats
    ahead: Floats
    level: Floats
    names: tuple[str, ...]
    season: Floats

    def outcomes(self, panel: Panel) -> Floats:
        """Log of the realised variance per hour relative to the unit, shape ``(n, H)``."""
        hours = np.array(panel.horizons, dtype=float)
        relative: Floats = log(panel.target_variance / hours) - self.level[:, None]
        return relative

    def integrated(self, panel: Panel, log_rate: Floats) -> Floats:
        """Turn a log variance per hour relative to the unit into variance over the horizon."""
        hours = np.array(panel.horizons, dtype=float)
        variance: Floats = exp(log_rate + self.level[:, None]) * hours
        return variance


def unit_level(variance: Floats, carry: Carry | None = None) -> Floats:
    """Log of the mean variance of the first 720 bars, a unit in which no asset is special.

    Parameters
    ----------
    variance : Floats
        Hourly, shape ``(n,)``.
    carry : Carry or None
        Go on where the rows before these stopped; None starts anew.

    Returns
    -------
    level : Floats
        Shape ``(n,)``: NaN until 720 bars are known, one constant from then on.
    """
    carry = Carry() if carry is None else carry
    known: Floats = carry.last("unit", np.zeros(0))
    seen = np.flatnonzero(np.isfinite(variance))[: UNIT_BARS - len(known)]
    known = np.concatenate((known, variance[seen]))
    level = np.full(len(variance), np.nan)
    if len(known) == UNIT_BARS:
        level[seen[-1] if len(seen) else 0 :] = np.log(known.mean())
    carry.keep("unit", known)
    return level


def plain_design(panel: Panel, windows: tuple[int, ...], carry: Carry | None = None) -> Design:
    """Logs of mean variance over a few windows: the log-HAR of the textbook, no season."""
    carry = Carry() if carry is None else carry
    variance = panel.variance[carry.start :]
    level = unit_level(variance, carry)
    means = [
        log(trailing_mean(variance, w, COVERAGE, carry.part(f"mean {w}"))) - level for w in windows
    ]
    common = np.column_stack([np.ones(len(variance)), *means])
    return Design(
        common=carry.with_past("common", common),
        ahead=np.zeros((len(panel), len(panel.horizons), 0)),
        level=carry.with_past("level", level),
        names=("constant", *(f"variance_{w}h" for w in windows)),
        season=np.zeros(WEEK),
    )


def rich_design(panel: Panel, carry: Carry | None = None) -> Design:
    """All regressors; row ``i`` reads bars up to ``i`` only.

    Parameters
    ----------
    panel : Panel
        Bars.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.
    """
    carry = Carry() if carry is None else carry
    variance, place = panel.variance[carry.start :], hour_of_week(panel.hours[carry.start :])
    level = unit_level(variance, carry)
    current, table = hour_of_week_seasonal(
        log(variance), place, SEASON_HALF_LIFE, SEASON_SHRINK, carry.part("season")
    )
    flat = variance / exp(current)
    columns = [np.ones(len(variance))]
    columns += [
        log(trailing_mean(flat, w, COVERAGE, carry.part(f"mean {w}"))) - level for w in MEAN_WINDOWS
    ]
    columns += [
        trailing_mean(log(flat), w, COVERAGE, carry.part(f"log mean {w}")) - level
        for w in LOG_WINDOWS
    ]
    columns += relative_volume(panel.volume[carry.start :], place, carry.part("volume"))
    columns += price_path(panel, level, carry)
    ahead = seasonal_ahead(table, place, np.array(panel.horizons))[:, :, None]
    return Design(
        common=carry.with_past("common", np.column_stack(columns)),
        ahead=carry.with_past("ahead", ahead),
        level=carry.with_past("level", level),
        names=tuple(GROUPS),
        season=table[-1].copy(),
    )


def relative_volume(volume: Floats, place: Ints, carry: Carry) -> list[Floats]:
    """Log of deseasonalised volume over each window against 720 hours, in -3 ... 3; 0 unknown."""
    positive = np.where(volume > 0, volume, np.nan)
    current, _ = hour_of_week_seasonal(
        log(positive), place, SEASON_HALF_LIFE, SEASON_SHRINK, carry.part("season")
    )
    flat = positive / exp(current)
    base = trailing_mean(flat, 720, COVERAGE, carry.part("base"))
    logs = [
        log(trailing_mean(flat, window, COVERAGE, carry.part(f"mean {window}")) / base)
        for window in VOLUME_WINDOWS
    ]
    return [np.where(np.isfinite(part), np.clip(part, -3.0, 3.0), 0.0) for part in logs]


def price_path(panel: Panel, level: Floats, carry: Carry) -> list[Floats]:
    """Last move by sign, and displacement of the price from its exponential means."""
    new = slice(carry.start, None)
    price = log(panel.close[new])
    week = np.sqrt(trailing_mean(panel.variance[new], WEEK, COVERAGE, carry.part("week")))
    move = np.clip((price - log(panel.open[new])) / week, -6.0, 6.0)
    columns = [np.minimum(move, 0.0), np.maximum(move, 0.0)]
    columns += [
        np.sqrt(np.abs(displacement(price, span, week, carry.part(f"fast {span}"))))
        for span in FAST
    ]
    for span in SLOW:
        away = displacement(price, span, exp(0.5 * level), carry.part(f"slow {span}"))
        columns += [np.abs(away), away]
    return columns


def displacement(price: Floats, half_life: float, sigma: Floats, carry: Carry) -> Floats:
    """Distance of a log price from its exponential mean, in units of ``sigma sqrt(half_life)``.

    Shape ``(n,)``, clipped to -10 ... 10; 0 where unknown.
    """
    mean = exponential_mean(price, half_life, adjust=False, carry=carry)
    away = (price - mean) / (sigma * np.sqrt(half_life))
    return np.where(np.isfinite(away), np.clip(away, -10.0, 10.0), 0.0)
