"""The cone of one hour as it is published: prices, hour by hour."""

from datetime import datetime
from typing import Final

import numpy as np

from barograph.cone.bands import BANDS, PLACES, cone
from barograph.cone.gbm import DAY, from_quantiles
from barograph.cone.regimes import adjustment
from barograph.cone.season import weights
from barograph.core.errors import InputError
from barograph.core.types import Floats

NAMES: Final = ("lower_2sigma", "lower_1sigma", "mid", "upper_1sigma", "upper_2sigma")
"""Names of the bands, in the order of ``BANDS``."""
HOUR_SECONDS: Final = 3600

Curves = dict[str, list[float] | list[int]]


def published_cone(
    price: float,
    as_of: datetime,
    quantiles: Floats,
    horizons: tuple[int, ...],
    season: Floats,
    factors: Floats | None = None,
    regime: str = "unknown",
) -> dict[str, Curves]:
    """Both engines' cones ahead of one forecast.

    Parameters
    ----------
    price : float
        Close at ``as_of``.
    as_of : datetime
        Origin, on the hour, aware.
    quantiles : Floats
        Published quantiles of the log return, shape ``(H, 13)``.
    horizons : tuple of int
        Hours ahead, ``H`` of them.
    season : Floats
        Log factors of variance by hour of the week as known at ``as_of``, shape ``(168,)``: a row
        of ``cone.season.seasons``; zeros where there is no pattern.
    factors : Floats, optional
        Widths relative to the cone's, for 1σ and 2σ at every hour, shape ``(T, 2)``; none without.
    regime : str
        Name of ``features.regime.REGIMES``; the Brownian engine is adjusted by it, as measured.

    Returns
    -------
    curves : dict
        ``{"cone": curves, "gbm": curves}`` with ``t`` (seconds since 1970, hours ``1 ... T`` after
        the origin) and a list of prices for each of ``NAMES``.

    Raises
    ------
    InputError
        If a number is unknown or out of range, quantiles cross, or shapes disagree.
    """
    seconds = as_of.timestamp()
    if as_of.tzinfo is None or seconds % HOUR_SECONDS:
        raise InputError(f"{as_of} is not a full hour of a known time zone")
    if not (np.isfinite(price) and price > 0.0):
        raise InputError(f"{price} is not a price")
    if not np.isfinite(quantiles).all():
        raise InputError("a published quantile is unknown; there is no cone without a forecast")
    hour = np.array([int(seconds) // HOUR_SECONDS])
    ahead = weights(season[None], hour, horizons[-1])[0]
    bands = stretched(cone(quantiles[:, PLACES], horizons, ahead), factors)
    day = int(np.argmin(np.abs(np.array(horizons) - DAY)))
    textbook = from_quantiles(quantiles[day], horizons[day], adjustment(regime))
    t = [int(seconds) + HOUR_SECONDS * step for step in range(1, horizons[-1] + 1)]
    return {
        "cone": curves(t, price, bands),
        "gbm": curves(t, price, textbook.bands(horizons[-1], BANDS)),
    }


def stretched(bands: Floats, factors: Floats | None) -> Floats:
    """Bands ``(..., T, 5)`` with their distance from the middle times ``factors (..., T, 2)``.

    The outer band is never drawn inside the inner one.
    """
    if factors is None:
        return bands
    middle = bands[..., 2:3]
    inner = (bands[..., 1:4:2] - middle) * factors[..., :1]
    outer = (bands[..., 0:5:4] - middle) * factors[..., 1:]
    low = middle + np.minimum(inner[..., :1], outer[..., :1])
    high = middle + np.maximum(inner[..., 1:], outer[..., 1:])
    moved: Floats = np.concatenate(
        [low, middle + inner[..., :1], middle, middle + inner[..., 1:], high], axis=-1
    )
    return moved


def curves(t: list[int], price: float, bands: Floats) -> Curves:
    """Prices by name of a band; ``bands`` in log return, shape ``(T, 5)``."""
    prices = price * np.exp(bands)
    return {"t": t, **{name: prices[:, k].tolist() for k, name in enumerate(NAMES)}}
