"""What time it is at the exchange: now, or where a recorded market has got to."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from barograph.core.errors import SourceError
from barograph.core.time import parse_moment
from barograph.sources.http import HttpGet

PATH: Final = "/simulator/clock"
"""Only the simulated exchange has it."""


@dataclass(slots=True)
class MarketClock:
    """A clock that may run faster than this machine's.

    Attributes
    ----------
    kind : str
        ``live``, ``recorded`` (history replayed) or ``invented`` (prices made up).
    market : datetime
        The moment at the exchange when this machine's clock said ``wall``.
    wall : float
        Seconds since 1970.
    speed : float
        Seconds of market a second.
    ends : datetime or None
        When a replay has no more to give.
    seconds : Callable[[], float]
        This machine's clock.
    """

    kind: str
    market: datetime
    wall: float
    speed: float
    ends: datetime | None = None
    seconds: Callable[[], float] = time.time

    def __call__(self) -> datetime:
        """The present moment at the exchange."""
        passed = timedelta(seconds=self.speed * (self.seconds() - self.wall))
        moment = self.market + passed
        return moment if self.ends is None else min(moment, self.ends)

    def follow(self, other: "MarketClock") -> None:
        """Go by another reading from now on."""
        self.market, self.wall, self.speed = other.market, other.wall, other.speed
        self.ends = other.ends

    @property
    def over(self) -> bool:
        """Whether a replay has come to its end."""
        return self.ends is not None and self() >= self.ends

    def wait(self, moment: datetime) -> float:
        """Seconds of this machine's clock until the exchange gets there; 0 once it has."""
        return max(0.0, (moment - self()).total_seconds() / self.speed)

    def meta(self) -> dict[str, Any]:
        """The clock as the store's ``market`` has it."""
        return {
            "kind": self.kind,
            "speed": self.speed,
            "market": self.market.isoformat(),
            "wall": self.wall,
            "ends": None if self.ends is None else self.ends.isoformat(),
        }


def real_clock(seconds: Callable[[], float] = time.time) -> MarketClock:
    """The clock of an exchange that is trading now."""
    wall = seconds()
    return MarketClock("live", datetime.fromtimestamp(wall, UTC), wall, 1.0, None, seconds)


def simulated_clock(
    get: HttpGet, exchange: str, seconds: Callable[[], float] = time.time
) -> MarketClock:
    """The clock of a simulated exchange, asked for.

    Raises
    ------
    SourceError
        If it does not answer, or not with a clock.
    """
    content = get(exchange.rstrip("/") + PATH, {})
    try:
        said = orjson.loads(content)
        ends = said.get("ends")
        return MarketClock(
            kind=str(said["market_kind"]),
            market=parse_moment(said["market"]),
            wall=float(said["wall"]),
            speed=float(said["speed"]),
            ends=None if ends is None else parse_moment(ends),
            seconds=seconds,
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{exchange}{PATH} gave no clock: {content[:80]!r}") from error
