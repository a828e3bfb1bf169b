"""Every fault of the simulated exchange, as a client meets it on the wire."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.simulator.tapes import START, millis, playing, small
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from barograph.simulator.faults import Fault
from barograph.simulator.server import Running, serve

TAPE = small()
FIVE = 300_000
FAST = 1200.0
"""A 5m bar each quarter of a second."""
BARS = "btcusdt@kline_5m"


@pytest.fixture
def running() -> Iterator[Running]:
    with serve(playing(TAPE, START + timedelta(days=2, minutes=52), FAST)) as served:
        yield served


@asynccontextmanager
async def listening(served: Running, *streams: str) -> AsyncIterator[ClientConnection]:
    names = "/".join(streams or (BARS,))
    url = served.url.replace("http", "ws")
    async with connect(f"{url}/stream?streams={names}", proxy=None) as client:
        await client.recv()
        yield client


def plan(served: Running, **fault: Any) -> None:
    served.faults.plan(Fault(**fault))


async def next_bars(client: ClientConnection, count: int, stream: str = BARS) -> list[Any]:
    """Next ended bars of a stream, as they come."""
    found: list[Any] = []
    while len(found) < count:
        message = orjson.loads(await asyncio.wait_for(client.recv(), 5))
        if message["stream"] == stream and message["data"]["k"]["x"]:
            found.append(message["data"]["k"])
    return found


def steps(bars: list[Any]) -> list[int]:
    """Bars between the opening times of neighbours: 1 where none is missing."""
    return [(b["t"] - a["t"]) // FIVE for a, b in pairwise(bars)]


@pytest.mark.asyncio
async def test_a_message_is_dropped(running: Running) -> None:
    async with listening(running) as client:
        plan(running, kind="drop", path=BARS, after=1)
        bars = await next_bars(client, 4)
    assert sorted(steps(bars)) == [1, 1, 2]
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as web:
        query: dict[str, str | int] = {"symbol": "BTCUSDT", "interval": "5m"}
        rows = (await web.get("/api/v3/klines", params={**query, "startTime": bars[0]["t"]})).json()
    assert {bars[0]["t"] + FIVE, bars[0]["t"] + 2 * FIVE} <= {row[0] for row in rows}, (
        "REST has what the stream left out"
    )


@pytest.mark.asyncio
async def test_a_message_comes_twice(running: Running) -> None:
    async with listening(running) as client:
        plan(running, kind="duplicate", path=BARS, after=1)
        bars = await next_bars(client, 5)
    assert sorted(steps(bars)) == [0, 1, 1, 1]


@pytest.mark.asyncio
async def test_messages_change_places(running: Running) -> None:
    async with listening(running) as client:
        plan(running, kind="reorder", path=BARS, after=1)
        bars = await next_bars(client, 5)
    assert sorted(steps(bars)) == [-1, 1, 2, 2]


@pytest.mark.asyncio
async def test_a_message_is_late(running: Running) -> None:
    async with listening(running) as client:
        plan(running, kind="delay", path=BARS, seconds=0.6, after=1)
        bars = await next_bars(client, 6)
    assert min(steps(bars)) < 0, "it came after those that ended later"
    opened = sorted(bar["t"] for bar in bars)
    assert opened == list(range(opened[0], opened[0] + 6 * FIVE, FIVE)), "but it came"


@pytest.mark.asyncio
async def test_a_frame_is_malformed(running: Running) -> None:
    async with connect(f"{running.url.replace('http', 'ws')}/ws/{BARS}", proxy=None) as client:
        plan(running, kind="malformed", path=BARS)
        frames = [await asyncio.wait_for(client.recv(), 5) for _ in range(6)]
    broken = [frame for frame in frames if not str(frame).endswith("}}")]
    assert len(broken) == 1
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(broken[0])


@pytest.mark.asyncio
async def test_the_exchange_falls_silent_and_the_connection_stays(running: Running) -> None:
    async with listening(running) as client:
        plan(running, kind="silence", path="@", seconds=2)
        began = time.monotonic()
        heard = []
        while time.monotonic() < began + 3:
            heard += [time.monotonic() - began for _ in await next_bars(client, 1)]
        assert client.latency >= 0, "the same connection"
    pauses = [after - before for before, after in pairwise([0.0, *heard])]
    assert 1.5 < max(pauses) < 3
    assert len(heard) > 2, "it speaks again"


@pytest.mark.asyncio
async def test_the_connection_breaks_and_the_next_one_works(running: Running) -> None:
    async with listening(running) as client:
        plan(running, kind="disconnect", path=BARS)
        with pytest.raises(ConnectionClosed):
            await next_bars(client, 20)
    async with listening(running) as client:
        assert steps(await next_bars(client, 3)) == [1, 1]


@pytest.mark.asyncio
@pytest.mark.parametrize(("kind", "status"), [("limited", 429), ("banned", 418), ("error", 503)])
async def test_a_connection_is_refused(running: Running, kind: str, status: int) -> None:
    plan(running, kind=kind, path="/stream")
    with pytest.raises(InvalidStatus) as refused:
        async with listening(running):
            pass
    assert refused.value.response.status_code == status
    async with listening(running) as client:
        assert await next_bars(client, 1)


@pytest.mark.asyncio
async def test_the_exchange_s_clock_is_wrong_and_right_again(running: Running) -> None:
    async with (
        listening(running) as client,
        httpx.AsyncClient(base_url=running.url, trust_env=False) as web,
    ):

        async def said() -> tuple[float, float, float]:
            """Server time and event time, against the market's clock, in seconds."""
            market = (await web.get("/simulator/clock")).json()
            server = (await web.get("/api/v3/time")).json()["serverTime"]
            (bar,) = await next_bars(client, 1)
            present = millis(START.fromisoformat(market["market"]))
            return server - present, bar["T"], present

        plan(running, kind="wrong_clock", seconds=-86_400)
        shifted, ended, present = await said()
        assert -86_400_000 <= shifted < -80_000_000
        assert abs(ended - present) < 7_200_000, "the bars are those of the market"
        message = orjson.loads(await asyncio.wait_for(client.recv(), 5))["data"]
        assert message["E"] < message["k"]["t"]
        plan(running, kind="wrong_clock", seconds=0)
        shifted, _, _ = await said()
        assert 0 <= shifted < 7_200_000


@pytest.mark.asyncio
async def test_bars_are_missing_on_stream_and_rest_until_later() -> None:
    """Half an hour is withheld, and listed half an hour of the market after its end."""
    with serve(playing(TAPE, START + timedelta(days=2, minutes=2), 600.0)) as served:
        async with (
            listening(served) as client,
            httpx.AsyncClient(base_url=served.url, trust_env=False) as web,
        ):
            now = (await web.get("/api/v3/time")).json()["serverTime"]
            since = now // FIVE * FIVE
            plan(served, kind="gap", path=BARS, seconds=1800, later=1800)
            (bar,) = await next_bars(client, 1)
            hidden = bar["t"] - FIVE
            query: dict[str, str | int] = {
                "symbol": "BTCUSDT", "interval": "5m", "startTime": since,
            }  # fmt: skip
            rows = (await web.get("/api/v3/klines", params=query)).json()
            assert since < hidden not in {row[0] for row in rows}
            assert bar["t"] in {row[0] for row in rows}
            await asyncio.sleep(3.2)
            rows = (await web.get("/api/v3/klines", params=query)).json()
            opened = [row[0] for row in rows]
    assert opened == list(range(since, since + FIVE * len(rows), FIVE)), "filled at last"


@pytest.mark.asyncio
async def test_a_price_jumps_on_one_bar_only(running: Running) -> None:
    async with listening(running) as client:
        async with httpx.AsyncClient(base_url=running.url, trust_env=False) as web:
            fault = {"kind": "spike", "path": BARS, "factor": 10}
            assert (await web.post("/simulator/faults", json=fault)).json() == {"planned": True}
        bars = await next_bars(client, 6)
        async with httpx.AsyncClient(base_url=running.url, trust_env=False) as web:
            query: dict[str, str | int] = {"symbol": "BTCUSDT", "interval": "5m"}
            rows = (
                await web.get("/api/v3/klines", params={**query, "startTime": bars[0]["t"]})
            ).json()
            await web.delete("/simulator/faults")
            good = (
                await web.get("/api/v3/klines", params={**query, "startTime": bars[0]["t"]})
            ).json()
    jumped = [bar for bar in bars if float(bar["h"]) > 5 * float(bar["o"])]
    assert len(jumped) == 1
    told = {bar["t"]: (bar["o"], bar["h"], bar["l"], bar["c"]) for bar in bars}
    listed = {row[0]: tuple(row[1:5]) for row in rows}
    assert all(listed[opened] == prices for opened, prices in told.items()), "REST says the same"
    for row in good:
        if row[0] in told and row[0] in {bar["t"] for bar in jumped}:
            assert float(told[row[0]][3]) == pytest.approx(10 * float(row[4]))


@pytest.mark.asyncio
async def test_faults_are_listed_and_ended(running: Running) -> None:
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as web:
        faults = [{"kind": "drop", "times": 3}, {"kind": "wrong_clock", "seconds": 9}]
        await web.post("/simulator/faults", json=faults)
        listed = (await web.get("/simulator/faults")).json()
        assert [(fault["kind"], fault["path"], fault["times"]) for fault in listed] == [
            ("drop", "@kline", 3), ("wrong_clock", "/klines", 1),
        ]  # fmt: skip
        assert (await web.delete("/simulator/faults")).json() == {"planned": False}
        assert (await web.get("/simulator/faults")).json() == []
        for body in ({"kind": "flood"}, {"colour": "red"}, [3], "drop"):
            reply = await web.post("/simulator/faults", json=body)
            assert reply.status_code == 400
            assert "error" in reply.json()
