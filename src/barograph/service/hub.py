"""Live updates over the WebSocket: snapshot, sequence numbers, resume; slow clients are let go.

Frames are JSON. A client says ``{"op": "subscribe", "topics": [...], "resume": SEQ or null}``,
``{"op": "unsubscribe", "topics": [...]}`` or ``{"op": "ping"}``. It gets a ``snapshot`` of each
topic (of one that has nothing yet, as soon as it has), or, where the outbox still holds everything
after ``SEQ``, ``resumed`` and exactly those updates; then every ``update`` in order. A frame that
makes no sense gets an ``error``; the connection ends after 20 of them, or when 1,000 frames wait
for a client that does not read.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from starlette.websockets import WebSocket, WebSocketDisconnect

from barograph.service.frames import (
    TOPICS,
    BadFrame,
    Order,
    check_topic,
    error_frame,
    has_begun,
    parse,
    resumed,
    seq_frame,
    snapshots,
)
from barograph.service.problems import Problem
from barograph.service.reading import Reading
from barograph.service.tail import News

if TYPE_CHECKING:
    from barograph.service.desk import Desk

WAITING: Final = 1_000
BAD_FRAMES: Final = 20
CLIENTS: Final = 10_000
POLICY: Final = 1008
TRY_LATER: Final = 1013
PONG: Final = '{"type":"pong"}'

CatchUp: TypeAlias = Callable[[Reading], tuple[list[str], tuple[str, ...]]]
"""Reads the frames to send, and the topics that have no state yet."""


class Client:
    """One connection: its topics, and the frames that wait to be sent to it.

    Parameters
    ----------
    socket : WebSocket
    """

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.topics: set[str] = set()
        self.owed: set[str] = set()
        self.waiting: asyncio.Queue[str | CatchUp] = asyncio.Queue(WAITING)
        self.slow = asyncio.Event()

    def put(self, frame: str | CatchUp) -> None:
        """Queue a frame, or what reads it when its turn comes; give up on one that never reads."""
        try:
            self.waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self.slow.set()


class Hub:
    """All connections.

    Parameters
    ----------
    desk : Desk
        Whose store snapshots come from.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._clients: set[Client] = set()
        self._seq = 0

    @property
    def count(self) -> int:
        """Connections open now."""
        return len(self._clients)

    def receive(self, news: News) -> None:
        """Queue what is new for everyone who asked for it."""
        self._seq = news.seq
        for event in news.events:
            ready = [one for one in self._clients if event.topic in one.topics]
            if ready:
                frame = seq_frame("update", event.topic, event.seq, event.body)
                for client in ready:
                    client.put(frame)
        for client in list(self._clients):
            if news.anew and client.topics:
                self._state(client, client.topics)
            elif client.owed and news.view.problem is None:
                wanted = client.owed & client.topics
                self._state(client, {one for one in wanted if has_begun(news.view, one)})

    async def serve(self, socket: WebSocket) -> None:
        """Talk to a client until one of us goes."""
        await socket.accept()
        if self.count >= CLIENTS:
            await socket.close(TRY_LATER, "too many connections; try later")
            return
        client = Client(socket)
        self._clients.add(client)
        listening = asyncio.create_task(self._listen(client))
        tasks = {
            listening,
            asyncio.create_task(self._send(client)),
            asyncio.create_task(client.slow.wait()),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients.discard(client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            if client.slow.is_set():
                await socket.close(TRY_LATER, "too slow; connect again and resume")
            elif not listening.cancelled() and listening.exception() is None:
                await socket.close(POLICY, f"{BAD_FRAMES} frames made no sense")

    async def _listen(self, client: Client) -> None:
        """Read frames; returns after too many bad ones."""
        bad = 0
        while bad < BAD_FRAMES:
            message = await client.socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            try:
                self._obey(client, parse(message.get("text")))
            except BadFrame as error:
                bad += 1
                client.put(error_frame("BAD_FRAME", str(error)))

    def _obey(self, client: Client, order: Order) -> None:
        if order.op == "ping":
            client.put(PONG)
        elif order.op == "unsubscribe":
            client.topics.difference_update(order.topics)
        else:
            self._subscribe(client, order)

    def _subscribe(self, client: Client, order: Order) -> None:
        for topic in order.topics:
            check_topic(self._desk.view, topic)
        if len(client.topics.union(order.topics)) > TOPICS:
            raise BadFrame(f"more than {TOPICS} topics; unsubscribe from some first")
        # Live from here on: what comes later waits behind the catching up.
        fresh = tuple(topic for topic in order.topics if topic not in client.topics)
        client.topics.update(fresh)
        self._state(client, fresh, order.resume)
        self._state(client, set(order.topics) - set(fresh))

    def _state(
        self, client: Client, topics: set[str] | tuple[str, ...], resume: int | None = None
    ) -> None:
        if topics:
            client.put(partial(caught_up, topics=tuple(topics), resume=resume, upto=self._seq))
            client.owed.difference_update(topics)

    async def _send(self, client: Client) -> None:
        while True:
            frame = await client.waiting.get()
            if isinstance(frame, str):
                await client.socket.send_text(frame)
            else:
                for text in await self._read(client, frame):
                    await client.socket.send_text(text)

    async def _read(self, client: Client, frame: CatchUp) -> list[str]:
        try:
            frames, later = await self._desk.read(frame)
        except Problem as problem:
            client.owed.update(client.topics)
            return [error_frame(problem.code, problem.message)]
        client.owed.update(later)
        return frames


def caught_up(
    reading: Reading, topics: tuple[str, ...], resume: int | None, upto: int
) -> tuple[list[str], tuple[str, ...]]:
    """What brings a client up to date: the updates it missed, else the state of its topics.

    Beside the frames: topics that have no state yet.
    """
    missed = None if resume is None else resumed(reading, topics, resume, upto)
    return snapshots(reading, topics, upto) if missed is None else (missed, ())
