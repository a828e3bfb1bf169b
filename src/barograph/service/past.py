"""What was predicted at a past hour."""

from datetime import UTC, datetime
from typing import Any

from barograph.cone.published import published_cone
from barograph.service.predictions import believed, points, published, regime_name
from barograph.service.reading import Reading
from barograph.service.seasons import season_then
from barograph.service.truth import truth_of_past


def predicted(
    reading: Reading, asset: str, hours: int, at: str | None, engine: str
) -> dict[str, Any]:
    """Forecast of a past hour as it was, as ``schemas.Prediction``.

    Parameters
    ----------
    reading : Reading
    asset : str
    hours : int
        Horizon.
    at : str or None
        The hour; the newest when None.
    engine : str
        ``calibrated`` or ``gbm``.

    Raises
    ------
    Problem
        If there is no such asset or horizon, or nothing was believed then.
    """
    view = reading.view
    symbol = view.symbol(asset)
    view.horizon(hours)
    as_of = reading.hour(symbol, at)
    body = reading.store.forecast(symbol, as_of)
    told = truth_of_past(view, reading.wall, body)
    if body is not None:
        return published(body, hours, engine) | {"truth": told}
    row, belief = reading.belief(symbol, as_of)
    place = reading.layout().horizons.index(hours)
    version = "" if view.market is None else view.market.model_version
    prediction = believed(row, belief, place, hours, version)
    curves = published_cone(
        belief.price,
        datetime.fromtimestamp(as_of, UTC),
        belief.quantiles,
        reading.layout().horizons,
        season_then(reading.store, symbol, as_of),
        regime=regime_name(belief.regime),
    )["cone" if engine == "calibrated" else "gbm"]
    cone = points(curves, as_of, hours, belief.price)
    return prediction | {"cone": cone, "cone_engine": engine, "truth": told}
