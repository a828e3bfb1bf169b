"""No signal where a day is expected to be too wild."""

from dataclasses import dataclass
from typing import ClassVar

from barograph.core.types import Bools, Floats
from barograph.trading.risk.gate import Gate, Signals


@dataclass(frozen=True, slots=True)
class Volatility(Gate):
    """Refuses where a day's standard deviation is expected to exceed ``limit``."""

    name: ClassVar[str] = "volatility"
    observes: ClassVar[str] = "expected standard deviation of a day's log return, as a fraction"
    limit: float = 0.15

    def value(self, signals: Signals) -> Floats:
        """Expected volatility of a day."""
        return signals.daily_vol

    def refuses(self, value: Floats) -> Bools:
        """Whether a day is too wild."""
        found: Bools = (self.limit > 0.0) & (value > self.limit)
        return found

    def words(self, value: float) -> str:
        """Reason, of the volatility as a fraction."""
        return (
            f"a day is expected to move {100.0 * value:.1f} % (one standard deviation); "
            f"the limit is {100.0 * self.limit:g} %"
        )


GATES = (Volatility(),)
