"""A forecast of one horizon as the API tells it, published or of the walk-forward."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from barograph.calibration.confidence import NAMES
from barograph.core.levels import LEVELS
from barograph.features.regime import REGIMES
from barograph.metrics.distribution import moments
from barograph.service.moments import HOUR, iso, seconds_of
from barograph.service.risk import risk
from barograph.service.view import asset_of
from barograph.store.beliefs import Belief
from barograph.store.store import BeliefRow
from barograph.trading.risk.verdict import refusals

FLAGSHIP: Final = "barograph"
MEDIAN: Final = LEVELS.index(0.5)
BANDS: Final = ("lower_2sigma", "lower_1sigma", "mid", "upper_1sigma", "upper_2sigma")
BAND_LEVELS: Final = tuple(LEVELS.index(level) for level in (0.023, 0.159, 0.5, 0.841, 0.977))
"""Places of the five bands among the levels, in the order of ``BANDS``."""


def published(body: Mapping[str, Any], horizon: int, engine: str) -> dict[str, Any]:
    """Prediction from a published answer, as ``schemas.Prediction`` without its truth.

    Parameters
    ----------
    body : Mapping
        ``forecasts.body`` of the store.
    horizon : int
        Hours ahead; one of the answer's.
    engine : str
        ``calibrated`` or ``gbm``.
    """
    one = body["horizons"][str(horizon)]
    as_of = int(seconds_of(body["as_of"]))
    cone = body["cone" if engine == "calibrated" else "gbm"]
    told = {
        "source": "published",
        "issued_at": iso(seconds_of(body["issued_at"])),
        "ledger_sequence": body["sequence"],
        "p_up": one["p_up"],
        "p_down": 1.0 - one["p_up"],
        "expected_move": one["mean"],
        "volatility": one["vol"],
        "confidence": one["confidence"],
        "confidence_reason": one["confidence_reason"],
        "regime": body["regime"],
        "model_version": body["model_version"],
        "risk": risk(_refused_of(one, horizon), as_of),
    }
    head = _head(body["symbol"], as_of, horizon, float(body["price"]), one["quantiles"])
    cone_points = points(cone, as_of, horizon, float(body["price"]))
    return head | told | {"cone": cone_points, "cone_engine": engine}


def believed(
    row: BeliefRow, belief: Belief, place: int, horizon: int, version: str
) -> dict[str, Any]:
    """Prediction from a belief, without cone, engine and truth.

    Parameters
    ----------
    row : BeliefRow
    belief : Belief
        The row's body, unpacked.
    place : int
        Of the horizon in the belief.
    horizon : int
        Hours ahead.
    version : str
        Of the model.
    """
    law = moments(belief.quantiles[[place]])
    walked = row.sequence is None
    told = {
        "source": "walk_forward" if walked else "published",
        "issued_at": None if row.issued_at is None else iso(row.issued_at),
        "ledger_sequence": row.sequence,
        "p_up": float(law.p_up[0]),
        "p_down": 1.0 - float(law.p_up[0]),
        "expected_move": float(law.mean[0]),
        "volatility": float(law.vol[0]),
        "confidence": NAMES[int(belief.confidence[place])],
        "confidence_reason": "as graded at that hour from the intervals matured by then",
        "regime": regime_name(belief.regime),
        "model_version": version,
        "risk": risk(refused(float(law.p_up[0]), float(law.vol[0]), horizon), row.as_of),
    }
    quantiles = belief.quantiles[place].tolist()
    return _head(row.symbol, row.as_of, horizon, belief.price, quantiles) | told


def _refused_of(one: Mapping[str, Any], horizon: int) -> Sequence[Mapping[str, Any]]:
    """What was refused of a published answer; one of an older program does not say."""
    said: Sequence[Mapping[str, Any]] | None = one.get("refused")
    return refused(one["p_up"], one["vol"], horizon) if said is None else said


def refused(p_up: float, vol: float, horizon: int) -> list[dict[str, Any]]:
    """Gates that refuse a signal on the likelier side, as the runner publishes them."""
    return [asdict(one) for one in refusals(p_up, vol, horizon)]


def with_truth(prediction: Mapping[str, Any], truth: Mapping[str, Any]) -> dict[str, Any]:
    """Prediction and its truth; no confidence above low in what is stale or unreliable (R-A6)."""
    told = {**prediction, "truth": truth}
    doubted = truth["stale"] or truth["unreliable"]
    if doubted and prediction["confidence"] != NAMES[0]:
        because = "; ".join(truth["reasons"])
        graded = f"graded {prediction['confidence']} when it was made"
        told |= {"confidence": NAMES[0], "confidence_reason": f"{because} ({graded})"}
    return told


def regime_name(code: int) -> str:
    """Name of a code of ``features.regime.REGIMES``; ``unknown`` for any other."""
    return REGIMES[code] if 0 <= code < len(REGIMES) else "unknown"


def points(
    cone: Mapping[str, Sequence[float]], as_of: int, horizon: int, price: float
) -> list[dict[str, Any]]:
    """Hours of a cone from ``as_of``, where all bands are the price, to the horizon."""
    end = as_of + horizon * HOUR
    start = {"t": iso(as_of)} | dict.fromkeys(BANDS, price)
    columns = [cone[band] for band in BANDS]
    later = [
        {"t": iso(t)} | dict(zip(BANDS, prices, strict=True))
        for t, *prices in zip(cone["t"], *columns, strict=True)
        if as_of < t <= end
    ]
    return [start, *later]


def _head(
    symbol: str, as_of: int, horizon: int, price: float, quantiles: Sequence[float]
) -> dict[str, Any]:
    prices = (price * np.exp(np.asarray(quantiles, dtype=float))).tolist()
    return {
        "asset": asset_of(symbol),
        "symbol": symbol,
        "horizon_hours": horizon,
        "as_of": iso(as_of),
        "target_time": iso(as_of + horizon * HOUR),
        "price": price,
        "expected_price": prices[MEDIAN],
        "quantiles": [
            {"level": level, "log_return": value, "price": there}
            for level, value, there in zip(LEVELS, quantiles, prices, strict=True)
        ],
        "model": FLAGSHIP,
    }
