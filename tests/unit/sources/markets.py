"""A small made-up market for the tests of sources and simulator."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.time import HOUR
from barograph.simulator.market import Market

START = datetime(2024, 10, 20, tzinfo=UTC)


def no_sleep(seconds: float) -> None:
    """Wait for nothing."""


def bars(rows: int = 2500, start: datetime = START, step: timedelta = HOUR) -> pl.DataFrame:
    """Rows of ``BAR_VALUES``; the bars 1300 ... 1304 are missing."""
    rng = np.random.default_rng(1)
    opened = pl.Series([start + i * step for i in range(rows)])
    path = np.round(60_000 * np.exp(np.cumsum(rng.normal(0, 0.005, rows + 1))), 2)
    table = pl.DataFrame(
        {
            "open_time": opened,
            "open": path[:-1],
            "high": np.maximum(path[:-1], path[1:]) + 10,
            "low": np.minimum(path[:-1], path[1:]) - 10,
            "close": path[1:],
            "volume": np.round(rng.uniform(1, 50, rows), 5),
            "quote_volume": np.round(rng.uniform(1e5, 5e6, rows), 5),
            "trades": rng.integers(1, 5000, rows),
            "taker_buy_base": np.round(rng.uniform(1, 20, rows), 5),
            "taker_buy_quote": np.round(rng.uniform(1e4, 5e5, rows), 5),
        }
    ).select(pl.col(name).cast(kind) for name, kind in BAR_VALUES.items())
    return table.filter(~pl.int_range(pl.len()).is_between(1300, 1304))


def market(table: pl.DataFrame, present: datetime | None = None) -> Market:
    """``BTCUSDT`` hourly, with funding; by default the last bar is open."""
    last = table["open_time"].max()
    assert isinstance(last, datetime)
    clock = present or last + timedelta(minutes=30)
    settled = table.filter(pl.col("open_time").dt.hour() % 8 == 0)
    funding = settled.select(ts="open_time", funding_rate=(pl.int_range(pl.len()) % 7 - 3) * 0.0001)
    return Market({("BTCUSDT", "1h"): table}, {"BTCUSDT": funding}, lambda: clock)
