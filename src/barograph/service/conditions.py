"""Health and readiness."""

import time
from importlib.metadata import version
from typing import Any

from barograph.service.candles import resolutions
from barograph.service.moments import iso, seconds_of
from barograph.service.risk import holdings
from barograph.service.truth import ages, runner_state, truth_if_known, truth_of_all
from barograph.service.view import View, asset_of


def health(view: View) -> dict[str, Any]:
    """State of the service and of every asset, as ``schemas.Health``."""
    wall = time.time()
    told, runner = truth_of_all(view, wall), runner_state(view, wall)
    down = view.problem is not None or not view.newest
    fine = not told["stale"] and not told["unreliable"] and runner == "running"
    return {
        "status": "down" if down else "ok" if fine else "degraded",
        "version": version("barograph"),
        "runner": runner,
        "assets": [_asset(view, symbol, wall) for symbol in view.symbols],
        "truth": told,
    }


def ready(view: View) -> dict[str, Any]:
    """Whether forecasts can be served, as ``schemas.Ready``."""
    waiting_for = view.waiting_for()
    told = truth_if_known(view, time.time())
    return {"ready": waiting_for is None, "waiting_for": waiting_for, "truth": told}


def _asset(view: View, symbol: str, wall: float) -> dict[str, Any]:
    status, body = view.statuses.get(symbol, {}), view.newest.get(symbol)
    bar, market = status.get("last_bar"), view.market
    return {
        "asset": asset_of(symbol),
        "symbol": symbol,
        "venue": "" if market is None else market.venue,
        "last_price": status.get("last_price"),
        "last_bar": None if bar is None else iso(seconds_of(bar)),
        "last_forecast": None if body is None else iso(seconds_of(body["as_of"])),
        "horizons": () if market is None else market.horizons,
        "resolutions": resolutions(view.series.get(symbol, ())),
        "freshness": [
            {"name": one.name, "age": one.age, "limit": one.limit, "stale": one.stale}
            for one in ages(view, symbol, wall)
        ],
        "holding": holdings(status.get("risk") or ()),
    }
