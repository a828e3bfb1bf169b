"""What an account holds, and what is written down of it."""

from dataclasses import dataclass, field
from math import nan

from barograph.trading.record import EVENTS
from barograph.trading.rules import Breakers


@dataclass(slots=True)
class Order:
    """What is still to be traded."""

    left: float
    limit: float
    end: int


@dataclass(slots=True)
class Position:
    """One symbol's holding, its levels and its order."""

    quantity: float = 0.0
    price: float = nan
    stop: float = nan
    take: float = nan
    order: Order | None = None
    source: int = 0
    trip: float = 0.0

    def forget(self) -> None:
        """Drop order and levels."""
        self.order, self.stop, self.take = None, nan, nan


@dataclass(slots=True)
class Watch:
    """The breakers of an account."""

    rules: Breakers
    streak: int = 0
    paused: int = -1
    halted: int = -1
    day: float = 0.0
    halved: bool = False


@dataclass(slots=True)
class Log:
    """What is written down."""

    places: list[tuple[int, int, int, int]] = field(default_factory=list)
    amounts: list[tuple[float, float, float]] = field(default_factory=list)
    events: list[tuple[int, int, int]] = field(default_factory=list)

    def event(self, bar: int, name: str, until: int = -1) -> None:
        """Note a breaker and the hour of its release."""
        self.events.append((bar, EVENTS.index(name), until))
