"""What a breaker is: it observes one number, trips by a rule, holds for a time and says why.

A file of this package declares its breakers in ``BREAKERS``; ``catalogue.breakers`` finds them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Final, Self

RESOLVED: Final = datetime.max.replace(tzinfo=UTC)
"""Release of a breaker that holds until what tripped it is over."""


class Effect(StrEnum):
    """What a breaker does while it holds."""

    NO_ENTRIES = "nothing is opened or enlarged"
    HALF_SIZE = "positions are wished at half their size"
    CONSERVATIVE = "conservatively, half of what is wished is granted"
    STALE = "forecasts are marked stale"


@dataclass(frozen=True, slots=True)
class Trip:
    """One time that a breaker tripped.

    Attributes
    ----------
    breaker : str
        Its name.
    at : datetime
        When, UTC.
    until : datetime
        When it lets go, UTC; ``RESOLVED`` where nobody knows yet.
    reason : str
        In words, with the value seen.
    value : float
        What was seen, as ``Breaker.words`` takes it.
    """

    breaker: str
    at: datetime
    until: datetime
    reason: str
    value: float


@dataclass(slots=True)
class Breaker(ABC):
    """A state machine of two states, free and holding.

    A subclass is a dataclass whose fields are the numbers of its rule (defaults: S3 14.2; a
    threshold of 0 switches it off) and, with ``init=False``, what it remembers.

    Attributes
    ----------
    name : str
        Unique in the catalogue.
    observes : str
        The number it is shown, with its unit.
    effect : Effect
    until : datetime
        It holds before this moment; in the past where it is free.
    """

    name: ClassVar[str]
    observes: ClassVar[str]
    effect: ClassVar[Effect]
    until: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    @abstractmethod
    def observe(self, at: datetime, value: float) -> Trip | None:
        """Take note of a value; the trip, if it trips now.

        Parameters
        ----------
        at : datetime
            When the value was known, UTC; never before that of an earlier call.
        value : float
            What ``observes`` says. NaN is no observation and changes nothing.
        """

    @classmethod
    @abstractmethod
    def words(cls, value: float) -> str:
        """Reason of a trip in words, of the value that made it."""

    def holds(self, at: datetime) -> bool:
        """Whether it holds at a moment; at the moment of its release it does not."""
        return at < self.until

    def trip(self, at: datetime, until: datetime, value: float) -> Trip:
        """Hold until a moment."""
        self.until = until
        return Trip(self.name, at, until, self.words(value), value)

    def fresh(self) -> Self:
        """Another of the same rule that has observed nothing."""
        return replace(self)
