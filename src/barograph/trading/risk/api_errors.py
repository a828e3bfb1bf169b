"""Half the size while the exchange fails too often."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from barograph.trading.risk.base import RESOLVED, Breaker, Effect, Trip


@dataclass(slots=True)
class ApiErrors(Breaker):
    """Holds while more than ``share`` of the calls of the last ``minutes`` failed.

    It trips once ``least`` calls are known, so that one failure of three is no verdict, and lets go
    with the first call after which the share is no longer exceeded. Silence resolves nothing.
    """

    name: ClassVar[str] = "api_errors"
    observes: ClassVar[str] = "1 of a call to the exchange that failed, 0 of one that was answered"
    effect: ClassVar[Effect] = Effect.CONSERVATIVE
    share: float = 0.10
    minutes: float = 10.0
    least: int = 10
    calls: deque[tuple[datetime, bool]] = field(default_factory=deque, init=False)
    failed: int = field(default=0, init=False)

    def observe(self, at: datetime, value: float) -> Trip | None:
        """Take note of a call."""
        if value != value:  # NaN
            return None
        self.calls.append((at, value > 0.0))
        self.failed += value > 0.0
        while self.calls[0][0] <= at - timedelta(minutes=self.minutes):
            self.failed -= self.calls.popleft()[1]
        too_many = 0.0 < self.share < self.failed / len(self.calls)
        if self.holds(at):
            if not too_many:
                self.until = at
            return None
        if not too_many or len(self.calls) < self.least:
            return None
        return self.trip(at, RESOLVED, self.failed / len(self.calls))

    @classmethod
    def words(cls, value: float) -> str:
        """Reason, of the share of calls that failed."""
        return f"{100.0 * value:.0f} % of the last calls to the exchange failed"


BREAKERS = (ApiErrors(),)
