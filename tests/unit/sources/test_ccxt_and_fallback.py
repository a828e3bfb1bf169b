"""The real ccxt against the simulated exchange, changed only in its address."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.unit.sources.markets import START, bars, market

from barograph.core.errors import SourceError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.progress import Progress, silent
from barograph.core.time import HOUR
from barograph.simulator.faults import Fault
from barograph.simulator.server import Running, serve
from barograph.sources import fallback
from barograph.sources.catalogue import detect, read
from barograph.sources.ccxt_rest import VENUES, Exchange, Venue, connect, fetch, split_symbol
from barograph.sources.request import Manner, Wanted
from barograph.sources.retry import Retry

BARS = bars()
COMPLETE = BARS[:-1]
BINANCE, BYBIT, OKX, COINBASE, KRAKEN = VENUES
WANTED = Wanted("BTCUSDT", "1h", START)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Running]:
    with serve(market(BARS)) as running:
        yield running


@pytest.fixture
def running(exchange: Running) -> Running:
    exchange.faults.clear()
    return exchange


class Naps(list[float]):
    """Seconds that would have been slept, and a manner that counts them."""

    def manner(self, attempts: int = 6) -> Manner:
        last = BARS["open_time"][-1]
        retry = Retry(attempts=attempts, sleep=self.append, jitter=lambda: 0.0)
        return Manner(retry, lambda: last + timedelta(days=1))


def gather(running: Running, manner: Manner, wanted: Wanted = WANTED) -> list[Payload]:
    with connect(BINANCE, running.url, timeout=0.4, rate_limit=False) as exchange:
        return list(fetch(exchange, BINANCE, wanted, manner))


def together(payloads: list[Payload]) -> pl.DataFrame:
    return pl.concat([read(item) for item in payloads])


def assert_complete(payloads: list[Payload], table: pl.DataFrame = COMPLETE) -> None:
    rows = together(payloads)
    columns = ["open_time", "open", "high", "low", "close", "volume"]
    assert rows["fault"].null_count() == rows.height
    assert rows.select(columns).equals(table.select(columns))


def test_pages_up_to_the_last_complete_bar(running: Running) -> None:
    naps = Naps()
    pages = gather(running, naps.manner())
    assert_complete(pages)
    assert len(pages) == 3
    assert pages[0].key == SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")
    assert (pages[0].source, pages[0].layout) == ("ccxt:binance", "ccxt_ohlcv_json")
    assert detect(pages[0].content).name == "ccxt_ohlcv_json"
    assert pages[1].name == f"binance BTC/USDT 1h since {START + 1000 * HOUR:%Y-%m-%d %H:%M}"
    assert naps == []


def test_our_own_clock_holds_back_the_open_bar_too(running: Running) -> None:
    manner = Manner(Retry(), lambda: START + 2.5 * HOUR)
    assert_complete(gather(running, manner), BARS[:2])


def test_resume_and_end(running: Running) -> None:
    wanted = Wanted("BTCUSDT", "1h", START + 10.3 * HOUR, START + 20 * HOUR)
    assert_complete(gather(running, Naps().manner(), wanted), BARS[11:20])
    late = Wanted("BTCUSDT", "1h", BARS["open_time"][-1])
    assert gather(running, Naps().manner(), late) == []


@pytest.mark.parametrize(
    ("fault", "naps"),
    [
        (Fault("limited", retry_after="7"), [7.0]),
        (Fault("banned", times=2), [1.0, 2.0]),
        (Fault("error", status=500), [1.0]),
        (Fault("error", status=502, after=1, times=3), [1.0, 2.0, 4.0]),
        (Fault("silence", seconds=1.0), [1.0]),
        (Fault("cut", after=2), [1.0]),
        (Fault("malformed", times=4, after=1), [1.0, 2.0, 4.0, 8.0]),
        (Fault("empty", times=2, after=1), [1.0, 2.0]),
        (Fault("duplicate", after=1), [1.0]),
        (Fault("duplicate", after=2), [1.0]),
        (Fault("shuffled", times=3), []),
        (Fault("malformed", path="exchangeInfo"), [1.0]),
        (Fault("error", path="/time", times=2), [1.0, 2.0]),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_every_fault_that_passes_loses_no_bar(
    running: Running, fault: Fault, naps: list[float]
) -> None:
    running.faults.plan(fault)
    slept = Naps()
    assert_complete(gather(running, slept.manner()))
    assert slept == naps


def test_a_gap_at_the_start_of_a_page_is_believed_after_three_answers(running: Running) -> None:
    naps = Naps()
    wanted = Wanted("BTCUSDT", "1h", START + 1301 * HOUR)
    assert_complete(gather(running, naps.manner(), wanted), COMPLETE[1300:])
    assert naps == [1.0, 2.0]


def test_pages_before_the_listing_are_passed_over_without_a_pause() -> None:
    naps = Naps()
    fake = Fake(OKX, rows(100))
    early = Wanted("BTCUSDT", "1h", START - 900 * HOUR, START + 100 * HOUR)
    (found,) = fetch(fake, OKX, early, naps.manner())
    assert json.loads(found.content) == rows(100)
    assert naps == []
    assert len(fake.asked) == 3 * 3 + 1


def test_no_bars_before_the_listing(running: Running) -> None:
    early = Wanted("BTCUSDT", "1h", START - 50 * HOUR, START + 10 * HOUR)
    assert_complete(gather(running, Naps().manner(), early), BARS[:10])


def test_a_fault_that_stays_ends_it(running: Running) -> None:
    running.faults.plan(Fault("error", times=99))
    with pytest.raises(SourceError, match=r"page at .* ExchangeNotAvailable .* \(3 attempts\)"):
        gather(running, Naps().manner(attempts=3))


def test_an_unknown_symbol_is_not_asked_for_twice(running: Running) -> None:
    naps = Naps()
    with pytest.raises(SourceError, match="BadSymbol"):
        gather(running, naps.manner(), Wanted("SOLUSDT", "1h", START))
    assert naps == []


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.exchange)
def test_every_exchange_of_the_chain_is_one_ccxt_has(venue: Venue) -> None:
    with connect(venue) as exchange:
        assert exchange.id == venue.exchange
        assert exchange.has["fetchOHLCV"]
        assert "1h" in exchange.timeframes  # type: ignore[attr-defined]


def test_symbols_are_translated() -> None:
    assert [venue.market("BTCUSDT") for venue in VENUES] == ["BTC/USDT"] * 3 + ["BTC/USD"] * 2
    assert KRAKEN.key("ETH/USDT", "1h") == SeriesKey("bars", "kraken_spot_usd", "ETHUSDT", "1h")
    assert KRAKEN.key("ETHUSD", "1h") == SeriesKey("bars", "kraken_spot", "ETHUSD", "1h")
    assert OKX.key("ETHUSDT", "1h") == SeriesKey("bars", "okx_spot", "ETHUSDT", "1h")
    assert split_symbol("eth-btc") == ("ETH", "BTC")
    with pytest.raises(SourceError, match="write it as BASE/QUOTE"):
        split_symbol("NONSENSE")


class Fake:
    """An exchange that answers with what it was given."""

    def __init__(self, venue: Venue, rows: list[list[Any]] | Exception) -> None:
        self.id = venue.exchange
        self.has = {"fetchTime": False}
        self.rows = rows
        self.asked: list[int] = []

    def load_markets(self) -> object:
        return None

    def fetch_time(self) -> int | None:
        raise NotImplementedError

    def fetch_ohlcv(self, symbol: str, timeframe: str, since: int, limit: int) -> list[list[Any]]:
        assert (symbol[:4], timeframe) == ("BTC/", "1h")
        self.asked.append(since)
        if isinstance(self.rows, Exception):
            raise self.rows
        window = since + limit * 3_600_000
        return [row for row in self.rows if since <= row[0] < window][:limit]


def rows(count: int) -> list[list[Any]]:
    begin = int(START.timestamp() * 1000)
    return [[begin + i * 3_600_000, 1.0, 2.0, 0.5, 1.5, 3.0] for i in range(count)]


def chain(
    answers: dict[str, list[list[Any]] | Exception], **more: Any
) -> tuple[list[Payload], list[fallback.Switch], dict[str, Fake]]:
    fakes: dict[str, Fake] = {}
    switches: list[fallback.Switch] = []

    @contextmanager
    def open_fake(venue: Venue) -> Iterator[Exchange]:
        fakes[venue.exchange] = Fake(venue, answers[venue.exchange])
        yield fakes[venue.exchange]

    manner = Manner(
        Retry(attempts=2, sleep=Naps().append), lambda: START + 100.5 * HOUR,
        more.pop("listener", silent),
    )  # fmt: skip
    found = fallback.bars(WANTED, manner, connect=open_fake, on_switch=switches.append, **more)
    try:
        return list(found), switches, fakes
    except SourceError as error:
        raise SourceError(f"{error} [{len(switches)} switches]") from error


def test_the_chain_switches_says_so_and_shows_it_in_the_venue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    import ccxt

    heard: list[Progress] = []
    found, switches, fakes = chain(
        {"binance": ccxt.ExchangeNotAvailable("down"), "bybit": ccxt.BadSymbol("not here"),
         "okx": ValueError("nonsense"), "coinbase": rows(200)},
        listener=heard.append,
    )  # fmt: skip
    assert [item.key.name for item in found] == ["coinbase_spot_usd_BTCUSDT_1h"]
    assert json.loads(found[0].content) == rows(100)
    assert [(switch.failed, switch.next) for switch in switches] == [
        ("binance_spot", "bybit_spot"),
        ("bybit_spot", "okx_spot"),
        ("okx_spot", "coinbase_spot"),
    ]
    assert len([text for text in caplog.messages if "failed for BTCUSDT" in text]) == 3
    assert (heard[-1].rows, heard[-1].done) == (100, 1.0)
    assert fakes["coinbase"].asked == [rows(1)[0][0]]


def test_a_venue_that_fails_midway_hands_over_the_whole_range() -> None:
    import ccxt

    class BreakingOnTheSecondPage(list[list[Any]]):
        pages = 0

        def __iter__(self) -> Iterator[list[Any]]:
            self.pages += 1
            if self.pages > 1:
                raise ccxt.NetworkError("lost")
            return super().__iter__()

    small = replace(BINANCE, page=40)
    answers: dict[str, list[list[Any]] | Exception] = {
        "binance": BreakingOnTheSecondPage(rows(100)),
        "bybit": rows(100),
    }
    found, switches, fakes = chain(answers, venues=(small, BYBIT))
    assert [item.key.venue for item in found] == ["binance_spot", "bybit_spot"]
    assert [len(json.loads(item.content)) for item in found] == [40, 100]
    assert len(switches) == 1
    assert fakes["bybit"].asked == [rows(1)[0][0]]


def test_each_venue_resumes_behind_its_own_last_bar() -> None:
    import ccxt

    stored = {"binance_spot": START + 90 * HOUR, "bybit_spot": START + 40 * HOUR}

    def last_stored(key: SeriesKey) -> datetime | None:
        return stored.get(key.venue)

    found, _, fakes = chain(
        {"binance": ccxt.AuthenticationError("no"), "bybit": rows(100)}, last_stored=last_stored
    )
    assert fakes["bybit"].asked == [rows(41)[-1][0]]
    assert json.loads(found[0].content) == rows(100)[40:]


def test_when_all_fail_each_is_named_with_its_reason() -> None:
    import ccxt

    down = {venue.exchange: ccxt.ExchangeError(f"{venue.exchange} said no") for venue in VENUES}
    with pytest.raises(SourceError) as caught:
        chain(down)
    for venue in VENUES:
        assert f"{venue.name} (" in str(caught.value)
        assert f"{venue.exchange} said no" in str(caught.value)
    assert str(caught.value).startswith("no exchange gave 1h bars of BTCUSDT: ")
    assert str(caught.value).endswith("[5 switches]")


def test_pages_are_tidied() -> None:
    page = rows(5)
    odd = [[*page[2][:4], 9.9, 3.0]]
    found, _, _ = chain({"binance": [page[3], page[0], page[1], page[1], page[2], *odd, page[4]]})
    got = json.loads(found[0].content)
    assert [row[0] for row in got] == [row[0] for row in [*page[:3], page[2], *page[3:]]]
    found, _, _ = chain({"binance": [page[0], ["x"]], "bybit": page})
    assert found[0].key.venue == "bybit_spot"
