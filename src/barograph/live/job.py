"""What a runner is told: which market, which folder, and how patient to be."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from barograph.live.clock import MarketClock
from barograph.sources.http import HttpGet
from barograph.sources.streams.listen import Connect, Patience, web_socket


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where the market is.

    Attributes
    ----------
    rest, stream, marks : str
        Addresses: REST, spot streams, futures streams.
    venue : str
        Under which its bars are kept.
    """

    rest: str
    stream: str
    marks: str
    venue: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Patience, in seconds of this machine's clock.

    Attributes
    ----------
    grace : float
        The finer bars may be this far behind the hour they belong to.
    overdue : float
        After this an hour's bar that did not come is asked for by REST.
    given_up : float
        After this an hour's bar that REST does not have is missing.
    unanswered : float
        After this an hour's bar is missing though REST has not answered.
    walks : float
        Between two walks over a history that bars have changed that came late.
    again : float
        Between two questions for bars that were missing.
    clocks : float
        Between two looks at the exchange's clock.
    stream : Patience
        How a lost stream is met.
    """

    grace: float = 0.3
    overdue: float = 1.5
    given_up: float = 4.0
    unanswered: float = 20.0
    walks: float = 60.0
    again: float = 30.0
    clocks: float = 10.0
    stream: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Job:
    """What a runner is told.

    Attributes
    ----------
    serving : Path
        The serving folder: lake and store.
    exchange : Exchange
        The market.
    clock : MarketClock
        The present there.
    symbols, intervals : tuple of str
        What is listened to; ``1h`` must be among the intervals.
    get : HttpGet
        Transport of REST.
    connect : Connect
        Opens a WebSocket.
    timing : Timing
        Patience.
    """

    serving: Path
    exchange: Exchange
    clock: MarketClock
    symbols: tuple[str, ...]
    intervals: tuple[str, ...]
    get: HttpGet
    connect: Connect = web_socket
    timing: Timing = field(default_factory=Timing)


@dataclass(slots=True)
class Pause:
    """Growing pauses after failures of one kind."""

    first: float = 0.2
    longest: float = 5.0
    failures: int = 0
    until: float = 0.0

    def fail(self) -> None:
        """Wait longer than the last time."""
        self.failures += 1
        wait = min(self.first * 2.0 ** min(self.failures - 1, 10), self.longest)
        self.until = time.monotonic() + wait

    def clear(self) -> None:
        """Forget the failures."""
        self.failures, self.until = 0, 0.0

    @property
    def over(self) -> bool:
        """Whether it is time to try again."""
        return time.monotonic() >= self.until


@dataclass(slots=True)
class Walks:
    """When to walk anew over a history that late bars have changed: gathered, not one by one."""

    apart: float
    last: float = -math.inf

    @property
    def due(self) -> bool:
        """Whether the last time is long enough ago."""
        return time.monotonic() - self.last >= self.apart

    def walked(self) -> None:
        """Note that it has been done."""
        self.last = time.monotonic()
