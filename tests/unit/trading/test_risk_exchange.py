"""Breakers of the exchange: never early, always in the end, and indifferent to order."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.errors import InputError
from barograph.trading.risk.api_errors import ApiErrors
from barograph.trading.risk.base import RESOLVED, Effect
from barograph.trading.risk.catalogue import breakers
from barograph.trading.risk.crash import Crash
from barograph.trading.risk.guard import Guard
from barograph.trading.risk.staleness import Staleness

START = datetime(2024, 3, 1, tzinfo=UTC)
CALLS = st.lists(
    st.tuples(st.floats(0.0, 120.0), st.booleans()), min_size=1, max_size=80
)  # seconds since the call before, and whether it failed


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def share(known: list[tuple[datetime, bool]], at: datetime, minutes: float) -> tuple[float, int]:
    """Share of failed calls in a window, counted anew, and how many there were."""
    inside = [failed for when, failed in known if when > at - timedelta(minutes=minutes)]
    return sum(inside) / len(inside), len(inside)


@settings(max_examples=40, deadline=None)
@given(calls=CALLS)
def test_api_errors_hold_just_while_the_share_is_exceeded(calls: list[tuple[float, bool]]) -> None:
    """Against a twin that counts the window anew: trips when due, never lets go early or late."""
    breaker, at, known, held = ApiErrors(), START, [], False
    for pause, failed in calls:
        at += seconds(pause)
        known.append((at, failed))
        trip = breaker.observe(at, float(failed))
        part, count = share(known, at, breaker.minutes)
        exceeded = part > breaker.share
        held = exceeded and (held or count >= breaker.least)
        assert breaker.holds(at) == held
        assert (trip is not None) <= held
        if held:
            assert breaker.until == RESOLVED, "nobody knows when it will be over"
            assert breaker.holds(at + timedelta(days=400)), "silence resolves nothing"


@settings(max_examples=25, deadline=None)
@given(failed=st.integers(0, 40), fine=st.integers(0, 40), seed=st.randoms())
def test_api_errors_do_not_mind_the_order_of_calls_of_one_moment(
    failed: int, fine: int, seed: object
) -> None:
    calls = [1.0] * failed + [0.0] * fine
    if len(calls) < ApiErrors().least:
        calls += [0.0] * ApiErrors().least
    ends = set()
    for _ in range(4):
        seed.shuffle(calls)  # type: ignore[attr-defined]
        breaker = ApiErrors()
        for value in calls:
            breaker.observe(START, value)
        ends.add(breaker.holds(START))
    assert ends == {failed / len(calls) > 0.10}


@settings(max_examples=25, deadline=None)
@given(calls=CALLS)
def test_api_errors_always_let_go_once_the_exchange_answers(
    calls: list[tuple[float, bool]],
) -> None:
    breaker, at = ApiErrors(), START
    for pause, failed in calls:
        at += seconds(pause)
        breaker.observe(at, float(failed))
    for _ in range(12):
        at += timedelta(minutes=breaker.minutes / 10.0)
        breaker.observe(at, 0.0)
    assert not breaker.holds(at)


def test_one_failure_of_ten_is_no_trip_and_two_are() -> None:
    breaker = ApiErrors()
    trips = [breaker.observe(START + seconds(k), float(k == 3)) for k in range(10)]
    assert trips == [None] * 10
    trip = breaker.observe(START + seconds(10), 1.0)
    assert trip is not None
    assert trip.reason == "18 % of the last calls to the exchange failed"


def test_few_calls_are_no_verdict() -> None:
    breaker = ApiErrors()
    assert all(breaker.observe(START + seconds(k), 1.0) is None for k in range(9))
    assert breaker.observe(START + seconds(9), 1.0) is not None


@settings(max_examples=40, deadline=None)
@given(
    ages=st.lists(
        st.floats(0.0, 1e6, allow_nan=False) | st.sampled_from([299.9, 300.0, 300.1]), min_size=1
    )
)
def test_staleness_is_the_last_age_and_nothing_else(ages: list[float]) -> None:
    breaker = Staleness()
    for k, age in enumerate(ages):
        at = START + seconds(k)
        before = k > 0 and ages[k - 1] > 300.0
        trip = breaker.observe(at, age)
        assert breaker.holds(at) == (age > 300.0)
        assert (trip is not None) == (age > 300.0 and not before), "told once"


def test_the_exchanges_breakers_are_switched_off_by_nought() -> None:
    errors, stale = ApiErrors(share=0.0), Staleness(seconds=0.0)
    for k in range(50):
        assert errors.observe(START + seconds(k), 1.0) is None
        assert stale.observe(START + seconds(k), 1e9) is None
    assert not errors.holds(START)
    assert not stale.holds(START)


def test_a_guard_logs_reason_and_release(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard.of(breakers(), ("crash", "staleness"))
    with caplog.at_level(logging.INFO):
        guard.observe("crash", START, 0.12)
        guard.observe("staleness", START + seconds(5), 301.0)
    first, second = caplog.messages
    assert first == (
        "crash: a price moved 12.00 % in an hour; nothing is opened or enlarged, "
        "until 2024-03-01 02:00 UTC"
    )
    assert second.endswith("forecasts are marked stale, until it is resolved")
    assert [trip.breaker for trip in guard.holding(START + seconds(6))] == ["crash", "staleness"]
    held = guard.holding(START + seconds(6))
    assert {guard.breakers[trip.breaker].effect for trip in held} == {
        Effect.NO_ENTRIES, Effect.STALE,
    }  # fmt: skip
    caplog.clear()
    with caplog.at_level(logging.INFO):
        guard.observe("staleness", START + seconds(7), 1.0)
        assert not guard.holding(START + timedelta(hours=2))
    assert caplog.messages == ["staleness: released", "crash: released"]


def test_a_guard_takes_fresh_breakers_and_knows_its_names() -> None:
    known = {"crash": Crash()}
    Guard.of(known, ("crash",)).observe("crash", START, 0.5)
    assert not known["crash"].holds(START)
    with pytest.raises(InputError, match="no breaker 'flood'; there are: crash"):
        Guard.of(known, ("flood",))
