"""The runner: streams in, forecasts out, for as long as it is let.

1. Say what time it is at the exchange; open lake and store; begin to listen.
2. Fetch by REST what closed since the lake's last bar. Bars of the stream wait meanwhile.
3. Bring the store's bars up to the lake; warm the minds; write what they believed.
4. Write what the ledger has and the store lacks, and publish the hours that are owed.
5. Then, whenever a message or a quarter of a second has passed: store the bars that follow, have
   REST asked for what a lost connection or a hole left out (``asking``: beside all this, so that
   bars which the stream brings whole need no REST), publish the hour once its bars are in.

The streams are heard on the event loop, which never waits; all that touches disk or models runs on
one thread, in order. A step that fails (disk, exchange, models) says so on the board, is tried
again with growing pauses, and leaves nothing half done.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from barograph.core.errors import BarographError, LakeError
from barograph.live.asking import Asking
from barograph.live.backfill import moment
from barograph.live.book import Book, Hole, Series
from barograph.live.feed import Feed, Marks
from barograph.live.job import Job, Pause, Walks
from barograph.live.mind import EngineMind
from barograph.live.rooms import Rooms, open_rooms
from barograph.live.timekeeping import keep_time
from barograph.sources.streams.listen import Listener, listen
from barograph.sources.streams.messages import marks_of, streams_of

LOG: Final = logging.getLogger(__name__)
TICK: Final = 0.25
FOLLOWING: Final = "following the market"
T = TypeVar("T")


class Runner:
    """One run; see the module's words.

    Parameters
    ----------
    job : Job
        What to do.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.rooms: Rooms | None = None
        self.feed: Feed | None = None
        self._pool = ThreadPoolExecutor(1, "worker")
        self._pause = Pause()
        self._walks = Walks(job.timing.walks)
        self.asking: Asking | None = None
        self._due_since: float | None = None
        self._asked = 0.0
        self._dirty = False
        self._tasks: list[asyncio.Task[Any]] = []

    async def run(self) -> None:
        """Run until cancelled."""
        rooms = await self._work(open_rooms, self.job)
        self.rooms = rooms
        try:
            self._listen(rooms)
            await self._start(rooms)
            rooms.board.doing(FOLLOWING, "running")
            while True:
                await self._turn(rooms)
        finally:
            if self.asking is not None:
                await self.asking.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._pool.shutdown(wait=True)
            rooms.close()

    def _listen(self, rooms: Rooms) -> None:
        job, keeper = self.job, rooms.keeper
        every = [(symbol, interval) for symbol in job.symbols for interval in job.intervals]
        start = {series: keeper.next_open(series, rooms.beginning(series)) for series in every}
        self.feed = Feed(Book(start), rooms.board, rooms.candles, rooms.risk.called)
        self.asking = Asking(
            rooms, self.feed, self._work, lambda series: self._note_bar(rooms, series)
        )
        names = "/".join(streams_of(job.symbols, job.intervals))
        marks = "/".join(marks_of(job.symbols))
        loop = asyncio.get_running_loop()
        clocks = job.timing.clocks
        self._tasks = [
            loop.create_task(self._hear(job.exchange.stream, names, self.feed)),
            loop.create_task(
                self._hear(job.exchange.marks, marks, Marks(rooms.board, rooms.risk.called))
            ),
            loop.create_task(
                keep_time(
                    rooms.risk.watched(job.get), job.exchange.rest, job.clock, rooms.board, clocks
                )
            ),
        ]

    async def _hear(self, address: str, names: str, listener: Listener) -> None:
        job = self.job
        url = f"{address}/stream?streams={names}"
        await listen(url, listener, job.connect, job.timing.stream)

    async def _start(self, rooms: Rooms) -> None:
        """Everything before the first live hour; what fails is tried again."""
        for step in (self._refill, self._seed, self._warm, self._catch_up):
            while not await self._tried(rooms, step):
                await asyncio.sleep(TICK)

    async def _turn(self, rooms: Rooms) -> None:
        """One round of the loop."""
        rooms.board.turned()
        feed = self._feed
        with suppress(TimeoutError):
            await asyncio.wait_for(feed.wake.wait(), TICK)
        feed.wake.clear()
        if not self._pause.over:
            return
        await self._tried(rooms, self._round)

    async def _tried(self, rooms: Rooms, step: Callable[[Rooms], Any]) -> bool:
        """Run a step; a failure is said on the board and leaves the step to be done again."""
        if not self._pause.over:
            return False
        try:
            await step(rooms)
        except LakeError as error:
            self._failed(rooms, "lake", f"the disk refuses: {error}")
        except BarographError as error:
            self._failed(rooms, "models", f"no new forecast: {error}")
        except Exception as error:
            LOG.exception("a step of the runner failed")
            self._failed(rooms, "models", f"no new forecast: {type(error).__name__} {error}")
        else:
            self._pause.clear()
            for name in ("lake", "models"):
                rooms.board.concern("stale", name, None)
            return True
        return False

    def _failed(self, rooms: Rooms, name: str, words: str) -> None:
        if not self._pause.failures:
            LOG.warning("%s", words)
        rooms.board.concern("stale", name, words[:200])
        self._dirty = True
        self._pause.fail()

    async def _round(self, rooms: Rooms) -> None:
        asking = self._asking
        if self._dirty or asking.hurt:
            asking.hurt = False
            self._dirty = True
            await self._work(rooms.repair)
            self._dirty = False
        await self._store(rooms)
        asking.tend()
        if rooms.publisher.outdated and self._walks.due:
            await self._walk(rooms)
        await self._publish(rooms)
        rooms.board.doing(FOLLOWING, "running")

    async def _refill(self, rooms: Rooms) -> None:
        """Fetch what closed while nobody listened; without REST, go on with what there is."""
        asking, deadline = self._asking, time.monotonic() + self.job.timing.unanswered
        await asking.remember()
        asking.look()
        while not await asking.ask():
            held = all(rooms.keeper.next_open((each, "1h"), 0) for each in self.job.symbols)
            if held and time.monotonic() > deadline:
                LOG.warning("going on without what REST has not answered")
                return
            await asyncio.sleep(TICK)

    async def _walk(self, rooms: Rooms) -> None:
        """Walk anew over a history that bars have changed which came late, all at once."""
        await self._warm(rooms)
        await self._catch_up(rooms)
        self._walks.walked()

    async def _seed(self, rooms: Rooms) -> None:
        keys = [rooms.keeper.key(series) for series in self._feed.book.series]
        await self._work(rooms.projection.bars, keys, rooms.say)
        for key in keys:
            rooms.risk.closed(key.symbol, rooms.lake.rows(key))

    async def _warm(self, rooms: Rooms) -> None:
        await self._work(rooms.warm)

    async def _catch_up(self, rooms: Rooms) -> None:
        await self._work(rooms.catch_up)
        await self._work(rooms.after)
        loop = asyncio.get_running_loop()
        self._tasks += [loop.create_task(self._score(rooms, mind)) for mind in rooms.walked()]

    async def _score(self, rooms: Rooms, mind: EngineMind) -> None:
        """Sum up a walk beside the live work; until then its record is the one before."""
        try:
            cards = await asyncio.to_thread(rooms.cards, mind)
            await self._work(rooms.keep_cards, mind, cards)
        except Exception:
            LOG.exception("the record of %s could not be summed up", mind.symbol)

    async def _store(self, rooms: Rooms) -> None:
        """Store the bars that follow what is stored."""
        book = self._feed.book
        ready = book.ready()
        if ready and self._hour_is_closing():
            await asyncio.sleep(0.02)  # its other bars come in the same moment
            ready = book.ready()
        if not ready:
            return
        began = time.perf_counter()
        await self._work(rooms.keeper.store, ready)
        book.done(ready)
        LOG.debug("stored %d bars in %.0f ms", len(ready), 1e3 * (time.perf_counter() - began))
        for series in {(bar.symbol, bar.interval) for bar in ready}:
            self._note_bar(rooms, series)

    async def _publish(self, rooms: Rooms) -> None:
        """Publish the next hour once its bars are in, or are known to be missing."""
        hour = rooms.publisher.next_hour
        if self.job.clock() < hour:
            self._due_since = None
            return
        now, timing = time.monotonic(), self.job.timing
        self._due_since = self._due_since or now
        waited = now - self._due_since
        lacking = self._lacking("1h", hour)
        if lacking and min(waited, now - self._asked) > timing.overdue:
            self._asked = now
            self._asking.wanted.update(lacking)
            self._asking.tend()
        asked = not self._asking.wanted.isdisjoint(lacking)
        if lacking and waited < (timing.unanswered if asked else timing.given_up):
            return
        finer = [i for i in self.job.intervals if i != "1h"]
        if not lacking and waited < timing.grace and any(self._lacking(i, hour) for i in finer):
            return
        for series in lacking:
            self._miss(rooms, series, int(hour.timestamp() * 1000))
        if rooms.publisher.outdated:
            await self._walk(rooms)
        await self._work(rooms.publisher.publish, hour)
        self._due_since = None
        await self._work(rooms.after)
        await self._work(rooms.save)

    def _miss(self, rooms: Rooms, series: Series, end: int) -> None:
        """Go on without an hour's bar."""
        book = self._feed.book
        LOG.warning("%s %s: no bar ends at %d", *series, end)
        self._asking.gone.append(Hole(series, book.next_open(series), end))
        book.move(series, end)
        words = "the exchange has no bar of the last hour: no forecast was made of it"
        rooms.board.concern("unreliable", "missing", words, series[0])

    def _lacking(self, interval: str, hour: datetime) -> list[Series]:
        """Series whose bars do not reach an hour yet."""
        end = int(hour.timestamp() * 1000)
        book = self._feed.book
        return [s for s in book.series if s[1] == interval and book.next_open(s) < end]

    def _hour_is_closing(self) -> bool:
        assert self.rooms is not None  # noqa: S101 - set before the loop
        return bool(self.job.clock() >= self.rooms.publisher.next_hour)

    def _note_bar(self, rooms: Rooms, series: Series) -> None:
        """Tell the board of the newest bar, and of what speaks against it."""
        symbol, interval = series
        end = self._feed.book.next_open(series)
        rooms.risk.closed(symbol, rooms.lake.rows(rooms.keeper.key(series)))
        if interval == "1h":
            rooms.board.put(symbol, last_bar=moment(end).isoformat())
            rooms.board.concern("unreliable", "missing", None, symbol)
        hour = moment(self._feed.book.next_open((symbol, "1h")))
        rooms.board.doubt(symbol, rooms.keeper.doubts(symbol, hour))

    @property
    def _asking(self) -> Asking:
        assert self.asking is not None  # noqa: S101 - set before anything is heard
        return self.asking

    @property
    def _feed(self) -> Feed:
        assert self.feed is not None  # noqa: S101 - set before anything is heard
        return self.feed

    async def _work(self, call: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        """Run on the worker thread."""

        def work() -> T:
            try:
                return call(*arguments)
            except StopIteration as error:  # it cannot pass through a future: we would wait forever
                raise RuntimeError(f"an iterator ended early in {call}") from error

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
