"""A pause after losing trades in a row."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from barograph.trading.risk.base import Breaker, Effect, Trip


@dataclass(slots=True)
class Losses(Breaker):
    """Pauses after ``losses`` losing trades in a row, for ``hours`` from the last of them.

    A pause begins a new count; a trade that loses nothing ends one.
    """

    name: ClassVar[str] = "losses"
    observes: ClassVar[str] = "profit of a trade that ended, after costs, in quote currency"
    effect: ClassVar[Effect] = Effect.NO_ENTRIES
    losses: int = 5
    hours: float = 4.0
    streak: int = field(default=0, init=False)

    def observe(self, at: datetime, value: float) -> Trip | None:
        """Count a trade that ended."""
        if value != value:
            return None
        self.streak = self.streak + 1 if value < 0.0 else 0
        if not 0 < self.losses <= self.streak:
            return None
        seen, self.streak = self.streak, 0
        return self.trip(at, at + timedelta(hours=self.hours), float(seen))

    @classmethod
    def words(cls, value: float) -> str:
        """Reason, of the number of trades lost in a row."""
        return f"{value:.0f} losing trades in a row"


BREAKERS = (Losses(),)
