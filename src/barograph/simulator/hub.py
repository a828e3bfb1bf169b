"""What is sent when: one loop that sleeps until the next bar ends or the next second begins.

1. Sleep until the earliest of: the end of the next recorded bar of any feed somebody listens to,
   its next print, the next wall second (for open bars and mark prices).
2. Send the last state of every bar that has ended since the feed's cursor, in the order of their
   ends, the shorter first; then the prints. The cursor is the market's time: at any speed nothing
   is left out and nothing is sent twice.
3. Once in a wall second send the open bar of every feed, if it has changed, and the mark prices.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, Protocol

import orjson

from barograph.simulator import feeds
from barograph.simulator.clock import MarketClock
from barograph.simulator.faults import Faults, spoil_bytes
from barograph.simulator.feeds import Feed
from barograph.simulator.market import Market
from barograph.simulator.series import Bar

SECOND: Final = 1.0
BREATH: Final = 0.02
"""Wall seconds that prints are gathered for."""
IDLE: Final = 0.25
"""Wall seconds between two looks at a clock whose speed is not known."""
SLACK: Final = 0.001
"""Wall seconds slept beyond a bar's end, so that it has surely ended."""


class Listener(Protocol):
    """Who is told; in practice a connection."""

    def push(self, stream: str, message: bytes) -> None:
        """Take a message; never waits."""
        ...

    def cut(self) -> None:
        """Lose the connection without a word."""
        ...


class Hub:
    """The streams of one exchange.

    Parameters
    ----------
    market : Market
        What there is to tell.
    faults : Faults
        What goes wrong on the way.
    """

    def __init__(self, market: Market, faults: Faults) -> None:
        self.market = market
        self.faults = faults
        self._listeners: dict[Feed, set[Listener]] = {}
        self._cursor: dict[Feed, int] = {}
        self._shown: dict[Feed, Bar] = {}
        self._held: dict[tuple[Feed, bool], bytes] = {}
        self._stirred = asyncio.Event()
        self._tick = time.monotonic()

    def join(self, feed: Feed, listener: Listener) -> None:
        """Tell a listener of a feed from now on."""
        if feed not in self._listeners:
            self._listeners[feed] = set()
            self._cursor[feed] = self.market.millis
        self._listeners[feed].add(listener)
        self.stir()

    def leave(self, feed: Feed, listener: Listener) -> None:
        """Tell a listener no more."""
        held = self._listeners.get(feed, set())
        held.discard(listener)
        if not held:
            for table in (self._listeners, self._cursor, self._shown):
                table.pop(feed, None)
            for final in (True, False):
                self._held.pop((feed, final), None)

    def stir(self) -> None:
        """Look again at what comes next: a feed was joined, or the clock changed its speed."""
        self._stirred.set()

    async def run(self) -> None:
        """Tell everybody everything in time, until cancelled."""
        while True:
            self._stirred.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), self._pause())
            self.beat()

    def beat(self) -> None:
        """Send what has happened since the last beat."""
        now = self.market.millis
        for feed, bar in self._ended(now):
            self._send_bar(feed, bar, now)
        for feed in list(self._listeners):
            if feed.kind in {"trade", "aggTrade"}:
                self._send_prints(feed, now)
            self._cursor[feed] = now
        wall = time.monotonic()
        if wall >= self._tick:
            self._tick = wall + SECOND - (wall - self._tick) % SECOND
            self._send_states(now)

    def _pause(self) -> float | None:
        """Wall seconds until something is to be sent; None where nobody listens."""
        if not self._listeners:
            return None
        pause = max(0.0, self._tick - time.monotonic())
        clock = self.market.clock
        if not isinstance(clock, MarketClock):
            return min(pause, IDLE)
        coming = min(self._coming(), default=None)
        if coming is None:
            return pause
        left = (coming - clock.reading()[0].timestamp() * 1000) / 1000 / clock.speed
        return min(pause, max(0.0, left) + SLACK)

    def _coming(self) -> Iterator[float]:
        """Moments of the market at which a feed has something new, epoch in ms."""
        for feed in self._listeners:
            cursor = self._cursor[feed]
            series = feed.board(self.market).series(feed.symbol, feed.interval)
            prints = feed.prints(self.market)
            if feed.kind == "kline" and series is not None:
                place = series.closed_by(cursor)
                if place < len(series):
                    yield float(series.opened[place]) + series.length
            elif prints is not None and (place := prints.by(cursor)) < len(prints.moment):
                yield float(prints.moment[place]) + BREATH * 1000

    def _ended(self, now: int) -> list[tuple[Feed, Bar]]:
        """Bars that ended since their feed's cursor, earlier and shorter ones first."""
        found: list[tuple[Feed, Bar]] = []
        for feed in self._listeners:
            series = feed.board(self.market).series(feed.symbol, feed.interval)
            if feed.kind == "kline" and series is not None:
                first, stop = series.closed_by(self._cursor[feed]), series.closed_by(now)
                found += [(feed, bar) for bar in series.ended(first, stop)]
        return sorted(found, key=lambda item: (item[1].closes, -item[1].opened))

    def _send_states(self, now: int) -> None:
        """Open bars and mark prices as they stand."""
        for feed in list(self._listeners):
            if feed.kind == "kline":
                bar = feed.board(self.market).open_bar(feed.symbol, feed.interval, now)
                if bar is not None and bar != self._shown.get(feed):
                    self._shown[feed] = bar
                    self._send_bar(feed, bar, now)
            elif feed.kind == "markPrice":
                told = feeds.mark_price(feed, self.market, now, self._event(now))
                if told is not None:
                    self._send(feed, told, final=True)

    def _send_prints(self, feed: Feed, now: int) -> None:
        prints = feed.prints(self.market)
        if prints is None:
            return
        for place in range(prints.by(self._cursor[feed]), prints.by(now)):
            told = feeds.print_message(feed, prints, place, self._event(now))
            self._send(feed, told, final=True)

    def _send_bar(self, feed: Feed, bar: Bar, now: int) -> None:
        shown = self.faults.seen(feed.name, bar, now)
        if shown is not None:
            self._send(feed, feeds.kline(feed, shown, self._event(now)), final=bar.final)

    def _event(self, now: int) -> int:
        """Time that messages bear, epoch in ms."""
        return now + self.faults.shift

    def _send(self, feed: Feed, told: dict[str, Any], *, final: bool) -> None:
        """Send one message, or what a fault makes of it."""
        message = orjson.dumps(told)
        fault = self.faults.befall(feed.name, final=final)
        held = self._held.pop((feed, final), None)
        kind = "" if fault is None else fault.kind
        if kind == "disconnect":
            for listener in list(self._listeners.get(feed, ())):
                listener.cut()
        elif kind == "delay" and fault is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.seconds, self._deliver, feed, [message])
        elif kind == "reorder":
            self._held[feed, final] = message
        elif kind != "drop":
            twice = [message] if kind == "duplicate" else []
            self._deliver(feed, [spoil_bytes(kind, message), *twice])
        if held is not None:
            self._deliver(feed, [held])

    def _deliver(self, feed: Feed, messages: Iterable[bytes]) -> None:
        for message in messages:
            for listener in list(self._listeners.get(feed, ())):
                listener.push(feed.name, message)
