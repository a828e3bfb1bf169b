"""Binance's archives and its own REST interface, against the simulated exchange."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from tests.unit.sources.markets import START, bars, market, no_sleep

from barograph.core.errors import SourceError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR
from barograph.simulator.faults import Fault
from barograph.simulator.server import Running, serve
from barograph.sources import binance_archive, binance_funding, binance_klines
from barograph.sources.catalogue import detect, read
from barograph.sources.http import HttpGet, NotThereError, web
from barograph.sources.request import Manner, Wanted
from barograph.sources.retry import Retry

BARS = bars()
NOW = datetime(2025, 2, 1, 3, 30, tzinfo=UTC)
KEY = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")


def manner(attempts: int = 3) -> Manner:
    patience = Retry(attempts=attempts, sleep=no_sleep, jitter=lambda: 0.0)
    return Manner(patience, lambda: NOW)


@pytest.fixture(scope="module")
def exchange() -> Iterator[tuple[Running, HttpGet]]:
    with serve(market(BARS, NOW)) as running, web(manner().retry, trust_env=False) as get:
        yield running, get


@pytest.fixture
def sim(exchange: tuple[Running, HttpGet]) -> tuple[Running, HttpGet]:
    exchange[0].faults.clear()
    return exchange


def together(payloads: list[Payload]) -> pl.DataFrame:
    rows = pl.concat([read(item) for item in payloads]).drop("row")
    assert rows["fault"].null_count() == rows.height
    return rows.drop("fault")


def test_months_and_days_are_named_as_the_archive_names_them() -> None:
    months = binance_archive.months(KEY, "BTCUSDT", START, NOW)
    assert [month.period for month in months] == ["2024-10", "2024-11", "2024-12", "2025-01"]
    assert months[1].path == "data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-11.zip"
    days = binance_archive.days(months[1])
    assert len(days) == 30
    assert days[4].path == "data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2024-11-05.zip"
    (funding, *_) = binance_archive.months(
        binance_archive.funding("BTCUSDT"), "BTCUSDT", START, NOW
    )
    wanted = "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-10.zip"
    assert funding.path == wanted
    perp = SeriesKey("bars", "binance_perp", "BTCUSDT", "1h")
    assert binance_archive.Archive(perp, "BTCUSDT", "2024-10").path.startswith("data/futures/um/")


def test_a_month_not_published_yet_comes_by_its_days(sim: tuple[Running, HttpGet]) -> None:
    running, get = sim
    found = [
        payload
        for month in binance_archive.months(KEY, "BTCUSDT", START, NOW)
        for payload in binance_archive.fetch(get, month, running.url, manner())
    ]
    assert [len(item.name) for item in found] == [22] * 3 + [25] * 31
    assert {detect(item.content).name for item in found} == {"binance_klines_csv"}
    assert together(found).equals(
        BARS.filter(pl.col("open_time") < datetime(2025, 2, 1, tzinfo=UTC))
    )


def test_an_old_month_that_is_not_there_is_not_looked_for_by_days(
    sim: tuple[Running, HttpGet],
) -> None:
    running, get = sim
    old = binance_archive.Archive(KEY, "BTCUSDT", "2020-01")
    assert list(binance_archive.fetch(get, old, running.url, manner())) == []
    assert len(running.faults.requests) == 1


def test_a_file_that_does_not_match_its_checksum_is_fetched_again(
    sim: tuple[Running, HttpGet],
) -> None:
    running, get = sim
    month = binance_archive.Archive(KEY, "BTCUSDT", "2024-11")
    spoilt = Fault("corrupt", path="2024-11.zip", after=1)
    running.faults.plan(spoilt)
    (found,) = binance_archive.fetch(get, month, running.url, manner())
    assert read(found).height == 720
    assert len(running.faults.requests) == 4
    running.faults.plan(*[spoilt] * 3)
    with pytest.raises(SourceError, match=r"2024-11.zip: checksum mismatch: sha256 \w{12} of"):
        list(binance_archive.fetch(get, month, running.url, manner()))


def test_an_empty_checksum_matches_nothing() -> None:
    assert binance_archive.stated_checksum(b"") == ""
    stated = hashlib.sha256(b"x").hexdigest()
    assert binance_archive.stated_checksum(f"{stated.upper()}  x.zip\n".encode()) == stated


def test_funding_by_the_month(sim: tuple[Running, HttpGet]) -> None:
    running, get = sim
    key = binance_archive.funding("BTCUSDT")
    found = [
        payload
        for month in binance_archive.months(key, "BTCUSDT", START, NOW)
        for payload in binance_archive.fetch(get, month, running.url, manner())
    ]
    assert len(found) == 3
    assert together(found)["event_time"].to_list() == [
        moment
        for moment in BARS.filter(pl.col("open_time").dt.hour() % 8 == 0)["open_time"]
        if moment < datetime(2025, 1, 1, tzinfo=UTC)
    ]


def test_klines_over_rest_keep_all_cells(sim: tuple[Running, HttpGet]) -> None:
    running, get = sim
    running.faults.plan(
        Fault("limited"), Fault("malformed", after=1), Fault("empty", after=2, times=2),
        Fault("duplicate", after=1),
    )  # fmt: skip
    wanted = Wanted("BTCUSDT", "1h", START)
    found = list(binance_klines.fetch(get, wanted, running.url, manner()))
    assert together(found).equals(BARS.filter(pl.col("open_time") + HOUR <= NOW))
    part = Wanted("BTCUSDT", "1h", START + 5 * HOUR, START + 8 * HOUR)
    found = list(binance_klines.fetch(get, part, running.url, manner()))
    assert together(found).equals(BARS[5:8])


def test_nothing_over_rest(sim: tuple[Running, HttpGet]) -> None:
    running, get = sim
    later = Wanted("BTCUSDT", "1h", BARS["open_time"][-1] + HOUR)
    assert list(binance_klines.fetch(get, later, running.url, manner())) == []
    unknown = Wanted("SOLUSDT", "1h", START)
    with pytest.raises(SourceError, match="Invalid symbol"):
        list(binance_klines.fetch(get, unknown, running.url, manner()))
    with pytest.raises(NotThereError):
        get(f"{running.url}/data/spot/other.zip", {})


def test_funding_over_rest(sim: tuple[Running, HttpGet], monkeypatch: pytest.MonkeyPatch) -> None:
    running, get = sim
    monkeypatch.setattr(binance_funding, "PAGE", 100)
    running.faults.plan(Fault("malformed", path="funding"), Fault("error", path="funding"))
    found = list(binance_funding.fetch(get, "BTCUSDT", START, running.url, manner()))
    table = market(BARS, NOW).funding["BTCUSDT"].filter(pl.col("ts") <= NOW)
    rows = together(found)
    assert len(found) == -(-table.height // 100)
    assert rows["event_time"].to_list() == table["ts"].to_list()
    assert rows["value"].to_list() == pytest.approx(table["funding_rate"].to_list(), abs=1e-9)
    assert list(binance_funding.fetch(get, "X", START + timedelta(1), running.url, manner())) == []
