"""The store is made to say what the lake says, bar for bar."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.live.klines import HOUR_MS, kline

from barograph.core.payload import SeriesKey
from barograph.core.settings import load_settings
from barograph.features.catalogue import features
from barograph.lake.lake import Lake, quarantine_table
from barograph.live.backfill import Rest
from barograph.live.candles import Candles
from barograph.live.clock import MarketClock
from barograph.live.keeper import Keeper
from barograph.live.projection import Projection
from barograph.pipelines.append import LiveLake
from barograph.pipelines.ingest import unpacking
from barograph.pipelines.prepare import named
from barograph.sources.catalogue import layouts
from barograph.sources.http import web
from barograph.sources.retry import Retry
from barograph.store.store import Store

KEY = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")
START = 1_704_067_200_000
NOW = datetime(2024, 1, 3, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> LiveLake:
    """A day of hours."""
    settings = load_settings(named("small").with_name("live.yaml"))
    found = LiveLake(Lake(tmp_path / "lake"), settings, features(), unpacking(layouts()))
    bars = [kline(START + k * HOUR_MS, close=100.0 + k / 16) for k in range(24)]
    found.append([bar.payload("binance_spot") for bar in bars], NOW)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.writer(tmp_path / "serving")


def closes(store: Store) -> list[float]:
    return [row[6] for row in store.bars("BTCUSDT", "1h", 0, 1 << 60)]


def brought(store: Store, lake: LiveLake) -> Projection:
    """The store as a start of the runner leaves it."""
    projection = Projection(store, lake, Candles())
    projection.bars([KEY], lambda _: None)
    return projection


def test_a_changed_missing_or_foreign_bar_is_put_right_by_a_restart(
    store: Store, lake: LiveLake
) -> None:
    right = [100.0 + k / 16 for k in range(24)]
    brought(store, lake)
    assert closes(store) == right
    change = store.connection.execute
    change("UPDATE bars SET close = 77.0 WHERE open_time = ?", (START + 5 * HOUR_MS,))
    change("DELETE FROM bars WHERE open_time = ?", (START + 9 * HOUR_MS,))
    change("UPDATE bars SET open_time = open_time - 1 WHERE open_time = ?", (START,))
    assert closes(store) != right
    brought(store, lake)
    assert closes(store) == right
    assert store.span("BTCUSDT", "1h") == (START, START + 23 * HOUR_MS)


def test_nothing_is_written_where_nothing_differs(store: Store, lake: LiveLake) -> None:
    brought(store, lake)
    before = store.connection.total_changes
    brought(store, lake)
    assert store.connection.total_changes == before


def test_a_corrected_bar_reaches_a_store_that_missed_it(store: Store, lake: LiveLake) -> None:
    """As when the disk refused the store just as the correction came in."""
    projection = brought(store, lake)
    corrected = kline(START + 3 * HOUR_MS, close=101.0)
    lake.append([corrected.payload("binance_spot")], NOW)
    assert closes(store)[3] == 100.1875
    projection.bars([KEY], lambda _: None)
    assert closes(store)[3] == 101.0


@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=3), timedelta(days=400)])
def test_a_slow_clock_loses_no_final_bar(
    lake: LiveLake,
    store: Store,
    lag: timedelta,
) -> None:
    """The exchange says that the bar has ended; our clock says that it has not."""
    clock = MarketClock("recorded", NOW - lag, time.time(), 1.0)
    with web(Retry(attempts=1)) as get:
        rest = Rest(get, "http://127.0.0.1:9", "binance_spot", clock)
        keeper = Keeper(lake, Projection(store, lake, Candles()), rest, clock)
        keeper.store([kline(START + k * HOUR_MS) for k in (24, 25)])
    assert lake.rows(KEY).height == 26
    refused = quarantine_table(KEY)
    assert not lake.lake.exists(refused) or lake.lake.read(refused).is_empty()
