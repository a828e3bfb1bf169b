"""WebSocket connections as Binance keeps them: raw and combined streams, and what clients ask.

A path that ends in ``/ws`` or ``/ws/<stream>[/<stream>...]`` gives raw messages, one that ends in
``/stream?streams=<stream>[/<stream>...]`` wraps each as ``{"stream": ..., "data": ...}``. What
stands before is the host's name where the real exchange has several hosts: below ``/fstream...``,
``/market`` or ``/public`` it is the futures exchange, elsewhere the spot one. (ccxt tells the two
apart by the word ``stream`` in the address, so hand it ``/stream.binance.com/ws`` for spot.)
"""

import asyncio
import re
from contextlib import suppress
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, web
from aiohttp.client_exceptions import ClientConnectionResetError

from barograph.simulator.faults import Faults, refuse
from barograph.simulator.feeds import Feed, parse
from barograph.simulator.hub import Hub

PING_EVERY: Final = 20.0
MOST_STREAMS: Final = 1024
BACKLOG: Final = 10_000
"""Messages kept for a client that does not read; one more, and it is cut off."""
METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
FUTURES: Final = re.compile(r"^/(?:fstream[^/]*|market|public)(?:/|$)")
GOING_AWAY: Final = 1001


class RequestError(Exception):
    """A request that makes no sense, with Binance's code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Connection:
    """One client."""

    def __init__(self, hub: Hub, socket: web.WebSocketResponse, where: str, combined: bool) -> None:
        self._hub = hub
        self._socket = socket
        self._where = where
        self._combined = combined
        self._streams: dict[str, Feed | None] = {}
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(BACKLOG)
        self._transport: asyncio.BaseTransport | None = None

    async def serve(self, request: web.Request, streams: list[str]) -> None:
        """Send and answer until the client goes."""
        self._transport = request.transport
        self._subscribe(streams)
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    self._enqueue(orjson.dumps(self._answer(message.data)))
        finally:
            self._unsubscribe(list(self._streams))
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    def push(self, stream: str, message: bytes) -> None:
        """Take a message of a stream."""
        if self._combined:
            message = b'{"stream":"%b","data":%b}' % (stream.encode(), message)
        self._enqueue(message)

    def cut(self) -> None:
        """Lose the connection without a word."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def close(self) -> None:
        """Say goodbye."""
        await self._socket.close(code=GOING_AWAY)

    def _enqueue(self, message: bytes) -> None:
        if self._queue.full():
            self.cut()
        else:
            self._queue.put_nowait(message)

    async def _write(self) -> None:
        with suppress(ClientConnectionResetError, ConnectionResetError):
            while True:
                await self._socket.send_frame(await self._queue.get(), WSMsgType.TEXT)

    def _answer(self, data: str | bytes) -> dict[str, Any]:
        """Answer of a client's message."""
        asked: dict[str, Any] | None = None
        try:
            asked = loaded(data)
            check(asked)
            return {"result": self._done(asked), "id": asked.get("id")}
        except RequestError as error:
            told = {"code": error.code, "msg": str(error)}
            return {**told, "id": asked.get("id")} if isinstance(asked, dict) else told

    def _done(self, asked: dict[str, Any]) -> object:
        method, params = asked["method"], asked.get("params", [])
        if method == "LIST_SUBSCRIPTIONS":
            return list(self._streams)
        if not isinstance(params, list):
            raise RequestError(2, "Invalid request: params must be an array")
        if method in {"SET_PROPERTY", "GET_PROPERTY"}:
            return self._property(method, params)
        if not all(isinstance(name, str) for name in params):
            raise RequestError(2, "Invalid request: stream name must be a string")
        if method == "SUBSCRIBE":
            self._subscribe(params)
        else:
            self._unsubscribe(params)
        return None

    def _property(self, method: str, params: list[Any]) -> bool | None:
        if params[:1] != ["combined"]:
            raise RequestError(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self._combined
        if len(params) != 2 or not isinstance(params[1], bool):
            raise RequestError(1, "Invalid value type: expected Boolean")
        self._combined = params[1]
        return None

    def _subscribe(self, names: list[str]) -> None:
        new = [name for name in dict.fromkeys(names) if name not in self._streams]
        if len(self._streams) + len(new) > MOST_STREAMS:
            raise RequestError(2, "Invalid request: too many streams")
        for name in new:
            feed = self._streams[name] = parse(name, self._where)
            if feed is not None:
                self._hub.join(feed, self)

    def _unsubscribe(self, names: list[str]) -> None:
        for name in names:
            feed = self._streams.pop(name, None)
            if feed is not None:
                self._hub.leave(feed, self)


class Sockets:
    """The WebSocket routes."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults
        self._open: set[Connection] = set()

    def add_to(self, app: web.Application) -> None:
        """Register the routes; closing the application closes every connection."""
        app.router.add_get(r"/{host:(?:[^/]+/)*}ws{streams:(?:/[^/]+)*}", self.connect)
        app.router.add_get(r"/{host:(?:[^/]+/)*}stream", self.connect)

        async def close(_: web.Application) -> None:
            for connection in list(self._open):
                await connection.close()

        app.on_shutdown.append(close)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Take a client in."""
        fault = self._faults.take(request.path)
        if fault is not None and (refusal := await refuse(request, fault)) is not None:
            return refusal
        raw = request.match_info.get("streams")
        names = request.query.get("streams", "") if raw is None else raw
        socket = web.WebSocketResponse(heartbeat=PING_EVERY, compress=False)
        await socket.prepare(request)
        where = "futures" if FUTURES.match(request.path) else "spot"
        connection = Connection(self._hub, socket, where, combined=raw is None)
        self._open.add(connection)
        try:
            await connection.serve(request, [name for name in names.split("/") if name])
        finally:
            self._open.discard(connection)
        return socket


def loaded(data: str | bytes) -> dict[str, Any]:
    """Request of a client.

    Raises
    ------
    RequestError
        If it is no JSON object.
    """
    try:
        asked = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RequestError(3, f"Invalid JSON: {error}") from error
    if not isinstance(asked, dict):
        raise RequestError(2, "Invalid request: missing field `method`")
    return asked


def check(asked: dict[str, Any]) -> None:
    """See whether it is a request that exists.

    Raises
    ------
    RequestError
        If it is not.
    """
    if "method" not in asked:
        raise RequestError(2, "Invalid request: missing field `method`")
    if asked["method"] not in METHODS:
        raise RequestError(
            2,
            f"Invalid request: unknown variant {asked['method']}, "
            f"expected one of {', '.join(METHODS)}",
        )
    identity = asked.get("id")
    if isinstance(identity, bool) or not isinstance(identity, int | str | None):
        raise RequestError(2, "Invalid request: request ID must be an unsigned integer")
