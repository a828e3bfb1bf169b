"""The real ccxt and ccxt.pro, changed only in the address they talk to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.simulator.tapes import PRINTS_AT, START, millis, playing, small

from barograph.simulator.server import Running, serve
from barograph.sources.ccxt_rest import redirect

TAPE = small()
HOUR = 3_600_000


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(playing(TAPE, PRINTS_AT - timedelta(seconds=30), 10.0)) as served:
        yield served


@pytest.fixture(scope="module")
def rest(running: Running) -> Iterator[Any]:
    import ccxt

    exchange = ccxt.binance({"enableRateLimit": False, "timeout": 5000})
    exchange.urls["api"] = redirect(exchange.urls["api"], running.url)
    exchange.load_markets()
    yield exchange
    exchange.session.close()


@asynccontextmanager
async def streaming(running: Running) -> AsyncIterator[Any]:
    import ccxt.pro

    exchange = ccxt.pro.binance({"enableRateLimit": False, "timeout": 5000})
    sockets = running.url.replace("http", "ws")
    exchange.urls["api"] = redirect(exchange.urls["api"], running.url)
    exchange.urls["api"]["ws"]["spot"] = f"{sockets}/stream.binance.com/ws"
    exchange.urls["api"]["ws"]["linear"] = f"{sockets}/fstream.binance.com/ws"
    try:
        yield exchange
    finally:
        await exchange.close()


def test_markets_of_spot_and_perpetuals(rest: Any) -> None:
    assert set(rest.symbols) == {"BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT"}
    swap = rest.market("BTC/USDT:USDT")
    assert (swap["swap"], swap["linear"], swap["active"]) == (True, True, True)
    assert rest.market("ETH/USDT")["spot"] is True


def test_time_is_the_market_s(rest: Any) -> None:
    for kind in ("spot", "swap"):
        assert abs(rest.fetch_time({"type": kind}) - millis(PRINTS_AT)) < 3 * HOUR


@pytest.mark.parametrize("interval", ["5m", "15m", "30m", "1h", "4h", "1d"])
def test_bars_of_every_interval(rest: Any, interval: str) -> None:
    since = millis(START + timedelta(days=3))
    rows = rest.fetch_ohlcv("ETH/USDT", interval, since, 4)
    table = TAPE.bars["ETHUSDT", interval].filter(
        TAPE.bars["ETHUSDT", interval]["open_time"] >= START + timedelta(days=3)
    )
    wanted = table.head(4).select("open", "high", "low", "close", "volume").rows()
    assert [tuple(row[1:]) for row in rows] == wanted
    assert rows[0][0] == since
    perpetual = rest.fetch_ohlcv("ETH/USDT:USDT", interval, since, 4)
    assert perpetual[0][1] == pytest.approx(1.001 * rows[0][1])


def test_funding(rest: Any) -> None:
    now = rest.fetch_funding_rate("BTC/USDT:USDT")
    assert 0 < now["fundingTimestamp"] - now["timestamp"] <= 8 * HOUR
    assert now["markPrice"] > now["indexPrice"] > 0
    history = rest.fetch_funding_rate_history("BTC/USDT:USDT", millis(START), 100)
    rates = TAPE.funding["BTCUSDT"]["funding_rate"].to_list()
    assert [row["fundingRate"] for row in history] == pytest.approx(rates[: len(history)], abs=1e-8)
    assert history[-1]["timestamp"] <= now["timestamp"]
    assert now["fundingRate"] == history[-1]["fundingRate"]


def test_ticker_and_trades(rest: Any) -> None:
    ticker = rest.fetch_ticker("BTC/USDT")
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert rest.fetch_trades("ETH/USDT") == []


@pytest.mark.asyncio
async def test_bars_are_watched(running: Running) -> None:
    async with streaming(running) as exchange:
        spot = await asyncio.wait_for(exchange.watch_ohlcv("BTC/USDT", "1h"), 10)
        swap = await asyncio.wait_for(exchange.watch_ohlcv("BTC/USDT:USDT", "1h"), 10)
        pairs = [["BTC/USDT", "5m"], ["ETH/USDT", "1h"]]
        many = await asyncio.wait_for(exchange.watch_ohlcv_for_symbols(pairs), 10)
    table = TAPE.bars["BTCUSDT", "1h"]
    (opened,) = {row[0] for row in spot} & {row[0] for row in swap}
    row = table.filter(table["open_time"].dt.epoch("ms") == opened)
    assert spot[-1][1] == row["open"][0]
    assert swap[-1][1] == pytest.approx(1.001 * spot[-1][1])
    assert set(many) <= {"BTC/USDT", "ETH/USDT"}


@pytest.mark.asyncio
async def test_mark_prices_are_watched(running: Running) -> None:
    async with streaming(running) as exchange:
        told = await asyncio.wait_for(exchange.watch_mark_price("ETH/USDT:USDT"), 10)
    assert told["symbol"] == "ETH/USDT:USDT"
    assert told["markPrice"] == pytest.approx(1.001 * told["indexPrice"])


@pytest.mark.asyncio
@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
@pytest.mark.parametrize("name", ["trade", "aggTrade"])
async def test_trades_are_watched(symbol: str, name: str) -> None:
    with serve(playing(TAPE, PRINTS_AT, 1.0)) as served:
        async with streaming(served) as exchange:
            told = await asyncio.wait_for(exchange.watch_trades(symbol, params={"name": name}), 10)
    assert told[0]["symbol"] == symbol
    assert 7000 <= told[0]["price"] <= 7005
    assert told[0]["timestamp"] >= millis(PRINTS_AT)
