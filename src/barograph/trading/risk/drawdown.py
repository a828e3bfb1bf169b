"""Half the size after a bad day."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import ClassVar

from barograph.trading.risk.base import Breaker, Effect, Trip


@dataclass(slots=True)
class Drawdown(Breaker):
    """Halves to the end of a UTC day in which equity has fallen by more than ``fall``.

    The fall is measured from the first equity seen in the day: of bars, the close at 00:00. Of a
    day that begins without equity there is none.
    """

    name: ClassVar[str] = "drawdown"
    observes: ClassVar[str] = "equity, in quote currency"
    effect: ClassVar[Effect] = Effect.HALF_SIZE
    fall: float = 0.05
    start: float = field(default=0.0, init=False)
    ends: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    def observe(self, at: datetime, value: float) -> Trip | None:
        """Take note of equity."""
        if value != value:
            return None
        if at >= self.ends:
            midnight = datetime.combine(at.date(), time(), UTC)
            self.start, self.ends = value, midnight + timedelta(days=1)
        if self.holds(at) or not value < self.trips_below(at):
            return None
        return self.trip(at, self.ends, 1.0 - value / self.start)

    def trips_below(self, at: datetime) -> float:
        """Equity below which it would trip at a later moment of the day of ``at``."""
        if self.fall == 0.0 or self.start <= 0.0 or self.holds(at):
            return -inf
        return self.start * (1.0 - self.fall)

    @classmethod
    def words(cls, value: float) -> str:
        """Reason, of the fall as a fraction."""
        return f"equity {100.0 * value:.2f} % lower than at the beginning of the day"


BREAKERS = (Drawdown(),)
