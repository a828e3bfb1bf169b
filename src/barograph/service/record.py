"""Scorecards as the runner keeps them."""

from typing import Any

from barograph.service.reading import Reading
from barograph.service.truth import truth
from barograph.service.view import asset_of


def scores(reading: Reading, asset: str) -> dict[str, Any]:
    """The record of an asset, as ``schemas.Scores``; empty before the first was made.

    Raises
    ------
    Problem
        If there is no such asset.
    """
    symbol = reading.view.symbol(asset)
    kept = reading.store.meta(f"scorecards:{symbol}") or {}
    return {
        "asset": asset_of(symbol),
        "walk_forward": kept.get("walk_forward", ()),
        "live": kept.get("live", ()),
        "truth": truth(reading.view, symbol, reading.wall),
    }
