"""Hold a WebSocket stream open whatever happens to it.

1. Connect and tell the listener, who fetches by REST what was missed: nothing is sent again.
2. Hand over every frame as it comes; a frame is never judged here.
3. Silence for ``dead`` seconds, an error or a goodbye ends the connection; tell the listener.
4. Wait, longer after each failure and at random within that, and connect again. A connection that
   brought a frame makes the next wait short again.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol, TypeAlias

import aiohttp

LOG: Final = logging.getLogger(__name__)
LARGEST: Final = 1 << 20
"""Bytes of the largest frame taken."""
QUICK: Final = aiohttp.ClientWSTimeout(ws_close=1.0)
"""A goodbye that is not answered is not waited for."""


class StreamError(ConnectionError):
    """The connection has ended, or there was none."""


class Socket(Protocol):
    """What of a WebSocket is used."""

    async def receive(self) -> bytes:
        """Next frame; ``StreamError`` when there will be none."""
        ...


Connect: TypeAlias = Callable[[str], AbstractAsyncContextManager[Socket]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How a lost stream is met; seconds of this machine's clock.

    Attributes
    ----------
    first_wait, longest_wait : float
        Bounds of the wait before a new connection: doubled each time, then drawn from
        ``0 ... wait`` (full jitter), so that clients that failed together do not return together.
    dead : float
        Silence after which a connection is given up.
    jitter : Callable[[], float]
        Within 0 ... 1.
    """

    first_wait: float = 0.1
    longest_wait: float = 10.0
    dead: float = 15.0
    jitter: Callable[[], float] = random.random

    def wait(self, failures: int) -> float:
        """Seconds before the next connection after so many failures in a row (1, 2 ...)."""
        return min(self.first_wait * 2.0 ** min(failures - 1, 20), self.longest_wait) * (
            self.jitter()
        )


class Listener(Protocol):
    """Who hears what the stream says."""

    def opened(self) -> None:
        """A connection is there; what was said before it is lost."""
        ...

    def heard(self, frame: bytes) -> None:
        """A frame has come."""
        ...

    def closed(self, why: str) -> None:
        """A connection is gone, or could not be had."""
        ...


class _WebSocket:
    """A WebSocket of aiohttp; pings are answered by the library."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def receive(self) -> bytes:
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return str(message.data).encode()
        if message.type is aiohttp.WSMsgType.BINARY:
            return bytes(message.data)
        raise StreamError(f"the exchange closed the stream ({message.type.name.lower()})")


@asynccontextmanager
async def web_socket(url: str) -> AsyncIterator[Socket]:
    """Open a WebSocket over aiohttp; a proxy named in the environment is used.

    Raises
    ------
    StreamError
        If there is no connection to be had.
    """
    try:
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            session.ws_connect(url, max_msg_size=LARGEST, timeout=QUICK) as socket,
        ):
            yield _WebSocket(socket)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if isinstance(error, StreamError):
            raise
        raise StreamError(f"{type(error).__name__} {error}".strip()) from error


async def listen(
    url: str, listener: Listener, connect: Connect = web_socket, patience: Patience | None = None
) -> NoReturn:
    """Listen to a stream until cancelled.

    Parameters
    ----------
    url : str
        The stream's address.
    listener : Listener
        Told of every frame, and of every connection won and lost.
    connect : Connect
        Opens a WebSocket.
    patience : Patience or None
        The usual one when None.
    """
    patience = patience or Patience()
    failures = 0
    while True:
        count = _Counted(listener)
        try:
            await _hear(url, count, connect, patience)
        except (StreamError, TimeoutError) as error:
            why = str(error) or f"silent for {patience.dead:g} s"
        failures = 1 if count.frames else failures + 1
        listener.closed(why)
        wait = patience.wait(failures)
        LOG.warning("%s: %s; connecting again in %.1f s", url.split("?", maxsplit=1)[0], why, wait)
        await asyncio.sleep(wait)


@dataclass(slots=True)
class _Counted:
    listener: Listener
    frames: int = 0


async def _hear(url: str, count: _Counted, connect: Connect, patience: Patience) -> NoReturn:
    async with asyncio.timeout(patience.dead) as clock, connect(url) as socket:
        count.listener.opened()
        while True:
            clock.reschedule(asyncio.get_running_loop().time() + patience.dead)
            frame = await socket.receive()
            count.frames += 1
            count.listener.heard(frame)
