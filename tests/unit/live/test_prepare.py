"""A serving folder holds what was known at the beginning of a replay, and nothing later."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR
from barograph.lake.lake import Lake, silver_table
from barograph.live.prepare import Replay, claim, seed
from barograph.pipelines.ingest import ingest
from barograph.sources.catalogue import layouts
from barograph.sources.names import funding_key
from barograph.sources.simulated import funding, hourly, market

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2024, 2, 15, tzinfo=UTC)
KEY = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of one symbol: hours, five minutes and funding."""
    lake = Lake(tmp_path_factory.mktemp("source"))
    fine = market(["BTCUSDT"], LAST, FIRST)["BTCUSDT"]
    tables = {
        KEY: (hourly(fine), "bars_parquet"),
        SeriesKey("bars", "binance_spot", "BTCUSDT", "5m"): (fine, "bars_parquet"),
        funding_key("BTCUSDT"): (funding(hourly(fine)), "observations_parquet"),
    }
    payloads = []
    for key, (table, layout) in tables.items():
        buffer = BytesIO()
        table.write_parquet(buffer)
        payloads.append(Payload(key, "test", key.name, layout, buffer.getvalue()))
    ingest(lake, payloads, layouts(), lambda: LAST + timedelta(days=1))
    return lake


def replay(source: Lake, begin: datetime | None = None) -> Replay:
    return Replay(source, ("BTCUSDT",), ("1h", "5m"), begin)


def test_nothing_later_than_the_beginning_is_there(source: Lake, tmp_path: Path) -> None:
    begin = datetime(2024, 2, 1, 12, 30, tzinfo=UTC)
    assert seed(tmp_path, replay(source, begin)) == begin
    own = Lake(tmp_path / "lake")
    for key in own.series():
        rows = own.read(silver_table(key))
        assert rows["available_at"].max() <= begin, key.name  # type: ignore[operator]
    hours = own.read(silver_table(KEY)).sort("open_time")
    assert hours["close_time"][-1] == begin.replace(minute=0)
    before = source.read(silver_table(KEY), where=pl.col("available_at") <= begin)
    values = ["open_time", "open", "high", "low", "close", "volume", "trades", "flag"]
    assert hours.select(values).equals(before.sort("open_time").select(values))
    assert {key.name for key in own.series()} == {key.name for key in source.series()}


def test_a_folder_is_gone_on_with(source: Lake, tmp_path: Path) -> None:
    begin = datetime(2024, 2, 1, tzinfo=UTC)
    seed(tmp_path, replay(source, begin))
    assert seed(tmp_path, replay(source)) == begin
    later = begin + 5 * HOUR
    assert seed(tmp_path, replay(source, later)) == later
    with pytest.raises(InputError, match="has seen bars up to 2024-02-01"):
        seed(tmp_path, replay(source, begin - HOUR))


def test_thirty_days_before_the_end_unless_told(source: Lake, tmp_path: Path) -> None:
    assert seed(tmp_path, replay(source)) == LAST - timedelta(days=30)


@pytest.mark.parametrize("begin", [FIRST - HOUR, LAST + HOUR])
def test_a_beginning_outside_of_the_recording_is_refused(
    source: Lake, tmp_path: Path, begin: datetime
) -> None:
    with pytest.raises(InputError, match="outside of the recording"):
        seed(tmp_path, replay(source, begin))


def test_a_recording_without_the_symbol_is_refused(source: Lake, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughDataError, match="ETHUSDT"):
        seed(tmp_path, Replay(source, ("BTCUSDT", "ETHUSDT"), ("1h",)))


def test_markets_do_not_mix(tmp_path: Path) -> None:
    claim(tmp_path, "recorded")
    claim(tmp_path, "recorded")
    with pytest.raises(InputError, match="holds a recorded market"):
        claim(tmp_path, "live")
