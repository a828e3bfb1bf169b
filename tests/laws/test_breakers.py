"""What must be true of every breaker."""

from datetime import UTC, datetime, timedelta
from math import nan

import pytest

from barograph.trading.risk.base import RESOLVED, Breaker
from barograph.trading.risk.catalogue import breakers

START = datetime(2024, 3, 1, 0, 0, tzinfo=UTC)
VALUES = (100.0, 90.0, -1.0, 0.9, 0.2, 0.12, 0.0, -0.3, 1e6, 1e3)
"""Among them something that every breaker minds, seen often enough."""
ALL = pytest.mark.parametrize("known", breakers().values(), ids=breakers())


def shown(breaker: Breaker, rounds: int = 20) -> list[bool]:
    """Show values minute by minute, six times each; whether each tripped it."""
    tripped = []
    for k in range(6 * rounds * len(VALUES)):
        at = START + timedelta(minutes=k)
        trip = breaker.observe(at, VALUES[k // 6 % len(VALUES)])
        tripped.append(trip is not None)
        if trip is not None:
            assert (trip.breaker, trip.at) == (breaker.name, at)
            assert trip.until == breaker.until > at, "it holds from the trip on"
            assert breaker.holds(at)
            assert trip.until == RESOLVED or not breaker.holds(trip.until)
            assert any(letter.isdigit() for letter in trip.reason), "the value is said"
    return tripped


@ALL
def test_says_what_it_is(known: Breaker) -> None:
    assert known.observes
    assert known.effect
    assert known.__doc__


@ALL
def test_begins_free_trips_and_a_fresh_one_does_the_same_again(known: Breaker) -> None:
    assert not known.holds(START), "the one in the catalogue has seen nothing"
    first = shown(known.fresh())
    assert any(first)
    assert first == shown(known.fresh())


@ALL
def test_nothing_observed_changes_nothing(known: Breaker) -> None:
    breaker = known.fresh()
    assert breaker.observe(START, nan) is None
    assert breaker == known
