"""Made-up hourly grids with every column, for tests of features."""

import numpy as np
import polars as pl
from tests.conftest import make_hourly_bars

from barograph.core.types import Floats
from barograph.lake.grid import GRID, INTRABAR, hourly_grid

ROWS = 3700


def make_grid(rows: int = ROWS, seed: int = 7) -> pl.DataFrame:
    """Grid of a made-up market with a peer, finer bars, funding and missing bars.

    Besides the gap of five hours the bars come with, one hour in a hundred is missing.
    """
    rng = np.random.default_rng(seed)
    grid = hourly_grid(make_hourly_bars(rows, seed), peer=make_hourly_bars(rows, seed + 1))
    r = rng.standard_t(5, size=(rows, 12)) * 0.001
    late = np.abs(r[:, 1:]) * np.abs(r[:, :-1])
    inside: dict[str, Floats] = {
        "intrabar_variance": (r**2).sum(axis=1),
        "intrabar_upside_variance": (np.maximum(r, 0) ** 2).sum(axis=1),
        "intrabar_downside_variance": (np.minimum(r, 0) ** 2).sum(axis=1),
        "intrabar_bipower": np.pi / 2 * 12 / 11 * late.sum(axis=1),
        "intrabar_count": np.full(rows, 12.0),
        "intrabar_last_5m_return": r[:, -1],
        "intrabar_last_15m_return": r[:, -3:].sum(axis=1),
    }
    settled = 1e-4 + 1e-4 * np.cumsum(rng.normal(size=rows // 8 + 1)) / 10
    made = grid.with_columns(
        *(pl.Series(name, inside[name]) for name in INTRABAR),
        funding_rate=pl.Series(np.repeat(settled, 8)[:rows]),
        funding_age_hours=pl.Series(np.arange(rows) % 8).cast(pl.Float64),
    )
    missing = pl.Series(rng.random(rows) < 0.01)
    bar = [name for name in GRID if name != "as_of" and "funding" not in name]
    return made.with_columns(pl.when(~missing).then(pl.col(bar)).name.keep()).select(*GRID)


def stand_still(grid: pl.DataFrame) -> pl.DataFrame:
    """The same grid with a market that never moves and never trades: every divisor is zero."""
    prices = [
        f"{owner}{name}" for owner in ("", "peer_") for name in ("open", "high", "low", "close")
    ]
    still = [name for name in GRID if name not in {"as_of", *prices}]
    return grid.with_columns(
        *(pl.lit(20_000.0).alias(name) for name in prices),
        *(pl.lit(0.0).alias(name) for name in still),
    )
