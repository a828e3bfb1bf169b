"""The breakers of an account as they are used live: shown one value after another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from tests.unit.trading.worlds import FIRST, intents, market

from barograph.trading import event_engine
from barograph.trading.record import EVENTS, trips
from barograph.trading.risk.crash import Crash
from barograph.trading.risk.drawdown import Drawdown
from barograph.trading.risk.losses import Losses
from barograph.trading.rules import OFF, Breakers, Execution

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2024, 3, 2, tzinfo=UTC)


def test_five_losses_in_a_row_pause_for_four_hours() -> None:
    """A profit, or nothing lost, begins the count anew; so does the pause itself."""
    losses = Losses()
    for k, profit in enumerate([-1.0, -1.0, -1.0, -1.0, 0.0, -1.0, -1.0, -1.0, -1.0]):
        assert losses.observe(NOON + k * MINUTE, profit) is None
    trip = losses.observe(NOON + HOUR, -0.01)
    assert trip is not None
    assert (trip.until, trip.reason) == (NOON + 5 * HOUR, "5 losing trades in a row")
    assert losses.holds(NOON + 5 * HOUR - MINUTE)
    assert not losses.holds(NOON + 5 * HOUR)
    assert losses.observe(NOON + 6 * HOUR, -1.0) is None


def test_a_day_more_than_five_per_cent_down_halves_to_its_end() -> None:
    drawdown = Drawdown()
    for at, equity in [(NOON, 100.0), (NOON + HOUR, 120.0), (NOON + 2 * HOUR, 95.0)]:
        assert drawdown.observe(at, equity) is None, "of the day's beginning, and no more than 5 %"
    trip = drawdown.observe(NOON + 3 * HOUR, 94.0)
    assert trip is not None
    assert trip.until == MIDNIGHT
    assert trip.reason == "equity 6.00 % lower than at the beginning of the day"
    assert drawdown.observe(NOON + 4 * HOUR, 50.0) is None, "once a day"
    assert not drawdown.holds(MIDNIGHT)
    assert drawdown.observe(MIDNIGHT, 50.0) is None, "another day begins at its own equity"
    assert drawdown.observe(MIDNIGHT + HOUR, 47.0) is not None


def test_it_says_below_which_equity_it_trips() -> None:
    drawdown = Drawdown()
    drawdown.observe(NOON, 200.0)
    below = drawdown.trips_below(NOON)
    assert drawdown.observe(NOON + HOUR, below) is None
    assert drawdown.observe(NOON + HOUR, np.nextafter(below, 0.0)) is not None
    assert drawdown.trips_below(NOON + HOUR) == -np.inf


def test_a_day_that_begins_without_equity_has_no_fall() -> None:
    drawdown = Drawdown()
    assert drawdown.observe(NOON, 0.0) is None
    assert drawdown.observe(NOON + HOUR, -10.0) is None
    assert drawdown.observe(NOON + DAY, -10.0) is None
    assert drawdown.observe(NOON + DAY + HOUR, -10.0) is None


def test_a_move_of_more_than_ten_per_cent_halts_for_two_hours() -> None:
    crash = Crash()
    assert crash.observe(NOON, 0.10) is None
    trip = crash.observe(NOON, -0.125)
    assert trip is not None
    assert (trip.until, trip.reason) == (NOON + 2 * HOUR, "a price moved 12.50 % in an hour")
    again = crash.observe(NOON + HOUR, 0.11)
    assert again is not None
    assert again.until == NOON + 3 * HOUR, "a further one prolongs the halt"


def test_every_trip_of_a_backtest_is_told_with_its_reason_and_release() -> None:
    rng = np.random.default_rng(4)
    made = market(rng, 2_000, 2, wild=0.02)
    costs, rules = Execution(leverage=20.0), Breakers(losses=2, crash=0.10, daily_drawdown=0.05)
    wishes = intents(rng, made, often=0.05)
    # Small at first, then too large for what is left.
    growing = wishes.target * np.linspace(0.1, 20.0, len(made.hours))[:, None]
    record = event_engine.simulate(made, replace(wishes, target=growing), costs, rules)
    told = trips(record, made.hours)
    assert set(told["breaker"]) == set(EVENTS)
    held = {"losses": rules.loss_hours * HOUR, "crash": rules.crash_hours * HOUR}
    start = datetime.fromtimestamp(FIRST * 3600, UTC)
    for time, breaker, reason, until in told.iter_rows():
        assert start <= time
        assert any(letter.isdigit() for letter in reason)
        if breaker in held:
            assert until == time + held[breaker]
        elif breaker == "drawdown":
            assert time < until <= time + DAY
            assert until.hour == 0
        else:
            assert until is None


def test_nothing_tripped_is_an_empty_table() -> None:
    made = market(np.random.default_rng(1), 10)
    wishes = intents(np.random.default_rng(1), made, often=0.0)
    record = event_engine.simulate(made, wishes, Execution(), OFF)
    told = trips(record, made.hours)
    assert told.is_empty()
    assert told.schema["time"] == told.schema["until"] == pl.Datetime("us", "UTC")
