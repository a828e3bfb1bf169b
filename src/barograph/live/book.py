"""The bars of every stream, in order and once, however they arrive.

A bar is known by its series and opening time. A final state is taken once, in the order of
opening times, and only behind the bar before it: what comes early waits, and what is missing
before it is named as a hole for REST to fill. A state that is older than what is known changes
nothing. A second final state that differs from the first changes nothing either, and is
handed out as a dispute.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from barograph.sources.streams.messages import Kline

Series: TypeAlias = tuple[str, str]
"""Symbol and interval."""
Verdict: TypeAlias = Literal["final", "open", "duplicate", "old", "dispute", "unknown"]

KEPT: Final = 600
"""Final bars a series remembers, so that a second final state can be held against the first."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Bars of a series that did not come: they open in ``[start, end)``, ms since 1970."""

    series: Series
    start: int
    end: int


@dataclass(slots=True)
class _Line:
    """One series: what is taken, what waits, and the open bar."""

    next_open: int
    waiting: dict[int, Kline] = field(default_factory=dict)
    known: dict[int, tuple[float, ...]] = field(default_factory=dict)
    open: Kline | None = None


class Book:
    """Puts the messages of every series in order.

    Parameters
    ----------
    next_open : Mapping of Series to int
        Opening time of the first bar not yet in the lake, ms since 1970.
    """

    def __init__(self, next_open: Mapping[Series, int]) -> None:
        self._lines = {series: _Line(at) for series, at in next_open.items()}

    def take(self, kline: Kline) -> Verdict:
        """Take a message; the answer says what became of it."""
        line = self._lines.get((kline.symbol, kline.interval))
        if line is None:
            return "unknown"
        return self._final(line, kline) if kline.final else self._open(line, kline)

    def ready(self) -> list[Kline]:
        """Final bars that follow what is taken, every series in order; not yet taken."""
        found = []
        for line in self._lines.values():
            at = line.next_open
            while (bar := line.waiting.get(at)) is not None:
                found.append(bar)
                at = bar.close_time
        return found

    def done(self, bars: Iterable[Kline]) -> None:
        """Mark bars as stored for good."""
        for bar in bars:
            line = self._lines[bar.symbol, bar.interval]
            line.waiting.pop(bar.open_time, None)
            self._moved(line, max(line.next_open, bar.close_time))

    def move(self, series: Series, next_open: int) -> None:
        """Go on behind bars that came another way, or that will not come."""
        line = self._lines[series]
        self._moved(line, max(line.next_open, next_open))

    def holes(self) -> list[Hole]:
        """Bars missing before one that waits."""
        return [
            Hole(series, line.next_open, min(line.waiting))
            for series, line in self._lines.items()
            if line.waiting and min(line.waiting) > line.next_open
        ]

    def next_open(self, series: Series) -> int:
        """Opening time of the first bar not yet stored."""
        return self._lines[series].next_open

    def waiting(self, series: Series, open_time: int) -> bool:
        """Whether a final bar has come and is not stored yet."""
        return open_time in self._lines[series].waiting

    @property
    def series(self) -> tuple[Series, ...]:
        """Every series."""
        return tuple(self._lines)

    @staticmethod
    def _final(line: _Line, kline: Kline) -> Verdict:
        known = line.known.get(kline.open_time)
        if known is not None:
            return "duplicate" if known == kline.values else "dispute"
        if kline.open_time < line.next_open:
            return "old"
        line.known[kline.open_time] = kline.values
        line.waiting[kline.open_time] = kline
        while len(line.known) > KEPT:
            del line.known[min(line.known)]
        if line.open is not None and line.open.open_time <= kline.open_time:
            line.open = None
        return "final"

    @staticmethod
    def _open(line: _Line, kline: Kline) -> Verdict:
        before = line.open
        latest = max(line.known, default=line.next_open - 1)
        if kline.open_time <= latest or kline.open_time < line.next_open:
            return "old"
        if before is not None:
            newer = (kline.open_time, kline.event_time) > (before.open_time, before.event_time)
            if not newer:
                return "duplicate" if kline.values == before.values else "old"
        line.open = kline
        return "open"

    @staticmethod
    def _moved(line: _Line, next_open: int) -> None:
        line.next_open = next_open
        for at in [at for at in line.waiting if at < next_open]:
            del line.waiting[at]
        if line.open is not None and line.open.open_time < next_open:
            line.open = None
