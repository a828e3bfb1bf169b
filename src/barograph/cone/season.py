"""The clock a cone runs by: how much of a week's variance each hour ahead is expected to bring."""

import numpy as np

from barograph.calibration.carry import Carry
from barograph.calibration.seasonal import WEEK, hour_of_week, hour_of_week_seasonal
from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.models.har_design import SEASON_HALF_LIFE, SEASON_SHRINK


def seasons(hours: Ints, variance: Floats, carry: Carry | None = None) -> Floats:
    """Hour-of-week pattern of log variance as it was known at every hour.

    Parameters
    ----------
    hours : Ints
        Ends of the bars, hours since 1970, consecutive, shape ``(n,)``.
    variance : Floats
        Hourly variance of each bar, shape ``(n,)``; NaN where unknown, which changes nothing.
    carry : Carry or None
        Go on where the hours before these stopped; None starts anew.

    Returns
    -------
    season : Floats
        Log factors by hour of the week (0 is Monday 00:00 to 01:00 UTC), shape ``(n, 168)``;
        zeros in the first week. The same pattern, constants included, that the volatility models
        read.
    """
    _, table = hour_of_week_seasonal(
        np.log(variance), hour_of_week(hours), SEASON_HALF_LIFE, SEASON_SHRINK, carry
    )
    known: Floats = table
    return known


def weights(season: Floats, hours: Ints, ahead: int = WEEK) -> Floats:
    """Expected variance of each hour ahead, in units of a usual hour's.

    Parameters
    ----------
    season : Floats
        Log factors by hour of the week, shape ``(n, 168)``.
    hours : Ints
        Origins, hours since 1970, shape ``(n,)``.
    ahead : int
        Hours looked ahead, ``T``.

    Returns
    -------
    weights : Floats
        Of the hours ``1 ... T`` after each origin, positive, shape ``(n, T)``.

    Raises
    ------
    InputError
        If the shapes disagree.
    """
    if season.shape != (len(hours), WEEK):
        raise InputError(f"got a season of shape {season.shape}, wanted ({len(hours)}, {WEEK})")
    place = (hour_of_week(hours)[:, None] + np.arange(1, ahead + 1)) % WEEK
    found: Floats = np.exp(np.take_along_axis(season, place, axis=1))
    return found
