"""A mark on what is said from old data."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from barograph.trading.risk.base import RESOLVED, Breaker, Effect, Trip


@dataclass(slots=True)
class Staleness(Breaker):
    """Holds from the moment the newest data is older than ``seconds`` until it is not."""

    name: ClassVar[str] = "staleness"
    observes: ClassVar[str] = "age of the newest data, in seconds"
    effect: ClassVar[Effect] = Effect.STALE
    seconds: float = 300.0

    def observe(self, at: datetime, value: float) -> Trip | None:
        """Take note of an age."""
        if value != value:  # NaN
            return None
        old = 0.0 < self.seconds < value
        if self.holds(at):
            if not old:
                self.until = at
            return None
        return self.trip(at, RESOLVED, value) if old else None

    @classmethod
    def words(cls, value: float) -> str:
        """Reason, of the age in seconds."""
        return f"the newest data is {value / 60.0:.1f} minutes old"


BREAKERS = (Staleness(),)
