r"""How wide the cone was beside what came, and weekly factors learnt from it (R-C3).

The model's own horizons are calibrated where they are made (hourly, by conformal tracking). What
is drawn between them is held against outcomes here: the reach of an outcome is its distance from
the middle in units of the band on its side, so that it is inside where its reach is at most one.
The quantile of past reaches at the band's nominal coverage is the factor by which the band should
have been wider; taken relative to the same at the model's horizons around it, it is one there and
speaks of the interpolation alone.

Factors are renewed once a week, at the end of Sunday UTC, from outcomes that had matured by then.
"""

from typing import Final

import numpy as np

from barograph.calibration.matured import matured_quantiles
from barograph.calibration.seasonal import WEEK, hour_of_week
from barograph.cone.bands import PLACES, cone
from barograph.core.types import Floats, Ints

NOMINAL: Final = (0.682, 0.954)
"""Coverage of the 1σ and the 2σ band."""
WINDOW: Final = 365 * 24
LEAST: Final = 180 * 24
CHUNK: Final = 2048


def reach(quantiles: Floats, horizons: tuple[int, ...], weights: Floats, close: Floats) -> Floats:
    """How far every outcome went, in units of the bands.

    Parameters
    ----------
    quantiles : Floats
        Published quantiles of consecutive hours, shape ``(n, H, 13)``; NaN without a forecast.
    horizons : tuple of int
        Hours ahead, ``H`` of them.
    weights : Floats
        Expected variance of each hour ahead, shape ``(n, T)``.
    close : Floats
        Prices at the origins, shape ``(n,)``; NaN where the bar is missing.

    Returns
    -------
    reach : Floats
        Relative to the 1σ and the 2σ band, shape ``(n, T, 2)``, not negative; NaN where the
        forecast or the outcome is unknown, infinite beyond a band without width.
    """
    n, last = len(close), horizons[-1]
    log_price = np.concatenate([np.log(close), np.full(last, np.nan)])
    found = np.full((n, last, 2), np.nan)
    for start in range(0, n, CHUNK):
        rows = np.arange(start, min(start + CHUNK, n))
        bands = cone(quantiles[rows][:, :, PLACES], horizons, weights[rows])
        came = log_price[rows[:, None] + np.arange(1, last + 1)] - log_price[rows, None]
        off = came - bands[..., 2]
        for k, (low, high) in enumerate(((1, 3), (0, 4))):
            side = np.where(off < 0.0, bands[..., low], bands[..., high]) - bands[..., 2]
            with np.errstate(divide="ignore", invalid="ignore"):
                found[rows, :, k] = np.where(off == 0.0, 0.0, off / side)
    return found


def weekly_factors(
    reached: Floats,
    hours: Ints,
    horizons: tuple[int, ...],
    window: int = WINDOW,
    least: int = LEAST,
) -> Floats:
    """Widths that would have held, relative to those at the model's own horizons.

    Parameters
    ----------
    reached : Floats
        Of ``reach``, rows consecutive, shape ``(n, T, 2)``.
    hours : Ints
        Origins, hours since 1970, shape ``(n,)``.
    horizons : tuple of int
        Hours ahead of the model.
    window, least : int
        Rows looked back over, and the fewest outcomes that make a factor.

    Returns
    -------
    factors : Floats
        In force at each origin, shape ``(n, T, 2)``: one at the model's horizons, and at all hours
        before enough is known.
    """
    lags = tuple(range(1, reached.shape[1] + 1))
    renewed = np.where(hour_of_week(hours) == WEEK - 1, np.arange(len(hours)), -1)
    in_force = np.maximum.accumulate(renewed)
    factors = np.ones(reached.shape)
    for k, nominal in enumerate(NOMINAL):
        needed = matured_quantiles(reached[:, :, k], lags, np.array([nominal]), window, least)
        relative = relative_widths(needed[:, :, 0], horizons)
        known = (in_force >= 0) & np.isfinite(relative[np.maximum(in_force, 0)]).all(axis=1)
        factors[known, :, k] = relative[in_force[known]]
    return factors


def relative_widths(needed: Floats, horizons: tuple[int, ...]) -> Floats:
    """Widths over their line between the model's horizons, shape ``(n, T)``; one at these."""
    known = np.array(horizons)
    t = np.arange(1, needed.shape[1] + 1)
    right = np.clip(np.searchsorted(known, t), 1, len(known) - 1)
    begin, end = known[right - 1], known[right]
    share = np.clip((t - begin) / (end - begin), 0.0, 1.0)
    line = needed[:, begin - 1] * (1.0 - share) + needed[:, end - 1] * share
    relative: Floats = needed / line
    relative[:, known - 1] = np.where(np.isnan(needed[:, known - 1]), np.nan, 1.0)
    return relative
