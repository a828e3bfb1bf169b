"""Fixtures every test may use: the real data folder and a small made-up market."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from barograph.core.columns import BARS
from barograph.core.time import HOUR, MOMENT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real market data; mark the test ``real``. Skips where there is none."""
    named = os.environ.get("BAROGRAPH_DATA")
    if not named:
        pytest.skip("BAROGRAPH_DATA is not set: point it at the real market data (`make data`)")
    folder = Path(named)
    if not (folder / "bars").is_dir():
        pytest.skip(f"BAROGRAPH_DATA={named} holds no bars/ folder (`make data` fetches one)")
    return folder


ENDS = datetime(2025, 7, 1, tzinfo=UTC)
"""Real-data tests look at nothing from here on, so that a folder fetched later passes them too."""
FINE = datetime(2024, 1, 1, tzinfo=UTC)
"""And at finer bars from here on only."""


def cut_bars(folder: Path, name: str, where: Path) -> Path:
    """Copy of a file of real bars, cut to what the tests count on."""
    start = FINE if name.endswith(("_5m", "_1m")) else datetime(2017, 1, 1, tzinfo=UTC)
    rows = pl.read_parquet(folder / "bars" / f"{name}.parquet")
    path = where / f"{name}.parquet"
    rows.filter(pl.col("ts").is_between(start, ENDS, closed="left")).write_parquet(path)
    return path


def make_hourly_bars(rows: int = 1500, seed: int = 7) -> pl.DataFrame:
    """Silver bars of a made-up market: stochastic volatility, hour-of-day seasonality, one gap.

    Parameters
    ----------
    rows : int
        Hours, before the gap of five hours (rows 700 to 704) is cut out.
    seed : int
        The same seed gives the same bars.

    Returns
    -------
    bars : DataFrame
        Schema ``BARS``, sorted by ``open_time``.
    """
    rng = np.random.default_rng(seed)
    hour = np.arange(rows) % 24
    season = 1 + 0.4 * np.sin(2 * np.pi * hour / 24)
    log_scale = np.zeros(rows)
    shocks = rng.normal(size=rows)
    for i in range(1, rows):
        log_scale[i] = 0.97 * log_scale[i - 1] + 0.12 * shocks[i]
    scale = 0.005 * season * np.exp(log_scale)
    steps = rng.standard_t(5, size=(rows, 12)) * (scale / np.sqrt(12 * 5 / 3))[:, None]
    paths = np.log(20_000) + np.cumsum(steps.ravel()).reshape(rows, 12)
    opens = np.concatenate(([np.log(20_000)], paths[:-1, -1]))
    volume = 100 * np.exp(0.5 * log_scale + 0.3 * rng.normal(size=rows)) * season
    close = np.exp(paths[:, -1])
    taker = np.clip(0.5 + 0.05 * rng.normal(size=rows), 0.1, 0.9)
    start = datetime(2022, 1, 1, tzinfo=UTC)
    opened = pl.Series([start + i * HOUR for i in range(rows)], dtype=MOMENT)
    bars = pl.DataFrame(
        {
            "open_time": opened,
            "close_time": opened.dt.offset_by("1h"),
            "open": np.exp(opens),
            "high": np.exp(np.maximum(opens, paths.max(axis=1))),
            "low": np.exp(np.minimum(opens, paths.min(axis=1))),
            "close": close,
            "volume": volume,
            "quote_volume": volume * close,
            "trades": (volume * 40).astype(np.int64),
            "taker_buy_base": volume * taker,
            "taker_buy_quote": volume * taker * close,
        }
    ).with_columns(
        pl.lit("simulated").alias("venue"),
        pl.lit("BTCUSDT").alias("symbol"),
        pl.lit("1h").alias("interval"),
        pl.lit(None, pl.String).alias("flag"),
        pl.col("close_time").alias("available_at"),
        (pl.col("close_time").max() + timedelta(days=1)).alias("ingested_at"),
        pl.lit("made-up").alias("batch"),
    )
    gap = pl.int_range(pl.len()).is_between(700, 704)
    return bars.filter(~gap).select(*BARS).cast(BARS)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def hourly_bars() -> pl.DataFrame:
    """About 1,500 hourly silver bars, deterministic, with one gap of five hours."""
    return make_hourly_bars()
