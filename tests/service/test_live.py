"""Live updates of the running server: in order, none missing, none twice, whatever dies."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.service.world import END, Server, answer, bar, beat, build, serving, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from barograph.service.hub import BAD_FRAMES, WAITING
from barograph.store.store import FILE, KEPT_EVENTS, Store

CANDLE = "candle:BTCUSDT:1h"
FORECAST = "forecast:BTCUSDT"
TOPICS = [CANDLE, FORECAST, "status"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Store, Server]]:
    store = build(tmp_path)
    with serving(tmp_path) as server:
        yield store, server
    store.close()


@contextmanager
def client(server: Server, topics: list[str] = TOPICS, resume: int | None = None) -> Iterator[Any]:
    with connect(server.socket) as socket:
        say(socket, op="subscribe", topics=topics, resume=resume)
        yield socket


def say(socket: ClientConnection, **frame: Any) -> None:
    socket.send(json.dumps(frame))


def hear(socket: ClientConnection, seconds: float = 10.0) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(socket.recv(timeout=seconds))
    return frame


def drain(socket: ClientConnection) -> None:
    """Hear until the connection ends."""
    while True:
        hear(socket)


def tick(store: Store, number: int) -> None:
    """One commit of the runner: a candle of two assets, and a status."""
    with store.transaction():
        beat(store)
        store.publish(
            [
                (CANDLE, {"t": END, "c": number, "closed": False}),
                ("candle:ETHUSDT:1h", {"t": END, "c": number, "closed": False}),
                ("status", {"number": number}),
            ]
        )


def test_every_topic_begins_with_what_is_known(world: tuple[Store, Server]) -> None:
    store, server = world
    tick(store, 1)
    until(lambda: b'barograph_events_total{kind="status"} 1.0' in server.get("/metrics").content)
    with client(server) as socket:
        frames = {frame["topic"]: frame for frame in (hear(socket) for _ in TOPICS)}
    assert {frame["type"] for frame in frames.values()} == {"snapshot"}
    assert {frame["seq"] for frame in frames.values()} == {store.event_span()[1]}
    bars = [bar("BTCUSDT", "1h", END - 3600 * back) for back in (2, 1)]
    assert [one["t"] for one in frames[CANDLE]["data"]] == [one.open_time // 1000 for one in bars]
    assert [one["c"] for one in frames[CANDLE]["data"]] == [one.close for one in bars]
    assert frames[FORECAST]["data"]["as_of"] == END
    assert set(frames["status"]["data"]) == {"heartbeat", "market", "assets"}


def test_a_topic_that_has_nothing_yet_begins_when_it_has(tmp_path: Path) -> None:
    """Who opens the page before the runner has spoken is told nothing that is null."""
    early = Store.writer(tmp_path)
    wall = time.time()
    early.put_meta("heartbeat", {"wall": wall, "state": "starting", "doing": "reading", "pid": 1})
    topics = [FORECAST, "status"]
    with serving(tmp_path) as server, client(server, topics) as socket:
        say(socket, op="ping")
        assert hear(socket) == {"type": "pong"}, "no snapshot comes before it"
        for _ in range(5):  # commits that change nothing about it
            early.put_meta("heartbeat", {"wall": wall, "state": "starting", "doing": "reading"})
            time.sleep(0.05)
        say(socket, op="ping")
        assert hear(socket) == {"type": "pong"}
        build(tmp_path).close()
        frames = [hear(socket) for _ in topics]
        assert {(frame["type"], frame["topic"]) for frame in frames} == {
            ("snapshot", FORECAST),
            ("snapshot", "status"),
        }
        said = {frame["topic"]: frame["data"] for frame in frames}
        assert said[FORECAST]["as_of"] == END
        assert said["status"]["market"]["kind"] == "recorded"
        assert None not in said["status"]["assets"].values()
        tick(early, 1)
        assert hear(socket)["type"] == "update", "and once only"
    early.close()


def test_updates_come_at_once_in_order_and_only_those_asked_for(
    world: tuple[Store, Server],
) -> None:
    store, server = world
    with client(server, [CANDLE, FORECAST]) as socket:
        hear(socket), hear(socket)
        delays = []
        for number in range(20):
            tick(store, number)
            began = time.perf_counter()
            frame = hear(socket)
            delays.append(time.perf_counter() - began)
            assert (frame["type"], frame["topic"], frame["data"]["c"]) == ("update", CANDLE, number)
        assert sorted(delays)[10] < 0.5, "a commit is seen within a poll or two"
        with store.transaction():
            store.put_forecast("BTCUSDT", END + 3600, answer("BTCUSDT", END + 3600, 99))
            store.publish([(FORECAST, answer("BTCUSDT", END + 3600, 99))])
        assert hear(socket)["data"]["sequence"] == 99
        told = server.get("/predict", asset="BTC", horizon_hours=1).json()
        assert told["ledger_sequence"] == 99, "whoever hears of a forecast can ask for it"
        say(socket, op="unsubscribe", topics=[CANDLE])
        say(socket, op="ping")
        assert hear(socket) == {"type": "pong"}
        tick(store, 21)
        say(socket, op="ping")
        assert hear(socket) == {"type": "pong"}


def test_a_client_resumes_over_a_killed_server_without_loss(world: tuple[Store, Server]) -> None:
    store, server = world
    tick(store, 0)
    until(lambda: b'barograph_events_total{kind="status"} 1.0' in server.get("/metrics").content)
    heard: list[tuple[int, int]] = []
    with client(server, [CANDLE]) as socket:
        seq = hear(socket)["seq"]
        for number in range(1, 6):
            tick(store, number)
            frame = hear(socket)
            heard.append((frame["seq"], frame["data"]["c"]))
        server.kill()
        with pytest.raises(ConnectionClosed):
            drain(socket)
    for number in range(6, 31):  # the runner goes on while the API is away
        tick(store, number)
    server.restart()
    tick(store, 31)
    with client(server, [CANDLE], resume=heard[-1][0]) as socket:
        head = hear(socket)
        assert (head["type"], head["from"]) == ("resumed", heard[-1][0])
        tick(store, 32)
        while heard[-1][1] < 32:
            frame = hear(socket)
            assert frame["type"] == "update"
            heard.append((frame["seq"], frame["data"]["c"]))
        assert head["count"] in {25, 26}, "31 may come live"
    assert [number for _, number in heard] == list(range(1, 33)), "none missing, none twice"
    assert [one for one, _ in heard] == sorted({one for one, _ in heard})
    assert heard[0][0] > seq


def test_resuming_while_updates_rain_loses_none(world: tuple[Store, Server]) -> None:
    """Every connection is dropped after a few frames and resumed; what is heard has no seam."""
    import threading

    store, server = world
    tick(store, 0)
    until(lambda: b'barograph_events_total{kind="status"} 1.0' in server.get("/metrics").content)
    _, resume = store.event_span()
    stop = threading.Event()

    def rain() -> None:
        own = Store.writer(server.folder)
        for number in range(1, 301):
            tick(own, number)
            stop.wait(0.004)
        own.close()

    thread = threading.Thread(target=rain)
    thread.start()
    heard: list[int] = []
    while not heard or heard[-1] < 300:
        with client(server, [CANDLE], resume) as socket:
            assert hear(socket)["type"] == "resumed"
            for _ in range(37):
                frame = hear(socket)
                heard.append(frame["data"]["c"])
                resume = frame["seq"]
                if heard[-1] == 300:
                    break
    thread.join()
    assert heard == list(range(1, 301))


@pytest.mark.parametrize("resume", [0, 10**15])
def test_a_client_too_far_behind_or_of_another_store_gets_the_state(
    world: tuple[Store, Server], resume: int
) -> None:
    store, server = world
    with store.transaction():
        store.publish([("status", {})] * (KEPT_EVENTS + 500))
    time.sleep(0.5)
    with client(server, [CANDLE], resume) as socket:
        assert hear(socket)["type"] == "snapshot"


def test_a_store_that_is_replaced_begins_anew_for_everyone(world: tuple[Store, Server]) -> None:
    store, server = world
    tick(store, 1)
    with client(server, [FORECAST]) as socket:
        assert hear(socket)["data"]["price"] == answer("BTCUSDT", END, 1)["price"]
        store.close()
        for part in ("", "-wal", "-shm"):
            (server.folder / (FILE + part)).unlink(missing_ok=True)
        fresh = build(server.folder)
        frame = hear(socket)
        assert (frame["type"], frame["topic"]) == ("snapshot", FORECAST)
        with fresh.transaction():
            fresh.publish([(FORECAST, {"as_of": END + 3600})])
        while frame["type"] != "update":
            frame = hear(socket)
        assert frame["data"] == {"as_of": END + 3600}
        fresh.close()


BAD = [
    "",
    "{",
    "null",
    "[]",
    '"subscribe"',
    "{}",
    '{"op": "sing"}',
    '{"op": "subscribe"}',
    '{"op": "subscribe", "topics": []}',
    '{"op": "subscribe", "topics": "status"}',
    '{"op": "subscribe", "topics": [1]}',
    '{"op": "subscribe", "topics": ["weather"]}',
    '{"op": "subscribe", "topics": ["candle:BTCUSDT:7m"]}',
    '{"op": "subscribe", "topics": ["candle:DOGEUSDT:1h"]}',
    '{"op": "subscribe", "topics": ["forecast:"]}',
    '{"op": "subscribe", "topics": ["status"], "resume": "now"}',
    '{"op": "subscribe", "topics": ["status"], "resume": -1}',
    json.dumps({"op": "subscribe", "topics": [f"candle:BTCUSDT:{k}" for k in range(100)]}),
    "x" * 9000,
]


@pytest.mark.parametrize("bad", [*BAD, b"\x00\xff"], ids=lambda bad: str(bad[:50]))
def test_a_frame_that_makes_no_sense_is_answered_and_the_connection_lives(
    server: Server, bad: str | bytes
) -> None:
    with connect(server.socket) as socket:
        socket.send(bad)
        frame = hear(socket)
        assert (frame["type"], frame["error"]["code"]) == ("error", "BAD_FRAME")
        assert frame["error"]["message"]
        say(socket, op="ping")
        assert hear(socket) == {"type": "pong"}


def test_a_client_that_talks_nonsense_only_is_shown_the_door(server: Server) -> None:
    with connect(server.socket) as socket:
        for _ in range(BAD_FRAMES):
            socket.send("nonsense")
        with pytest.raises(ConnectionClosed) as closed:
            drain(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_a_client_that_does_not_read_is_let_go_and_others_are_served(
    world: tuple[Store, Server],
) -> None:
    store, server = world
    large = {"t": END, "c": 0, "filler": "x" * 20_000}
    with connect(server.socket, max_queue=1) as lazy, client(server, ["status"]) as keen:
        say(lazy, op="subscribe", topics=[CANDLE], resume=None)
        hear(keen)
        for number in range(3):
            with store.transaction():
                store.publish([(CANDLE, large)] * (WAITING // 2))
                store.publish([("status", {"number": number})])
            assert hear(keen)["data"] == {"number": number}
        with pytest.raises(ConnectionClosed) as closed:
            drain(lazy)
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1013
        tick(store, 9)
        assert hear(keen)["data"] == {"number": 9}


def test_a_page_from_elsewhere_may_not_listen(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(server.socket, origin=Origin("https://evil.example"))
    assert refused.value.response.status_code == 403
    with connect(server.socket, origin=Origin(server.url)) as socket:
        say(socket, op="ping")
        assert hear(socket) == {"type": "pong"}
