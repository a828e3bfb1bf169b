"""The simulated exchange speaks Binance's protocol and fails on demand."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import polars as pl
import pytest
from tests.unit.sources.markets import START, bars, market

from barograph.core.columns import BAR_VALUES
from barograph.core.errors import SettingsError, SourceError
from barograph.core.time import HOUR
from barograph.simulator.faults import KINDS, Fault
from barograph.simulator.market import Market
from barograph.simulator.series import text
from barograph.simulator.server import Running, serve
from barograph.sources.catalogue import layouts

BARS = bars(1200)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Running]:
    with serve(market(BARS)) as running:
        yield running


@pytest.fixture
def web(exchange: Running) -> Iterator[httpx.Client]:
    exchange.faults.clear()
    with httpx.Client(base_url=exchange.url, timeout=2.0, trust_env=False) as client:
        yield client


def klines(web: httpx.Client, **query: int | str) -> httpx.Response:
    return web.get("/api/v3/klines", params={"symbol": "BTCUSDT", "interval": "1h", **query})


def test_ping_time_and_markets(web: httpx.Client) -> None:
    assert web.get("/api/v3/ping").json() == {}
    present = BARS["open_time"][-1] + timedelta(minutes=30)
    assert web.get("/api/v3/time").json() == {"serverTime": int(present.timestamp() * 1000)}
    (symbol,) = web.get("/api/v3/exchangeInfo").json()["symbols"]
    assert (symbol["symbol"], symbol["baseAsset"], symbol["quoteAsset"]) == (
        "BTCUSDT", "BTC", "USDT",
    )  # fmt: skip


def test_klines_as_binance_gives_them(web: httpx.Client) -> None:
    assert len(klines(web).json()) == 500
    assert len(klines(web, limit=5000).json()) == 1000
    begin = int(START.timestamp() * 1000)
    reply = klines(web, startTime=begin + 1, endTime=begin + 5 * 3_600_000, limit=3)
    parsed = layouts()["binance_klines_json"].parse(reply.content)
    assert parsed.select(list(BAR_VALUES)).equals(BARS[1:4])
    assert reply.json()[0][6] == reply.json()[0][0] + 3_600_000 - 1
    assert klines(web).json()[-1][0] == int(BARS["open_time"][-1].timestamp() * 1000)


def test_requests_that_make_no_sense(web: httpx.Client) -> None:
    for query, code in [({"symbol": "NOPE"}, -1121), ({"interval": "7h"}, -1120),
                        ({"limit": "many"}, -1100)]:  # fmt: skip
        reply = klines(web, **query)
        assert (reply.status_code, reply.json()["code"]) == (400, code)
    reply = web.get("/fapi/v1/fundingRate", params={"limit": "many"})
    assert reply.status_code == 400
    assert klines(web, interval="5m").json() == []


def test_funding(web: httpx.Client) -> None:
    latest = web.get("/fapi/v1/fundingRate", params={"symbol": "BTCUSDT"}).json()
    assert len(latest) == 100
    begin = int(START.timestamp() * 1000)
    query: dict[str, int | str] = {"symbol": "BTCUSDT", "startTime": begin, "limit": 2}
    settled = web.get("/fapi/v1/fundingRate", params=query).json()
    assert [row["fundingTime"] for row in settled] == [begin, begin + 28_800_000]
    assert [row["fundingRate"] for row in settled] == ["-0.00030000", "-0.00020000"]
    assert {row["symbol"] for row in settled} == {"BTCUSDT"}
    assert web.get("/fapi/v1/fundingRate", params={"symbol": "X"}).json() == []


def test_faults_happen_as_planned_and_then_no_more(exchange: Running, web: httpx.Client) -> None:
    exchange.faults.plan(
        Fault("limited", retry_after="3"), Fault("banned", after=1), Fault("error", status=502)
    )
    replies = [klines(web) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [429, 200, 418, 502, 200]
    assert replies[0].headers["Retry-After"] == "3"
    assert exchange.faults.requests == ["/api/v3/klines"] * 5
    exchange.faults.plan(Fault("cut"))
    with pytest.raises(httpx.TransportError):
        klines(web)
    exchange.faults.plan(Fault("silence", seconds=0.01))
    assert klines(web).status_code == 504


def test_faults_that_spoil_rows(exchange: Running, web: httpx.Client) -> None:
    good = klines(web, limit=6).json()
    exchange.faults.plan(Fault("empty"), Fault("shuffled"), Fault("duplicate"), Fault("malformed"))
    assert klines(web, limit=6).json() == []
    mixed = klines(web, limit=6).json()
    assert mixed != good
    assert sorted(mixed) == good
    assert klines(web, limit=3).json() == good
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        klines(web, limit=6).json()


def test_a_fault_can_be_planned_from_outside(exchange: Running, web: httpx.Client) -> None:
    assert web.post("/simulator/faults", json={"kind": "limited"}).json() == {"planned": True}
    assert klines(web).status_code == 429


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(SettingsError, match="unknown fault 'flood'; known: limited, banned"):
        Fault("flood")  # type: ignore[arg-type]
    assert "cut" in KINDS


def test_the_archive_spoils_too(exchange: Running, web: httpx.Client) -> None:
    path = "/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-10.zip"
    good = web.get(path).content
    exchange.faults.plan(Fault("corrupt", path="/data/"), Fault("error", path="/data/"))
    assert sum(a != b for a, b in zip(web.get(path).content, good, strict=True)) == 1
    assert web.get(path).status_code == 503
    assert web.get(path.replace("spot", "futures/um")).status_code == 404
    funding = "/data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-{}.zip"
    assert web.get(funding.format("2024-10")).status_code == 200
    assert web.get(funding.format("2024-09")).status_code == 404
    assert web.get(funding.format("2025-01")).status_code == 404


def test_a_taken_port_is_said(exchange: Running) -> None:
    port = int(exchange.url.rsplit(":", 1)[1])
    with pytest.raises(SourceError, match=f"cannot serve on 127.0.0.1:{port}"), \
            serve(Market({}), port=port):  # fmt: skip
        pass


def test_flows_that_are_not_known_are_zero() -> None:
    table = BARS.select("open_time", "open", "high", "low", "close", "volume").head(2)
    only = Market({("BTCUSDT", "1h"): table}, clock=lambda: START + HOUR)
    assert [row[7:11] for row in only.klines("BTCUSDT", "1h", 0, None, 9)] == [
        ["0.00000000", 0, "0.00000000", "0.00000000"]
    ] * 2
    assert [text(value) for value in (None, 1e-05, 12.5)] == [
        "0.00000000",
        "0.00001000",
        "12.50000000",
    ]
    assert only.symbols == ["BTCUSDT"]
    assert isinstance(table, pl.DataFrame)
