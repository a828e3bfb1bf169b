"""Why the forecast of an hour is what it was, and what came of it."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from barograph.calibration.confidence import NAMES
from barograph.explain.answer import Hour, named
from barograph.explain.answer import explanation as explained
from barograph.metrics.distribution import moments
from barograph.service.moments import HOUR, iso
from barograph.service.predictions import BAND_LEVELS, regime_name
from barograph.service.reading import Reading, unpacked
from barograph.service.truth import truth, truth_of_past
from barograph.service.view import asset_of
from barograph.store.beliefs import Belief, Layout

SURE: Final = 1e-9
ANEW: Final = (
    "the forecast is as it was published; bars or program have changed since, and these reasons "
    "are of today's"
)


def explanation(reading: Reading, asset: str, hours: int, at: str | None) -> dict[str, Any]:
    """Contributions, reasons and outcome of one hour, as ``schemas.Explanation``.

    Raises
    ------
    Problem
        If there is no such asset or horizon, or nothing was believed then.
    """
    view = reading.view
    symbol = view.symbol(asset)
    view.horizon(hours)
    as_of = reading.hour(symbol, at)
    row, belief = reading.belief(symbol, as_of)
    layout = reading.layout()
    place = layout.horizons.index(hours)
    before = reading.store.belief(symbol, as_of - HOUR)
    beliefs = [belief, *(() if before is None else (unpacked(before.body, layout),))]
    # Of both hours at once: each call costs the same however many rows it is given.
    law = moments(np.stack([one.quantiles[place] for one in beliefs]))
    now, *then = (
        _hour(one, layout, place, float(p_up)) for one, p_up in zip(beliefs, law.p_up, strict=True)
    )
    lower2, lower1, _, upper1, upper2 = (
        float(price) for price in belief.price * np.exp(belief.quantiles[place, BAND_LEVELS])
    )
    body = None if row.sequence is None else reading.store.forecast(symbol, as_of)
    current = at is None
    told = truth(view, symbol, reading.wall) if current else truth_of_past(view, reading.wall, body)
    return {
        "asset": asset_of(symbol),
        "symbol": symbol,
        "horizon_hours": hours,
        "as_of": iso(as_of),
        "source": "walk_forward" if row.sequence is None else "published",
        "price": belief.price,
        "p_up": float(law.p_up[0]),
        "expected_move": float(law.mean[0]),
        "volatility": float(law.vol[0]),
        "lower_1sigma": lower1,
        "upper_1sigma": upper1,
        "lower_2sigma": lower2,
        "upper_2sigma": upper2,
        "confidence": _grade(belief, place, told),
        "regime": regime_name(belief.regime),
        "realised": _realised(reading, symbol, as_of + hours * HOUR, belief.price),
        "truth": told,
    } | _reasons(explained(now, then[0] if then else None, hours), body)


def _grade(belief: Belief, place: int, told: Mapping[str, Any]) -> str:
    """Confidence; none above low in what is stale or unreliable, as in a prediction (R-A6)."""
    doubted = told["stale"] or told["unreliable"]
    return NAMES[0] if doubted else NAMES[int(belief.confidence[place])]


def _reasons(told: dict[str, Any], body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The explanation, saying so where it is not the one of its day."""
    if body is None or not body.get("reasons_anew"):
        return told
    return told | {"reasons": [ANEW, *told["reasons"]]}


def _hour(belief: Belief, layout: Layout, place: int, p_up: float) -> Hour:
    return Hour(
        named(layout.terms, belief.terms[place]),
        named(layout.odds, belief.odds[place]),
        named(layout.inputs, belief.inputs),
        min(max(p_up, SURE), 1.0 - SURE),
    )


def _realised(reading: Reading, symbol: str, target: int, price: float) -> float | None:
    """Log return that came; None while it is open or where its bar is missing."""
    opened = (target - HOUR) * 1000
    bars = reading.store.bars(symbol, "1h", opened, opened + 1)
    if not bars or not bars[0][-1]:
        return None
    return math.log(bars[0][6] / price)
