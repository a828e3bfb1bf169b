r"""How volatile this hour of the week usually is, learnt from the weeks before (R-F2, R-F5).

The profile is an exponentially weighted mean, over the weeks so far, of how much the hour's log
variance exceeded the week that led up to it:

.. math:: s_t = \frac{\sum_{w=0}^{W-1} \lambda^w d_{t-168w}}{\sum_{w=0}^{W-1} \lambda^w},
          \qquad d_t = \ln v_t - \overline{\ln v}_{(t-168,\,t]}

The hour ``j`` ahead falls on the hour of week last seen at ``t + j - 168``: what is known of the
future's profile is the past's, shifted.

References
----------
.. [1] Andersen & Bollerslev (1997), "Intraday periodicity and volatility persistence in financial
   markets", Journal of Empirical Finance 4, 115-158.
"""

import polars as pl

from barograph.features.bars import LOG_VARIANCE
from barograph.features.base import Feature, Part
from barograph.features.windows import ratio, trailing_mean

WEEK = 168
HALF_LIFE_WEEKS = 8
WEEKS = 16
"""Weeks the profile looks back: sixteen, beyond which a quarter of the weight would lie."""

LOOKBACK = WEEK * WEEKS + WEEK
"""Rows the profile of the week before reads: the first deviation needs its own week as well."""

_DEVIATION = Part("_log_variance_deviation", LOG_VARIANCE - trailing_mean(LOG_VARIANCE, WEEK))


def _profile() -> pl.Expr:
    """Profile value of the hour of the week that just ended, the current bar included.

    A week in which the bar is missing has no weight; at least half the weight must be there.
    """
    hour_of_week = pl.col("as_of").dt.epoch("s") // 3600 % WEEK
    deviation = _DEVIATION.column
    weights = [0.5 ** (age / HALF_LIFE_WEEKS) for age in reversed(range(WEEKS))]
    known = deviation.is_not_null().cast(pl.Float64)
    total, weight = (
        part.rolling_sum(WEEKS, weights=weights).over(hour_of_week)
        for part in (deviation.fill_null(0.0), known)
    )
    return ratio(total, weight, sum(weights) / 2)


_PROFILE = Part("_variance_profile", _profile())
PROFILE = _PROFILE.column
_LEVEL = Part("_variance_profile_level", trailing_mean(PROFILE, WEEK))
LEVEL = _LEVEL.column
_NOW = Part("_variance_profile_now", PROFILE.shift(WEEK) - LEVEL.shift(1))


def ahead(hours: int) -> Feature:
    """Mean profile of the next hours, over that of the whole week."""
    known = trailing_mean(PROFILE, hours).shift(WEEK - hours)
    return Feature(
        name=f"variance_season_next_{hours}h",
        expr=known - LEVEL,
        lookback=LOOKBACK - 1,
        unit="ln(1)",
        formula=(
            f"mean over the next {hours} h of s - mean of s over the week, s = weighted mean over "
            f"{WEEKS} weeks (half-life {HALF_LIFE_WEEKS}) of ln v - mean(ln v over 168 h)"
        ),
        group="seasonality",
    )


def current() -> Feature:
    """Profile of the hour that just ended, as it was known before that hour."""
    return Feature(
        name="variance_season_now",
        expr=_NOW.column,
        lookback=LOOKBACK,
        unit="ln(1)",
        formula="s of the hour's own hour of week, learnt before it - mean of s over the week",
        group="seasonality",
    )


def deseasonalized() -> Feature:
    """Log variance of the hour less what its place in the week explains."""
    return Feature(
        name="log_variance_deseasonalized_1h",
        expr=LOG_VARIANCE - _NOW.column,
        lookback=LOOKBACK,
        unit="ln(log price² / hour)",
        formula="har_log_variance_1h - variance_season_now",
        group="seasonality",
    )


PARTS = (_DEVIATION, _PROFILE, _LEVEL, _NOW)

FEATURES = (current(), deseasonalized(), *(ahead(hours) for hours in (1, 4, 8, 24)))
