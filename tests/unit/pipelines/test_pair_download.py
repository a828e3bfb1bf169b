"""Bars of both legs from a lake or from files, and which of several series is taken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import make_hourly_bars

from barograph.core.errors import InputError, LakeError
from barograph.core.payload import SeriesKey
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pair.download import Month, choose, full_hour, months, settled, span_asked
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.prepare import RAW
from barograph.pair.workspace import Workspace, read_table
from barograph.pipelines.gather import from_files as ingest_files
from barograph.pipelines.pair_download import from_files, from_lake
from barograph.pipelines.pair_prepare import raw_stem
from barograph.pipelines.prepare import settings_of

QUIET = Heartbeat(lambda _: None)
VENUES = ("binance_spot", "bybit_spot")


def key(venue: str, symbol: str, interval: str = "1h", kind: str = "bars") -> SeriesKey:
    return SeriesKey(kind, venue, symbol, interval)


def supplied(folder: Path, *symbols: str, rows: int = 300) -> Path:
    """Files of so many symbols, with one bar that cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, symbol in enumerate(symbols):
        bars = make_hourly_bars(rows, seed).rename({"open_time": "ts"})
        kept = bars.select("ts", "open", "high", "low", "close", "volume")
        low = pl.when(pl.int_range(pl.len()) == 100).then(0.0).otherwise(pl.col("low"))
        kept.with_columns(low=low).write_parquet(folder / f"binance_spot_{symbol}_1h.parquet")
    return folder


def test_both_legs_are_of_one_venue_and_one_currency_where_there_are_such() -> None:
    there = [
        key("binance_spot", "BTCUSDT"),
        key("binance_spot", "ETHUSDC"),
        key("bybit_spot", "BTCUSDT"),
        key("bybit_spot", "ETHUSDT"),
        key("binance_perp_mark", "ETHUSDT"),
        key("binance_perp", "funding_rate_ETHUSDT", "event", "observations"),
    ]
    chosen = choose(there, VENUES)
    assert chosen == {"BTC": there[2], "ETH": there[3]}
    assert choose([there[0], there[1]], VENUES) == {"BTC": there[0], "ETH": there[1]}
    assert choose(there[::-1], VENUES) == chosen, "the order of files cannot matter"


def test_a_missing_leg_is_named_with_what_there_is() -> None:
    with pytest.raises(InputError, match=r"no bars of ETH in .*binance_perp_mark_ETHUSDT_1h"):
        choose([key("binance_spot", "BTCUSDT"), key("binance_perp_mark", "ETHUSDT")], VENUES)


def test_files_come_with_every_row_and_a_lake_with_the_good_ones(tmp_path: Path) -> None:
    data = supplied(tmp_path / "data" / "bars", "BTCUSDT", "ETHUSDT", "SOLUSDT").parent
    lake = tmp_path / "lake"
    ingest_files(Lake(lake), [data])
    by_files, by_lake = Workspace(tmp_path / "files"), Workspace(tmp_path / "by_lake")
    told = from_files(by_files, QUIET, data, settings_of())
    origins = from_lake(by_lake, QUIET, lake, settings_of())
    assert told["legs"]["BTC"]["files"][0]["name"] == "binance_spot_BTCUSDT_1h.parquet"
    assert origins["legs"]["ETH"]["table"] == "silver/bars/binance_spot_ETHUSDT_1h"
    assert not told["simulated"]
    for symbol in ("BTC", "ETH"):
        whole, good = (
            read_table(raw_stem(place, symbol).with_suffix(".parquet"), RAW)
            for place in (by_files, by_lake)
        )
        assert (whole.height, good.height) == (300, 299)
        without = whole.filter(pl.col("low") > 0).drop("arrived_at")
        assert without.equals(good.drop("arrived_at"))
    names = sorted(path.name for path in by_files.raw.iterdir())
    assert names == [
        "btc_1h_all.csv", "btc_1h_all.parquet", "download.json",
        "eth_1h_all.csv", "eth_1h_all.parquet",
    ]  # fmt: skip


def test_finer_bars_of_a_lake_are_made_into_hours(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        pl.DataFrame(
            {
                "ts": [start + n * timedelta(minutes=30) for n in range(48)],
                **{name: [100.0 + n for n in range(48)] for name in ("open", "low", "close")},
                "high": [101.0 + n for n in range(48)],
                "volume": [1.0] * 48,
            }
        ).write_parquet(folder / f"bybit_spot_{symbol}_30m.parquet")
    ingest_files(Lake(tmp_path / "lake"), [folder])
    place = Workspace(tmp_path / "w")
    origins = from_lake(place, QUIET, tmp_path / "lake", settings_of())
    rows = read_table(raw_stem(place, "BTC").with_suffix(".csv"), RAW)
    assert rows.height == 24
    assert rows.row(0)[:6] == (start, 100.0, 102.0, 100.0, 101.0, 2.0)
    assert origins["legs"]["BTC"]["source"] == "lake bybit_spot_BTCUSDT_30m"


def test_what_lacks_a_leg_or_is_no_folder_is_one_line(tmp_path: Path) -> None:
    data = supplied(tmp_path / "one", "BTCUSDT")
    place = Workspace(tmp_path / "w")
    with pytest.raises(InputError, match="no bars of ETH"):
        from_files(place, QUIET, data, settings_of())
    with pytest.raises(InputError, match="a pair has two legs"):
        from_files(place, QUIET, next(data.iterdir()), settings_of())
    with pytest.raises(LakeError, match="no lake"):
        from_lake(place, QUIET, tmp_path / "none", settings_of())
    assert not place.root.exists()


def test_months_go_back_from_the_last_hour_that_ended() -> None:
    present = datetime(2024, 3, 1, 0, 59, tzinfo=UTC)
    assert full_hour(present) == datetime(2024, 3, 1, tzinfo=UTC)
    names = [month.name for month in months(datetime(2023, 11, 30, tzinfo=UTC), present)]
    assert names == ["2024-02", "2024-01", "2023-12", "2023-11"]
    assert months(present, present) == (Month(2024, 2),)


def test_a_month_is_asked_for_again_only_while_it_grows() -> None:
    march = Month(2024, 3)
    present = datetime(2024, 3, 10, 12, 20, tzinfo=UTC)
    assert not settled(march, None, present)
    assert settled(march, datetime(2024, 3, 10, 12, 1, tzinfo=UTC), present)
    assert not settled(march, datetime(2024, 3, 10, 11, 59, tzinfo=UTC), present)
    assert settled(march, march.end, datetime(2030, 1, 1, tzinfo=UTC))
    assert not settled(march, march.end - HOUR, march.end)


@pytest.mark.parametrize(
    ("month", "present", "end", "days"),
    [
        (Month(2024, 2), datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC), 30),
        (Month(2023, 12), datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), 32),
        (
            Month(2024, 3),
            datetime(2024, 3, 10, 12, 20, tzinfo=UTC),
            datetime(2024, 3, 10, 12, tzinfo=UTC),
            11,
        ),
    ],
)
def test_a_question_covers_its_month_and_no_hour_that_runs(
    month: Month, present: datetime, end: datetime, days: int
) -> None:
    assert span_asked(month, present) == (end, f"{days} D")
    assert end - timedelta(days=days) <= month.start
