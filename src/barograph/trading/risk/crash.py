"""A halt after a flash crash, up or down."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from barograph.trading.risk.base import Breaker, Effect, Trip


@dataclass(slots=True)
class Crash(Breaker):
    """Halts for ``hours`` after a move of more than ``move`` in an hour.

    A further such move prolongs the halt, and is a trip of its own.
    """

    name: ClassVar[str] = "crash"
    observes: ClassVar[str] = "largest move of a price in the last hour, either way, as a fraction"
    effect: ClassVar[Effect] = Effect.NO_ENTRIES
    move: float = 0.10
    hours: float = 2.0

    def observe(self, at: datetime, value: float) -> Trip | None:
        """Take note of a move."""
        if not (self.move > 0.0 and abs(value) > self.move):
            return None
        return self.trip(at, at + timedelta(hours=self.hours), abs(value))

    @classmethod
    def words(cls, value: float) -> str:
        """Reason, of the move as a fraction."""
        return f"a price moved {100.0 * value:.2f} % in an hour"


BREAKERS = (Crash(),)
