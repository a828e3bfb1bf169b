"""What the streams say, put in order: runs on the event loop and never waits for anything."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from barograph.core.errors import LayoutError
from barograph.live.board import Board
from barograph.live.book import Book
from barograph.live.candles import Candles
from barograph.sources.streams.messages import Kline, Mark, read

LOG: Final = logging.getLogger(__name__)
Called = Callable[..., None]
"""Told ``failed=False`` of a connection that is opened, ``failed=True`` of one that is lost."""
TOLD: Final = 20
"""Malformed frames that are told of singly; then every hundredth."""


class Feed:
    """Listener of the kline streams.

    Attributes
    ----------
    counts : Counter
        Messages by what became of them: ``final``, ``open``, ``duplicate``, ``old``, ``dispute``,
        ``malformed``, ``lost`` (connections).
    lost : bool
        Whether something may have been missed since REST was last asked.
    disputes : list of Kline
        Final bars that contradict a final bar; for bronze.
    wake : asyncio.Event
        Set when there is something to do.
    """

    def __init__(self, book: Book, board: Board, candles: Candles, called: Called) -> None:
        self.book, self.board, self.candles, self._called = book, board, candles, called
        self.counts: Counter[str] = Counter()
        self.lost = True
        self.disputes: list[Kline] = []
        self.late: list[Kline] = []
        self.wake = asyncio.Event()

    def opened(self) -> None:
        """Ask REST for what may have been missed."""
        self.counts["opened"] += 1
        self._called(failed=False)
        self.lost = True
        for symbol in self.board.symbols:
            self.board.put(symbol, connected=True)
        self.wake.set()

    def closed(self, why: str) -> None:
        """Say that nothing comes any more."""
        LOG.info("stream lost: %s", why)
        self.counts["lost"] += 1
        self._called(failed=True)
        for symbol in self.board.symbols:
            self.board.put(symbol, connected=False)

    def heard(self, frame: bytes) -> None:
        """Take a frame; a malformed one is counted and told."""
        try:
            message = read(frame)
        except LayoutError as error:
            self.counts["malformed"] += 1
            if self.counts["malformed"] <= TOLD or self.counts["malformed"] % 100 == 0:
                LOG.warning("%s (%d so far)", error, self.counts["malformed"])
            return
        if isinstance(message, Kline):
            self._kline(message)

    def _kline(self, kline: Kline) -> None:
        verdict = self.book.take(kline)
        self.counts[verdict] += 1
        if verdict in {"open", "final"}:
            self.board.heard(kline.symbol, kline.close)
        if verdict == "open":
            self.candles.show(kline)
        elif verdict == "final":
            self.wake.set()
        elif verdict == "dispute":
            LOG.warning(
                "a second last state of %s %s at %d differs from the first; REST decides",
                kline.symbol, kline.interval, kline.open_time,
            )  # fmt: skip
            self.disputes.append(kline)
            self.wake.set()
        elif verdict == "old" and kline.final:
            self.late.append(kline)


class Marks:
    """Listener of the mark price streams: the funding rate being collected."""

    def __init__(self, board: Board, called: Called) -> None:
        self.board, self._called = board, called

    def opened(self) -> None:
        """Nothing to fetch: the next message says all."""
        self._called(failed=False)

    def closed(self, why: str) -> None:
        """Nothing to say: the age of the rate tells."""
        LOG.info("mark price stream lost: %s", why)
        self._called(failed=True)

    def heard(self, frame: bytes) -> None:
        """Take a frame; what is malformed is passed over, another comes within a second."""
        try:
            message = read(frame)
        except LayoutError as error:
            LOG.debug("%s", error)
            return
        if isinstance(message, Mark) and message.symbol in self.board.symbols:
            self.board.funded(message.symbol, message.funding_rate)
