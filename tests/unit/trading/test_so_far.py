"""Running accuracy against plain sums over what was known; an account as it stood."""

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.unit.trading.worlds import FIRST, intents, market

from barograph.core.errors import InputError
from barograph.core.time import HOUR
from barograph.core.types import Floats
from barograph.trading import kernel
from barograph.trading.hindsight import hindsight
from barograph.trading.performance import measure
from barograph.trading.replay import HINDSIGHT, Account, Accuracy, Replay, Source, State
from barograph.trading.rules import Breakers, Execution
from barograph.trading.so_far import LOSSES, SCORES, Tally, account_at, ideal_at, until, untouched

HORIZONS = (1, 4, 24)


def scores(rng: np.random.Generator, names: tuple[str, ...]) -> dict[str, Floats]:
    found = {}
    for name in names:
        values = rng.random((60, len(HORIZONS)))
        if name == "direction_accuracy":
            values = np.round(values)
        if name in (*LOSSES, "direction_accuracy"):  # an interval is known wherever a loss is
            values[rng.random(values.shape) < 0.1] = np.nan
        found[name] = values
    return found


def test_accuracy_is_the_plain_mean_of_what_had_matured() -> None:
    rng = np.random.default_rng(1)
    mine, other = scores(rng, (*SCORES, *LOSSES)), scores(rng, LOSSES)
    tally = Tally(mine, other, HORIZONS)
    for row in (0, 1, 5, 30, 59):
        for place, told in enumerate(tally.at(row)):
            hours = HORIZONS[place]
            both = [one[name][:, place] for one in (mine, other) for name in LOSSES]
            known = [
                i for i in range(60) if i + hours <= row and all(np.isfinite(x[i]) for x in both)
            ]
            assert told.count == len(known)
            assert told.apart == len(known) / hours
            if not known:
                assert np.isnan(told.crps_skill)
                continue
            for name in (*SCORES, *LOSSES):
                assert getattr(told, name) == pytest.approx(np.nanmean(mine[name][known, place]))
            for name in LOSSES:
                ratio = mine[name][known, place].sum() / other[name][known, place].sum()
                assert getattr(told, f"{name}_skill") == pytest.approx(1.0 - ratio)


def test_an_account_stands_as_it_stood() -> None:
    rng = np.random.default_rng(4)
    made = market(rng, 200, 1)
    wishes = intents(rng, made)
    record = kernel.simulate(made, wishes, Execution(), Breakers(), 1000.0, 4)
    for row in (1, 60, 199):
        short = made.since(0, row + 1)
        cut = dataclasses.replace(
            wishes,
            **{
                field.name: getattr(wishes, field.name)[: row + 1]
                for field in dataclasses.fields(wishes)
            },
        )
        again = kernel.simulate(short, cut, Execution(), Breakers(), 1000.0, 4)
        assert until(record, row).hash == again.hash
        told = account_at(row, record, made, 1000.0, "any", 24)
        figures = measure(again, short, 1000.0)
        assert told.equity == again.equity[-1]
        assert told.total_return == figures.total_return
        assert told.trades == figures.trades
        assert told.max_drawdown == figures.max_drawdown
        assert abs(told.exposure) == again.exposure[-1]
        held = told.position * made.close[row, 0] / told.equity
        if np.isfinite(held):
            assert told.exposure == pytest.approx(held)
        assert len(told.fills) == int((record.places[:, 0] == row).sum())


def test_ideal_trades_say_that_they_are_hindsight() -> None:
    close = np.array([100.0, 120.0, 90.0])
    best = hindsight(close, Execution(), 2)
    told = ideal_at(2, best, FIRST, close)
    assert told.notice == HINDSIGHT
    assert [(trip.side, trip.entry_price, trip.exit_price) for trip in told.trips] == [
        ("long", 100.0, 120.0),
        ("short", 120.0, 90.0),
    ]
    assert told.trips[0].entered == datetime(2024, 1, 1, tzinfo=UTC)
    assert 1.0 + told.total_return == pytest.approx(
        np.prod([1.0 + trip.profit for trip in told.trips])
    )
    assert ideal_at(0, best, FIRST, close).trips == ()


BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def place() -> tuple[Replay, list[datetime]]:
    """A replay of 100 hours that notes which were asked for."""
    asked: list[datetime] = []
    nothing = Accuracy(1, 0, 0.0, *[float("nan")] * 8)
    account: Account = untouched(1000.0, "any", 1)
    ideal = ideal_at(0, hindsight(np.ones(1), Execution(), 1), FIRST, np.ones(1))

    def tell(moment: datetime) -> State:
        asked.append(moment)
        return State("BTCUSDT", "v", False, moment, BEGIN, 1.0, "calm", Source("none"), (), (),
                     (nothing,), account, ideal)  # fmt: skip

    return Replay(tell, BEGIN, BEGIN + 99 * HOUR, BEGIN + 50 * HOUR), asked


def test_steps_jumps_and_playing_come_to_the_same_hours() -> None:
    replay, asked = place()
    assert asked == [], "nothing is made before it is looked at"
    assert replay.state.as_of == BEGIN + 50 * HOUR
    assert replay.step().as_of == BEGIN + 51 * HOUR
    assert replay.step(-2).as_of == BEGIN + 49 * HOUR
    assert replay.jump("2024-01-02T03:59").at == BEGIN + 27 * HOUR
    waited: list[float] = []
    played = [state.as_of for state in replay.play(4, speed=2.0, wait=waited.append)]
    assert played == [BEGIN + k * HOUR for k in range(27, 31)]
    assert waited == [0.5] * 3
    assert replay.at == BEGIN + 30 * HOUR
    assert [state.as_of for state in replay][-1] == replay.last
    assert replay.done


def test_what_lies_outside_is_refused_and_the_place_is_kept() -> None:
    replay, _ = place()
    for wrong in (BEGIN - HOUR, BEGIN + timedelta(days=30)):
        with pytest.raises(InputError, match="which goes from 2024-01-01 00:00 to"):
            replay.jump(wrong)
    with pytest.raises(InputError, match="outside"):
        replay.step(100)
    with pytest.raises(InputError, match="speed is 0"):
        next(replay.play(speed=0.0))
    assert replay.at == BEGIN + 50 * HOUR
