"""No signal where the forecast itself hardly prefers its side.

S3 14.1 asks for a confidence of 0.55 and does not say of what. Here it is the forecast's
probability that the price ends on the side of the signal: P(up) of a long one, 1 - P(up) of a
short one. It is the one number of a forecast that lies on a scale where 0.55 says something, it
is calibrated, and its outcomes are counted. The grade (``low``, ``medium``, ``high``) is about the
width of the distribution and says nothing of a side.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from barograph.core.types import Bools, Floats
from barograph.trading.risk.gate import Gate, Signals


@dataclass(frozen=True, slots=True)
class Confidence(Gate):
    """Refuses where the side's probability is below ``limit``."""

    name: ClassVar[str] = "confidence"
    observes: ClassVar[str] = "forecast probability that the price ends on the signal's side"
    limit: float = 0.55

    def value(self, signals: Signals) -> Floats:
        """Probability of the side."""
        found: Floats = np.where(signals.exposure < 0.0, 1.0 - signals.p_up, signals.p_up)
        return found

    def refuses(self, value: Floats) -> Bools:
        """Whether the side is not probable enough."""
        found: Bools = value < self.limit
        return found

    def words(self, value: float) -> str:
        """Reason, of the probability."""
        return (
            f"the forecast gives this side {100.0 * value:.1f} %; "
            f"a signal needs {100.0 * self.limit:g} %"
        )


GATES = (Confidence(),)
