"""Volume by price: where the trading was.

The volume of each bar is spread evenly over its range from low to high, into at most 60 bins of
one width over the range of all bars shown; a bar without range lies in one bin. All volume that is
known is in a bin. ``buy_share`` is the part bought by takers, null in a bin where it is unknown.
"""

from typing import Any, Final

import numpy as np

from barograph.core.types import Floats
from barograph.service.candles import Bars
from barograph.service.layers.base import Around, Drawn, LayerKind

BINS: Final = 60


def profile(bars: Bars, count: int = BINS) -> list[dict[str, Any]]:
    """Bins as ``schemas.ProfileBin``, ascending; none where no volume is known."""
    known = np.isfinite(bars.volume)
    if not known.any():
        return []
    low, high = bars.low[known], bars.high[known]
    bottom, top = float(low.min()), float(high.max())
    edges = np.linspace(bottom, top, count + 1) if top > bottom else np.array([bottom, top])
    shares = _shares(low, high, edges)
    volume = bars.volume[known] @ shares
    bought = bars.bought[known]
    told = np.isfinite(bought)
    buys = np.where(told, bought, 0.0) @ shares
    unknown = (~told).astype(float) @ shares > 0.0
    return [
        {
            "low": float(edges[k]),
            "high": float(edges[k + 1]),
            "volume": float(volume[k]),
            "buy_share": None
            if unknown[k] or volume[k] <= 0.0
            else float(np.clip(buys[k] / volume[k], 0.0, 1.0)),
        }
        for k in range(len(edges) - 1)
    ]


def _shares(low: Floats, high: Floats, edges: Floats) -> Floats:
    """Share of each bar's range in each bin, shape ``(n, bins)``; rows add up to 1."""
    overlap = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    overlap = np.maximum(overlap, 0.0)
    total = overlap.sum(axis=1)
    place = np.clip(np.searchsorted(edges, low, side="right") - 1, 0, len(edges) - 2)
    flat = total <= 0.0
    overlap[flat, place[flat]] = 1.0
    shares: Floats = overlap / np.where(flat, 1.0, total)[:, None]
    return shares


def draw(around: Around) -> Drawn:
    """Bins of the bars shown."""
    shown = around.bars.since(int(around.bars.t[-around.shown])) if around.shown else around.bars
    return Drawn(fields={"volume_profile": profile(shown)})


LAYERS = (LayerKind("volume_profile", lambda _: 0, draw),)
