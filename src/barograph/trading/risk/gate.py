"""What a gate is: it looks at one number of a signal and lets the signal pass or refuses it.

A breaker remembers, a gate does not: each signal is judged by itself, so that many are judged at
once. A refused signal is no signal: no position is wished. A file of this package declares its
gates in ``GATES``; ``catalogue.gates`` finds them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from barograph.core.types import Bools, Floats


@dataclass(frozen=True, slots=True)
class Signals:
    """What gates look at; arrays of one shape, each value known with its forecast.

    Attributes
    ----------
    exposure : Floats
        Wished, as a multiple of equity, negative for short; 0 or NaN where nothing is.
    p_up : Floats
        Probability of a rise.
    daily_vol : Floats
        Expected standard deviation of a day's log return.
    """

    exposure: Floats
    p_up: Floats
    daily_vol: Floats

    def of(self, column: int) -> "Signals":
        """Signals of one symbol, shape ``(n,)``."""
        parts = (self.exposure, self.p_up, self.daily_vol)
        return Signals(*(part[:, column] for part in parts))


@dataclass(frozen=True, slots=True)
class Gate(ABC):
    """A rule of one number and its limit.

    A subclass is a dataclass that gives ``limit`` the default of S3 14.1.

    Attributes
    ----------
    name : str
        Unique in the catalogue.
    observes : str
        The number it looks at, with its unit.
    limit : float
        0 switches the gate off.
    """

    name: ClassVar[str]
    observes: ClassVar[str]
    limit: float

    @abstractmethod
    def value(self, signals: Signals) -> Floats:
        """Number of each signal that is looked at, of the signals' shape; NaN where unknown."""

    @abstractmethod
    def refuses(self, value: Floats) -> Bools:
        """Whether it refuses signals of such a number; what is unknown is not refused."""

    @abstractmethod
    def words(self, value: float) -> str:
        """Reason of a refusal in words, of the value that made it."""

    def closed(self, signals: Signals) -> Bools:
        """Which signals are refused; a wish of nothing, or none, never is."""
        value = self.value(signals)
        wished = np.isfinite(signals.exposure) & (signals.exposure != 0.0)
        found: Bools = wished & self.refuses(value)
        return found
