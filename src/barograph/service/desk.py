"""What the routes ask: newest forecasts as bytes, and reads of the store away from the loop."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

from fastapi import Request
from starlette.types import Message

from barograph.core.errors import LakeError
from barograph.service.bar_memory import BarMemory
from barograph.service.hub import Hub
from barograph.service.meters import Meters
from barograph.service.past import predicted
from barograph.service.predictions import published, with_truth
from barograph.service.problems import prediction_unavailable, store_unavailable
from barograph.service.reading import Reading
from barograph.service.respond import dumps
from barograph.service.risk import with_breakers
from barograph.service.tail import Identity, News, Tail, identity
from barograph.service.truth import truth
from barograph.service.view import View
from barograph.store.store import Store

P = ParamSpec("P")
T = TypeVar("T")
TRUTH_SECONDS: Final = 0.2
"""How long an answer's truth is kept: an age is judged at least four times a second."""
READERS: Final = 2


Kept: TypeAlias = tuple[Message, Message]
"""Head and body of an answer, as they go to the server."""


class Desk:
    """The state of one application.

    Parameters
    ----------
    folder : Path
        The serving folder; the store in it may come, go and be replaced at any time.

    Attributes
    ----------
    hot : dict
        Answers of ``/predict`` by query, to be given again as they are: forgotten with whatever
        is new, and after ``TRUTH_SECONDS`` in any case.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.view = View()
        self.meters = Meters()
        self.hub = Hub(self)
        self.hot: dict[bytes, Kept] = {}
        self._heads: dict[tuple[str, int, str], dict[str, Any]] = {}
        self._mine = threading.local()
        self._gate = threading.Lock()
        self._memory: tuple[Identity | None, BarMemory] = (None, BarMemory())
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._tail: Tail | None = None
        self._cooling: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start following the store."""
        loop = asyncio.get_running_loop()

        def deliver(news: News) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._receive, news)

        self._tail = Tail(self.folder, deliver)
        await asyncio.to_thread(self._tail.start)
        self._cooling = asyncio.create_task(self._cool())

    async def close(self) -> None:
        """Stop, and close what is open."""
        if self._cooling is not None:
            self._cooling.cancel()
        if self._tail is not None:
            await asyncio.to_thread(self._tail.stop)
        self._pool.shutdown()

    async def predict(self, asset: str, hours: int, at: str | None, engine: str) -> bytes:
        """Answer ``/predict``: of now from memory, of the past from the store.

        Raises
        ------
        Problem
            If there is nothing to answer.
        """
        if at is not None:
            self.current()
            return dumps(await self.read(predicted, asset, hours, at, engine))
        return dumps(self._newest(asset, hours, engine))

    def current(self) -> View:
        """What is known now.

        Raises
        ------
        Problem
            If the store cannot be read.
        """
        if self.view.problem is not None:
            raise store_unavailable(self.view.problem)
        return self.view

    async def read(
        self, make: Callable[Concatenate[Reading, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function that reads the store in a thread that may wait for the disk.

        Raises
        ------
        Problem
            If the store cannot be read.
        """
        view = self.current()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, lambda: self._reading(view, make, *args, **kwargs)
        )

    def _reading(
        self,
        view: View,
        make: Callable[Concatenate[Reading, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            store, memory = self._own_store()
            return make(Reading(store, view, time.time(), memory), *args, **kwargs)
        except (LakeError, sqlite3.Error) as error:
            self._drop_store()
            raise store_unavailable(f"the store cannot be read: {error}") from error

    def _own_store(self) -> tuple[Store, BarMemory]:
        """Return the connection of this thread, and what all remember of the same file."""
        found = identity(self.folder)
        mine: tuple[Identity, Store] | None = getattr(self._mine, "store", None)
        if mine is None or mine[0] != found:
            self._drop_store()
            mine = self._mine.store = (found, Store.reader(self.folder))
        with self._gate:
            if self._memory[0] != found:
                self._memory = (found, BarMemory())
            return mine[1], self._memory[1]

    def _drop_store(self) -> None:
        mine: tuple[Identity, Store] | None = getattr(self._mine, "store", None)
        if mine is not None:
            mine[1].close()
        self._mine.store = None

    def _newest(self, asset: str, hours: int, engine: str) -> dict[str, Any]:
        """Make the newest prediction; its truth may be 0.2 s old when it is sent."""
        view, wall = self.view, time.time()
        if view.problem is not None and view.market is None:
            raise store_unavailable(view.problem)
        symbol = view.symbol(asset)
        view.horizon(hours)
        body = view.newest.get(symbol)
        if body is None:
            raise prediction_unavailable(view.waiting_for() or "the runner")
        key = (symbol, hours, engine)
        if key not in self._heads:
            self._heads[key] = published(body, hours, engine)
        status = view.statuses.get(symbol, {})
        guarded = with_breakers(self._heads[key], status)
        told = with_truth(guarded, truth(view, symbol, wall))
        if view.problem is not None:
            raise store_unavailable(view.problem, told)
        return told

    def _receive(self, news: News) -> None:
        if news.view.newest != self.view.newest:
            self._heads.clear()
        self.view = news.view
        self.hot.clear()
        self.meters.receive(news)
        self.hub.receive(news)

    async def _cool(self) -> None:
        while True:
            await asyncio.sleep(TRUTH_SECONDS)
            self.hot.clear()


def desk_of(request: Request) -> Desk:
    """Return the state of the application that got a request."""
    desk: Desk = request.app.state.desk
    return desk
