"""Tapes: from a lake, from files, invented; longer bars made where they were not recorded."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.unit.simulator.tapes import START

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pipelines.ingest import ingest
from barograph.simulator.tape import from_files, invented, recorded, with_longer
from barograph.sources import simulated
from barograph.sources.catalogue import layouts

END = START + timedelta(days=9)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Lake of the made-up market, hourly and five-minute."""
    made = Lake(tmp_path_factory.mktemp("lake"))
    parts = simulated.payloads(["BTCUSDT", "ETHUSDT"], END, ("1h", "5m"), START)
    ingest(made, parts, layouts(), lambda: END + HOUR)
    return made


def test_a_lake_plays_what_it_holds(lake: Lake) -> None:
    tape = recorded(lake, ["BTCUSDT"])
    assert {symbol for symbol, _ in tape.bars} == {"BTCUSDT"}
    assert tape.span == (START, END)
    assert tape.kind == "invented"
    silver = lake.bars("BTCUSDT", "1h", ["simulated"])
    assert tape.bars["BTCUSDT", "1h"].equals(silver.select(tape.bars["BTCUSDT", "1h"].columns))
    assert tape.bars["BTCUSDT", "1d"].height == 9
    day = tape.bars["BTCUSDT", "1h"].head(24)
    assert tape.bars["BTCUSDT", "1d"].row(0)[1:5] == (
        day["open"][0], day["high"].max(), day["low"].min(), day["close"][-1],
    )  # fmt: skip


def test_the_invented_market_is_the_same_for_whoever_asks(lake: Lake) -> None:
    made = invented(["BTCUSDT", "ETHUSDT"], END, START)
    held = recorded(lake, ["BTCUSDT", "ETHUSDT"])
    for key, table in made.bars.items():
        assert table.equals(held.bars[key].select(table.columns)), key


def test_files_are_played_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    (tmp_path / "derivatives").mkdir()
    fine = simulated.market(["BTCUSDT"], END, START)["BTCUSDT"]
    hours = simulated.hourly(fine)
    hours.write_parquet(tmp_path / "bars" / "binance_spot_BTCUSDT_1h.parquet")
    hours.write_parquet(tmp_path / "bars" / "binance_perp_BTCUSDT_1h.parquet")
    funding = simulated.funding(hours)
    funding.write_parquet(tmp_path / "derivatives" / "binance_funding_BTCUSDT.parquet")
    tape = from_files(tmp_path, ["BTCUSDT"])
    assert tape.kind == "recorded"
    assert tape.bars["BTCUSDT", "1h"]["close"].equals(hours["close"])
    assert tape.funding["BTCUSDT"]["funding_rate"].equals(funding["funding_rate"])
    assert ("BTCUSDT", "4h") in tape.perpetuals
    with pytest.raises(InputError, match="no bars of DOGEUSDT"):
        from_files(tmp_path, ["DOGEUSDT"])


def test_holes_of_recorded_bars_stay_holes() -> None:
    """Longer bars are made before the first and after the last recorded one only."""
    tape = invented(["BTCUSDT"], END, START)
    hours = tape.bars["BTCUSDT", "1h"]
    kept = hours.filter(pl.int_range(pl.len()).is_between(10, 99) & (pl.int_range(pl.len()) != 50))
    made = with_longer({("BTCUSDT", "5m"): tape.bars["BTCUSDT", "5m"], ("BTCUSDT", "1h"): kept})
    missing = set(hours["open_time"]) - set(made["BTCUSDT", "1h"]["open_time"])
    assert missing == {START + 50 * HOUR}
    days = made["BTCUSDT", "1d"]["open_time"].to_list()
    assert START + timedelta(days=2) not in days, "a day with a missing hour is no day"
    assert len(days) == 8


def test_a_symbol_without_bars_is_said(lake: Lake) -> None:
    with pytest.raises(NotEnoughDataError, match="no spot bars of DOGEUSDT"):
        recorded(lake, ["DOGEUSDT"])


@pytest.mark.real
def test_real_history_is_played_as_it_was(data_dir: Path) -> None:
    """Its high of 2024-03-14, its missing hour, and its hole in the five-minute bars."""
    tape = from_files(data_dir, ["BTCUSDT"])
    noon = datetime(2024, 3, 14, 12, tzinfo=UTC)
    market = tape.market(lambda: noon)
    day = market.spot.day("BTCUSDT", market.millis)
    assert day is not None
    assert day["highPrice"] == "73777.00000000"
    assert float(market.settlements("BTCUSDT", None, None, 1)[0]["fundingRate"]) > 0
    hours = tape.bars["BTCUSDT", "1h"]
    steps = hours["open_time"].diff().dt.total_hours().drop_nulls()
    assert (steps - 1).sum() == 128, "hours that the exchange was out stay missing"
    hole = market.spot
    there = int(datetime(2024, 10, 1, 12, 20, tzinfo=UTC).timestamp() * 1000)
    assert hole.open_bar("BTCUSDT", "5m", there) is None
    bar = hole.open_bar("BTCUSDT", "1h", there)
    assert bar is not None
    assert bar.values[2] <= bar.values[3] <= bar.values[1]
