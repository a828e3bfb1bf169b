"""Chance of a price at a horizon."""

import math
import time
from typing import Any

import numpy as np

from barograph.metrics.distribution import cdf
from barograph.service.moments import iso, seconds_of
from barograph.service.problems import prediction_unavailable
from barograph.service.truth import truth
from barograph.service.view import View, asset_of


def chance_above(view: View, asset: str, hours: int, level: float) -> dict[str, Any]:
    """Probability that the price ends above a level, as ``schemas.Chance``.

    Raises
    ------
    Problem
        If there is no such asset or horizon, or no forecast yet.
    """
    symbol = view.symbol(asset)
    view.horizon(hours)
    body = view.newest.get(symbol)
    if body is None:
        raise prediction_unavailable(view.waiting_for() or "the runner")
    quantiles = np.array([body["horizons"][str(hours)]["quantiles"]], dtype=float)
    value = np.array([math.log(level) - math.log(body["price"])])
    return {
        "asset": asset_of(symbol),
        "horizon_hours": hours,
        "as_of": iso(seconds_of(body["as_of"])),
        "level": level,
        "above": float(np.clip(1.0 - cdf(quantiles, value)[0], 0.0, 1.0)),
        "truth": truth(view, symbol, time.time()),
    }
