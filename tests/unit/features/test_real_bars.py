"""The whole catalogue on real bars: finite, rarely null, quick."""

import time
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import ENDS

from barograph.core.columns import BARS, FLOWS, PRICES
from barograph.core.time import HOUR, MOMENT, interval_length
from barograph.features.build import build
from barograph.features.catalogue import features, inputs
from barograph.lake.grid import hourly_grid

pytestmark = pytest.mark.real


def read(folder: Path, symbol: str, interval: str) -> pl.DataFrame:
    rows = pl.read_parquet(folder / "bars" / f"binance_spot_{symbol}_{interval}.parquet")
    rows = rows.filter(pl.col("ts") == pl.col("ts").dt.truncate(interval), pl.col("ts") < ENDS)
    values = {*PRICES, *FLOWS}.intersection(rows.columns)
    opened = pl.col("ts").cast(MOMENT)
    closed = opened + interval_length(interval)
    bars = rows.select(
        *values,
        open_time=opened,
        close_time=closed,
        available_at=closed,
        interval=pl.lit(interval),
        symbol=pl.lit(symbol),
    )
    absent = [pl.lit(None).alias(name) for name in BARS if name not in bars.columns]
    return bars.with_columns(absent).select(*BARS).cast(BARS)  # type: ignore[arg-type]


def test_the_catalogue_on_real_bars(data_dir: Path, record_property: object) -> None:
    bars = read(data_dir, "BTCUSDT", "1h")
    intrabar = read(data_dir, "BTCUSDT", "5m")
    grid = hourly_grid(bars, intrabar, read(data_dir, "ETHUSDT", "1h"))
    began = time.perf_counter()
    table = build(grid, features())
    assert callable(record_property)
    record_property("seconds", time.perf_counter() - began)
    assert table.height == (grid["as_of"][-1] - grid["as_of"][0]) // HOUR + 1
    settled = table.slice(30_000)
    for name, feature in features().items():
        values = settled[name]
        assert values.is_finite().fill_null(value=True).all(), name
        if not any(column.startswith(("intrabar", "funding")) for column in inputs(feature)):
            assert values.null_count() < 0.003 * settled.height, name


def test_the_last_minutes_of_the_hour(data_dir: Path) -> None:
    bars, fine = read(data_dir, "BTCUSDT", "1h"), read(data_dir, "BTCUSDT", "5m")
    grid = hourly_grid(bars.tail(500), fine)
    closes = fine.select(as_of="close_time", before="close")
    for minutes in (5, 15):
        earlier = closes.with_columns(pl.col("as_of") + pl.duration(minutes=minutes))
        ends = closes.rename({"before": "end"}).join(earlier, on="as_of")
        both = grid.join(ends, on="as_of").drop_nulls(f"intrabar_last_{minutes}m_return")
        wanted = (both["end"] / both["before"]).log()
        assert both.height > 490
        assert (both[f"intrabar_last_{minutes}m_return"] - wanted).abs().max() < 1e-12  # type: ignore[operator]
