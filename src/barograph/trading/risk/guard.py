"""Breakers that are told of things one by one, with a log of what tripped and what was let go."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from barograph.core.errors import InputError
from barograph.trading.risk.base import RESOLVED, Breaker, Effect, Trip

LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Guard:
    """Some breakers and the trips for which they hold.

    Attributes
    ----------
    breakers : Mapping of str to Breaker
        Fresh ones, by name.
    trips : dict of str to Trip
        The last trip of each that has not been seen to let go.
    """

    breakers: Mapping[str, Breaker]
    trips: dict[str, Trip] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Mapping[str, Breaker], names: Iterable[str]) -> "Guard":
        """Fresh breakers of a catalogue.

        Raises
        ------
        InputError
            If one is not in it.
        """
        wanted = tuple(names)
        for name in wanted:
            if name not in known:
                raise InputError(f"no breaker {name!r}; there are: {', '.join(known)}")
        return cls({name: known[name].fresh() for name in wanted})

    def observe(self, name: str, at: datetime, value: float) -> Trip | None:
        """Show a breaker a value, and log what comes of it."""
        trip = self.breakers[name].observe(at, value)
        if trip is not None:
            self.trips[name] = trip
            LOG.warning("%s", told(trip, self.breakers[name].effect))
        else:
            self.holding(at)
        return trip

    def holding(self, at: datetime) -> tuple[Trip, ...]:
        """Trips for which a breaker holds at a moment, the oldest first; logs those let go."""
        for name in [name for name in self.trips if not self.breakers[name].holds(at)]:
            LOG.info("%s: released", self.trips.pop(name).breaker)
        return tuple(sorted(self.trips.values(), key=lambda trip: trip.at))


def told(trip: Trip, effect: Effect) -> str:
    """A trip in one line: what, why, and until when."""
    until = "it is resolved" if trip.until == RESOLVED else f"{trip.until:%Y-%m-%d %H:%M} UTC"
    return f"{trip.breaker}: {trip.reason}; {effect.value}, until {until}"
