"""Binance's streams and routes over a real connection: shape, order, time, and what is refused."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import orjson
import pytest
from tests.unit.simulator.tapes import PRINTS_AT, START, millis, playing, small
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from barograph.core.time import HOUR
from barograph.simulator.market import Market
from barograph.simulator.server import Running, serve
from barograph.simulator.sockets import PING_EVERY

TAPE = small()
FAST = 1200.0
"""A 5m bar each quarter of a second, an hour in three."""

CELLS = {
    "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "n": "trades",
    "q": "quote_volume", "V": "taker_buy_base", "Q": "taker_buy_quote",
}  # fmt: skip


@pytest.fixture
def running() -> Iterator[Running]:
    with serve(playing(TAPE, START + timedelta(days=2, minutes=52), FAST)) as served:
        yield served


@asynccontextmanager
async def socket(served: Running, path: str = "/ws") -> AsyncIterator[ClientConnection]:
    async with connect(served.url.replace("http", "ws") + path, proxy=None) as client:
        yield client


async def ask(client: ClientConnection, **message: Any) -> Any:
    await client.send(orjson.dumps(message))
    while True:
        answer = orjson.loads(await asyncio.wait_for(client.recv(), 5))
        if "e" not in answer and "stream" not in answer:
            return answer


async def heard(client: ClientConnection, seconds: float) -> list[Any]:
    """All messages of a while."""
    messages = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            messages.append(orjson.loads(await asyncio.wait_for(client.recv(), left)))
        except TimeoutError:
            break
    return messages


def finals(messages: list[Any]) -> list[Any]:
    return [message["k"] for message in messages if message.get("k", {}).get("x")]


@pytest.mark.asyncio
async def test_bars_arrive_as_they_end_and_are_the_recorded_ones(running: Running) -> None:
    async with socket(running) as client:
        names = [f"{symbol}@kline_{name}" for symbol in ("btcusdt", "ethusdt")
                 for name in ("5m", "1h")]  # fmt: skip
        assert await ask(client, method="SUBSCRIBE", params=names, id=7) == {
            "result": None, "id": 7,
        }  # fmt: skip
        ended = finals(await heard(client, 4))
    for symbol in ("BTCUSDT", "ETHUSDT"):
        own = [bar["t"] for bar in ended if (bar["s"], bar["i"]) == (symbol, "5m")]
        assert len(own) >= 14
        assert own == list(range(own[0], own[0] + 300_000 * len(own), 300_000)), "none left out"
        hour = next(bar for bar in ended if (bar["s"], bar["i"]) == (symbol, "1h"))
        five = next(bar for bar in ended if bar["T"] == hour["T"] and bar["i"] == "5m")
        assert ended.index(five) < ended.index(hour), "the shorter bar first"
    rows = {key: table.rows_by_key("open_time", named=True) for key, table in TAPE.bars.items()}
    for bar in ended:
        when = START + timedelta(milliseconds=bar["t"] - millis(START))
        (row,) = rows[bar["s"], bar["i"]][when]
        for cell, name in CELLS.items():
            assert float(bar[cell]) == row[name]


@pytest.mark.asyncio
async def test_the_shape_of_a_bar_is_that_of_the_documentation(running: Running) -> None:
    async with socket(running, "/ws/btcusdt@kline_1h") as client:
        message = orjson.loads(await asyncio.wait_for(client.recv(), 5))
    assert list(message) == ["e", "E", "s", "k"]
    assert (message["e"], message["s"]) == ("kline", "BTCUSDT")
    bar = message["k"]
    assert list(bar) == ["t", "T", "s", "i", "f", "L", "o", "c", "h", "l", "v", "n", "x", "q",
                         "V", "Q", "B"]  # fmt: skip
    assert bar["T"] == bar["t"] + 3_600_000 - 1
    assert bar["t"] <= message["E"] <= bar["T"]
    assert bar["x"] is False
    assert all(isinstance(bar[cell], str) for cell in "ochlvqVQB")


@pytest.mark.asyncio
async def test_a_bar_is_there_within_fifty_milliseconds_of_its_end(running: Running) -> None:
    async with httpx.AsyncClient(trust_env=False) as web:
        clock = (await web.get(f"{running.url}/simulator/clock")).json()
    started = millis_of(clock["market"])
    late = []
    async with socket(running, "/ws/btcusdt@kline_5m/ethusdt@kline_5m") as client:
        for _ in range(24):
            message = orjson.loads(await asyncio.wait_for(client.recv(), 5))
            market = started + 1000 * clock["speed"] * (time.time() - clock["wall"])
            if message["k"]["x"]:
                late.append((market - message["k"]["T"] - 1) / clock["speed"])
    assert len(late) >= 12
    assert min(late) >= 0, "nothing ends before its time"
    assert sorted(late)[len(late) // 2] < 50, f"ms: {late}"


def millis_of(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp() * 1000


@pytest.mark.asyncio
async def test_an_open_bar_is_told_of_once_a_second_at_most() -> None:
    with serve(playing(TAPE, START + HOUR, 60.0)) as served:
        async with socket(served, "/ws/btcusdt@kline_1h") as client:
            messages = await heard(client, 3.5)
    assert 2 <= len(messages) <= 4
    highs = [float(message["k"]["h"]) for message in messages]
    volumes = [float(message["k"]["v"]) for message in messages]
    assert highs == sorted(highs)
    assert volumes == sorted(set(volumes))


@pytest.mark.asyncio
async def test_combined_streams_are_wrapped(running: Running) -> None:
    path = "/stream?streams=btcusdt@kline_5m/btcusdt@markPrice@1s"
    async with socket(running, path) as client:
        messages = await heard(client, 1.5)
        assert await ask(client, method="GET_PROPERTY", params=["combined"], id=1) == {
            "result": True, "id": 1,
        }  # fmt: skip
        await ask(client, method="SET_PROPERTY", params=["combined", False], id=2)
        raw = await heard(client, 1)
    assert all(list(message) == ["stream", "data"] for message in messages)
    assert {message["stream"] for message in messages} == {
        "btcusdt@kline_5m", "btcusdt@markPrice@1s",
    }  # fmt: skip
    assert "e" in raw[0]
    mark = next(m["data"] for m in messages if m["stream"] == "btcusdt@markPrice@1s")
    assert list(mark) == ["e", "E", "s", "p", "P", "i", "r", "T"]
    assert mark["T"] % (8 * 3_600_000) == 0
    assert float(mark["p"]) == pytest.approx(1.001 * float(mark["i"]))


@pytest.mark.asyncio
async def test_subscriptions_come_and_go(running: Running) -> None:
    async with socket(running, "/ws/btcusdt@kline_5m") as client:
        await ask(client, method="SUBSCRIBE", params=["ethusdt@kline_5m", "no@such"], id="a")
        assert (await ask(client, method="LIST_SUBSCRIPTIONS", id=3))["result"] == [
            "btcusdt@kline_5m", "ethusdt@kline_5m", "no@such",
        ]  # fmt: skip
        await ask(client, method="UNSUBSCRIBE", params=["btcusdt@kline_5m"], id=4)
        told = await heard(client, 1)
    assert {message["s"] for message in told} == {"ETHUSDT"}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("frame", "code", "words"),
    [
        (b"{nonsense", 3, "Invalid JSON"),
        (b"[1, 2]", 2, "missing field `method`"),
        (b'{"id": 1}', 2, "missing field `method`"),
        (b'{"method": "DANCE", "id": 1}', 2, "unknown variant DANCE"),
        (b'{"method": "SUBSCRIBE", "params": [], "id": 1.5}', 2, "request ID"),
        (b'{"method": "SUBSCRIBE", "params": "btcusdt@kline_1h", "id": 1}', 2, "array"),
        (b'{"method": "SUBSCRIBE", "params": [5], "id": 1}', 2, "must be a string"),
        (b'{"method": "SET_PROPERTY", "params": ["combined", 3], "id": 1}', 1, "Boolean"),
        (b'{"method": "GET_PROPERTY", "params": ["colour"], "id": 1}', 0, "Unknown property"),
    ],
)
async def test_what_makes_no_sense_is_answered_and_the_connection_stays(
    running: Running, frame: bytes, code: int, words: str
) -> None:
    async with socket(running) as client:
        await client.send(frame)
        answer = orjson.loads(await asyncio.wait_for(client.recv(), 5))
        assert answer["code"] == code
        assert words in answer["msg"]
        assert (await ask(client, method="LIST_SUBSCRIPTIONS", id=9)) == {"result": [], "id": 9}


@pytest.mark.asyncio
async def test_too_many_streams_are_refused(running: Running) -> None:
    async with socket(running) as client:
        names = [f"x{place}@trade" for place in range(1025)]
        answer = await ask(client, method="SUBSCRIBE", params=names, id=1)
    assert answer == {"code": 2, "msg": "Invalid request: too many streams", "id": 1}


@pytest.mark.asyncio
async def test_futures_have_streams_of_their_own(running: Running) -> None:
    """The same name on the host of the futures is the perpetual, not the spot market."""
    prices = []
    for path in ("/ws", "/fstream.binance.com/ws", "/market/ws"):
        async with socket(running, f"{path}/btcusdt@kline_1d") as client:
            bar = orjson.loads(await asyncio.wait_for(client.recv(), 5))["k"]
            prices.append(float(bar["o"]))
    assert prices == pytest.approx([prices[0], 1.001 * prices[0], 1.001 * prices[0]], rel=1e-6)


@pytest.mark.asyncio
async def test_prints_are_told_where_there_are_some() -> None:
    with serve(playing(TAPE, PRINTS_AT - timedelta(seconds=6), 6.0)) as served:
        async with socket(served, "/ws/btcusdt@aggTrade/btcusdt@trade/ethusdt@trade") as client:
            told = await heard(client, 3)
        with httpx.Client(base_url=served.url, trust_env=False) as web:
            query = {"symbol": "BTCUSDT"}
            page = web.get("/api/v3/aggTrades", params={**query, "fromId": told[0]["a"]}).json()
            recent = web.get("/api/v3/trades", params={**query, "limit": 2}).json()
            none = web.get("/api/v3/aggTrades", params={"symbol": "ETHUSDT"}).json()
    joined = [message for message in told if message["e"] == "aggTrade"]
    single = [message for message in told if message["e"] == "trade"]
    assert list(joined[0]) == ["e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"]
    assert list(single[0]) == ["e", "E", "s", "t", "p", "q", "T", "m", "M"]
    first = single[0]["t"]
    assert [one["t"] for one in single] == list(range(first, first + len(single)))
    assert [one["f"] for one in joined[1:]] == [one["l"] + 1 for one in joined[:-1]]
    assert 20 < len(single) < 200, "paced by the market's time"
    assert {key: page[0][key] for key in "apqflTmM"} == {key: joined[0][key] for key in "apqflTmM"}
    assert recent[1]["id"] == recent[0]["id"] + 1
    assert none == []


@pytest.mark.asyncio
async def test_the_end_of_the_tape_is_silence(running: Running) -> None:
    assert TAPE.span[1] == START + timedelta(days=12)
    with serve(playing(TAPE, TAPE.span[1] - timedelta(minutes=41), FAST)) as served:
        async with socket(served, "/ws/btcusdt@kline_5m") as client:
            told = await heard(client, 3.5)
        with httpx.Client(base_url=served.url, trust_env=False) as web:
            query: dict[str, str | int] = {"symbol": "BTCUSDT", "interval": "5m", "limit": 1}
            (last,) = web.get("/api/v3/klines", params=query).json()
            assert web.get("/simulator/clock").json()["ends"] == TAPE.span[1].isoformat()
            assert web.get("/api/v3/time").json()["serverTime"] > millis(TAPE.span[1])
    assert [bar["T"] + 1 - millis(TAPE.span[1]) for bar in finals(told)][-2:] == [-300_000, 0]
    assert told[-1]["k"]["T"] == last[6] == millis(TAPE.span[1]) - 1


def test_the_clock_can_be_steered(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as web:
        before = web.get("/simulator/clock").json()
        assert (before["speed"], before["market_kind"]) == (FAST, "recorded")
        after = web.post("/simulator/clock", json={"speed": 1}).json()
        passed = (millis_of(after["market"]) - millis_of(before["market"])) / 1000
        assert 0 < passed <= FAST * (after["wall"] - before["wall"]) + 1e-3, "no jump"
        assert web.get("/simulator/clock").json()["speed"] == 1.0
        for body in ({"speed": 0}, {"speed": "fast"}, {}, [1]):
            assert web.post("/simulator/clock", json=body).status_code == 400
    with serve(Market({})) as still, httpx.Client(base_url=still.url, trust_env=False) as web:
        assert web.get("/simulator/clock").json()["speed"] == 0.0
        assert web.post("/simulator/clock", json={"speed": 2}).status_code == 400


async def flood(client: ClientConnection) -> None:
    for place in range(5000):
        await client.send(orjson.dumps({"method": "LIST_SUBSCRIPTIONS", "id": place}))


@pytest.mark.asyncio
async def test_who_does_not_read_is_let_go(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept for a slow client is bounded."""
    monkeypatch.setattr("barograph.simulator.sockets.BACKLOG", 3)
    async with socket(running) as client:
        with pytest.raises(ConnectionClosed):
            await flood(client)
    async with socket(running) as client:
        assert (await ask(client, method="LIST_SUBSCRIPTIONS", id=1))["result"] == []


def test_routes_that_clients_use(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as web:
        for path in ("/api/v3/ping", "/fapi/v1/ping"):
            assert web.get(path).json() == {}
        info = web.get("/fapi/v1/exchangeInfo").json()["symbols"][0]
        assert (info["contractType"], info["marginAsset"]) == ("PERPETUAL", "USDT")
        ticker = web.get("/api/v3/ticker/24hr", params={"symbol": "BTCUSDT"}).json()
        assert float(ticker["lowPrice"]) <= float(ticker["lastPrice"])
        assert len(web.get("/api/v3/ticker/24hr").json()) == 2
        price = web.get("/api/v3/ticker/price", params={"symbol": "ETHUSDT"}).json()
        assert price["symbol"] == "ETHUSDT"
        mark = web.get("/fapi/v1/premiumIndex", params={"symbol": "BTCUSDT"}).json()
        settled = web.get("/fapi/v1/fundingRate", params={"symbol": "BTCUSDT", "limit": 1}).json()
        assert mark["lastFundingRate"] == settled[0]["fundingRate"]
        assert settled[0]["fundingTime"] <= mark["time"] < mark["nextFundingTime"]
        query = {"symbol": "BTCUSDT", "interval": "1w"}
        assert web.get("/fapi/v1/klines", params=query).json() == []
        assert web.get("/api/v3/exchangeInfo", params={"symbol": "NOPE"}).json()["code"] == -1121
        query = {"symbol": "BTCUSDT", "interval": "1h", "limit": "0"}
        assert web.get("/api/v3/klines", params=query).json()["code"] == -1130


@pytest.mark.asyncio
async def test_the_server_pings_and_lets_go_of_who_does_not_answer(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every twenty seconds at work; a client has half of that to answer."""
    assert PING_EVERY == 20
    monkeypatch.setattr("barograph.simulator.sockets.PING_EVERY", 0.4)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{running.url}/ws", autoping=False) as client,
    ):
        first = await client.receive(5)
        assert first.type is aiohttp.WSMsgType.PING
        await client.pong(first.data)
        assert (await client.receive(5)).type is aiohttp.WSMsgType.PING
        assert (await client.receive(5)).type in {
            aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR,
        }  # fmt: skip
