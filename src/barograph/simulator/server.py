"""The simulated exchange as a server on localhost."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from barograph.core.errors import SourceError
from barograph.simulator.archive import Archive
from barograph.simulator.binance import Binance
from barograph.simulator.control import Control
from barograph.simulator.faults import Fault, Faults
from barograph.simulator.hub import Hub
from barograph.simulator.market import Market
from barograph.simulator.sockets import Sockets

HOST: Final = "127.0.0.1"
PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes
    ----------
    url : str
        Scheme, host and port.
    faults : Faults
        Plan what goes wrong; see what was asked.
    """

    url: str
    faults: Faults


def application(market: Market, faults: Faults) -> web.Application:
    """Every route of the simulated exchange."""
    app = web.Application()
    hub = Hub(market, faults)
    faults.present = lambda: market.millis
    Binance(market, faults).add_to(app)
    Archive(market, faults).add_to(app)
    Control(market, faults, hub).add_to(app)
    Sockets(hub, faults).add_to(app)

    async def beating(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(hub.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app.cleanup_ctx.append(beating)
    return app


@contextmanager
def serve(market: Market, *faults: Fault, port: int = 0) -> Iterator[Running]:
    """Serve from a thread of its own until the block ends.

    Parameters
    ----------
    market : Market
        What there is to ask about.
    faults : Fault
        What goes wrong, in this order.
    port : int
        Zero for any free one.

    Raises
    ------
    SourceError
        If the port is taken.
    """
    plan = Faults(*faults)
    server = _Server(application(market, plan), port)
    server.start()
    try:
        yield Running(f"http://{HOST}:{server.wait()}", plan)
    finally:
        server.stop()


class _Server(threading.Thread):
    """An event loop of its own, with one aiohttp site in it."""

    def __init__(self, app: web.Application, port: int) -> None:
        super().__init__(name="simulated-exchange", daemon=True)
        self._app = app
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None

    def run(self) -> None:
        """Serve until ``stop``; what still runs then (a silence) is cancelled."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, self._port)
            await site.start()
            self._port = runner.addresses[0][1]
            self._ready.set()
            await self._done.wait()
        except OSError as error:
            self._failure = error
            self._ready.set()
        finally:
            await runner.cleanup()

    def wait(self) -> int:
        """Port, once it answers."""
        if not self._ready.wait(PATIENCE) or self._failure is not None:
            raise SourceError(f"cannot serve on {HOST}:{self._port}: {self._failure or 'too slow'}")
        return self._port

    def stop(self) -> None:
        """Close everything and wait for it."""
        if self._loop is not None:
            with suppress(RuntimeError):  # closed already, where it never came to serve
                self._loop.call_soon_threadsafe(self._done.set)
        self.join(PATIENCE)
