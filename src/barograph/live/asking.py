"""What the stream did not bring, asked of REST beside the live work.

The network is waited for on a thread of its own, so that an exchange whose REST interface fails or
hangs holds nothing up: bars that the stream brings whole are stored and published meanwhile. One
question is out at a time; what failed is asked again with growing pauses, and the status says so.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from barograph.core.errors import LakeError, SourceError
from barograph.core.payload import Payload
from barograph.live.book import Hole, Series
from barograph.live.feed import Feed
from barograph.live.job import Pause
from barograph.live.rooms import Rooms
from barograph.sources.streams.messages import length_of

LOG: Final = logging.getLogger(__name__)
PAGES: Final = 20
"""Pages of REST stored at once."""
ASKED_AGAIN: Final = timedelta(days=7)
"""How far back a bar that was missing is asked for again."""
Work = Callable[..., Awaitable[Any]]


class Asking:
    """Asks REST.

    Parameters
    ----------
    rooms : Rooms
        Bars go into its lake.
    feed : Feed
        Knows what is missing.
    work : Callable
        Runs something on the worker thread.
    note : Callable[[Series], None]
        Told of a series that has grown.
    """

    def __init__(
        self, rooms: Rooms, feed: Feed, work: Work, note: Callable[[Series], None]
    ) -> None:
        self.rooms, self.feed = rooms, feed
        self._work, self._note = work, note
        self.wanted: set[Series] = set()
        self.gone: list[Hole] = []
        self.hurt = False
        self._again = 0.0
        self._pause = Pause()
        self._task: asyncio.Task[bool] | None = None

    def tend(self) -> None:
        """Ask where there is something to ask and no question is out."""
        if self._task is not None and not self._task.done():
            return
        if self.feed.lost:
            self.look()
        if self._pause.over and (
            self.wanted or self.feed.book.holes() or self.feed.disputes or self._is_time()
        ):
            self._task = asyncio.get_running_loop().create_task(self.ask())

    def look(self) -> None:
        """Note the series of which a bar has closed that nobody has brought."""
        self.feed.lost = False
        book, present = self.feed.book, 1000.0 * self.rooms.job.clock().timestamp()
        for series in book.series:
            opened = book.next_open(series)
            if opened + length_of(series[1]) <= present and not book.waiting(series, opened):
                self.wanted.add(series)

    async def remember(self) -> None:
        """Note the holes of the lake itself: what a run before this one asked for in vain."""
        oldest = int((self.rooms.job.clock() - ASKED_AGAIN).timestamp()) * 1000
        for series in self.feed.book.series:
            found = await self._work(self.rooms.keeper.holes, series, oldest)
            self.gone = list(dict.fromkeys([*self.gone, *found]))

    async def stop(self) -> None:
        """Give up the question that is out."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask(self) -> bool:
        """Ask everything there is to ask; whether all of it was answered."""
        board = self.rooms.board
        try:
            await self._everything()
        except SourceError as error:
            self._failed("rest", f"the exchange's REST interface does not answer: {error}")
        except LakeError as error:
            self.hurt = True
            self._failed("lake", f"the disk refuses: {error}")
        except Exception as error:
            LOG.exception("a question to REST failed")
            self.hurt = True
            self._failed("rest", f"REST could not be asked: {type(error).__name__} {error}")
        else:
            self._pause.clear()
            board.concern("stale", "rest", None)
            return True
        finally:
            self.feed.wake.set()
        return False

    def _failed(self, name: str, words: str) -> None:
        if not self._pause.failures:
            LOG.warning("%s", words)
        self.rooms.board.concern("stale", name, words[:200])
        self._pause.fail()

    async def _everything(self) -> None:
        for series in sorted(self.wanted):
            await self._since(series)
            self.wanted.discard(series)
        for hole in self.feed.book.holes():
            await self._fill(hole)
        if self.feed.disputes:
            await self._settle()
        if self._is_time():
            await self._ask_again()

    async def _since(self, series: Series) -> None:
        """Fetch what has closed behind the last bar taken."""
        rooms, book = self.rooms, self.feed.book
        start = book.next_open(series)
        pages = rooms.keeper.rest.since(series, start, rooms.keeper.progress(series, rooms.say))
        while batch := await asyncio.to_thread(_some, pages):
            if not await self._work(rooms.keeper.follow, series, batch, book.next_open(series)):
                return  # the stream brought them after all
            held = await self._work(rooms.keeper.next_open, series, start)
            self.gone += await self._work(
                rooms.keeper.missing, Hole(series, book.next_open(series), held)
            )
            book.move(series, held)
            self._note(series)

    async def _fill(self, hole: Hole) -> None:
        """Fetch what is missing before a bar that waits; what REST lacks is passed over."""
        keeper, book = self.rooms.keeper, self.feed.book
        pages = await asyncio.to_thread(list, keeper.rest.inside(hole))
        if not await self._work(keeper.follow, hole.series, pages, hole.start):
            return
        for left in await self._work(keeper.missing, hole):
            LOG.warning("%s %s: the exchange has no bars from %d", *left.series, left.start)
            self.gone.append(left)
        book.move(hole.series, hole.end)
        self._note(hole.series)

    async def _settle(self) -> None:
        """Keep last states that contradict each other, and what REST says: that one holds."""
        keeper, held, pages = self.rooms.keeper, list(self.feed.disputes), []
        for bar in held:
            hole = Hole((bar.symbol, bar.interval), bar.open_time, bar.close_time)
            pages += await asyncio.to_thread(list, keeper.rest.inside(hole))
        await self._work(keeper.settle, held, pages)
        del self.feed.disputes[: len(held)]

    def _is_time(self) -> bool:
        """Whether bars that were missing are to be asked for again."""
        if not self.gone:
            self.feed.late.clear()
            return False
        passed = time.monotonic() - self._again
        return bool(self.feed.late) or passed >= self.rooms.job.timing.again

    async def _ask_again(self) -> None:
        """Ask again for bars that were missing; whatever comes late is taken."""
        keeper = self.rooms.keeper
        self.feed.late.clear()
        self._again = time.monotonic()
        oldest = (self.rooms.job.clock() - ASKED_AGAIN).timestamp() * 1000
        asked = list(self.gone)
        left: list[Hole] = []
        for hole in (one for one in asked if one.end > oldest):
            pages = await asyncio.to_thread(list, keeper.rest.inside(hole))
            await self._work(keeper.take, pages)
            left += await self._work(keeper.missing, hole)
        self.gone = list(dict.fromkeys([*left, *(one for one in self.gone if one not in asked)]))


def _some(pages: Iterator[Payload]) -> list[Payload]:
    return list(islice(pages, PAGES))
