"""The kind of market at each hour of a backtest, by our own rules, as it was known then."""

import numpy as np
import polars as pl

from barograph.core.settings import Settings
from barograph.core.time import HOUR
from barograph.core.types import Floats
from barograph.features.build import build
from barograph.features.catalogue import features
from barograph.features.regime import LOOKBACK
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake
from barograph.pipelines.backtest.scene import Scene


def codes_of(lake: Lake, settings: Settings, scene: Scene) -> Floats:
    """Regime as of each close of the first symbol traded, shape ``(n,)``.

    Parameters
    ----------
    lake : Lake
        Where the bars of the 90 days before lie as well.
    settings : Settings
        For the order of venues.
    scene : Scene

    Returns
    -------
    code : Floats
        Place in ``features.regime.REGIMES``; NaN where the lake does not reach back far enough, or
        too many bars are missing.
    """
    market = scene.market
    first, last = (pl.lit(int(market.hours[k]) * 3_600_000_000) for k in (0, -1))
    moment = pl.Datetime("us", "UTC")
    bars = lake.bars(market.symbols[0], "1h", settings.venues).filter(
        pl.col("close_time").is_between(first.cast(moment) - LOOKBACK * HOUR, last.cast(moment))
    )
    table = build(hourly_grid(bars), {"regime": features()["regime"]})
    rows = table["as_of"].dt.epoch("s").to_numpy() // 3600 - market.hours[0]
    inside = (rows >= 0) & (rows < len(market.hours))
    found = np.full(len(market.hours), np.nan)
    found[rows[inside]] = table["regime"].fill_null(np.nan).to_numpy()[inside]
    return found
