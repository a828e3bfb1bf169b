"""States that are handed on, and elementary functions that do not mind how many they are given."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from barograph.calibration.carry import Carry, exp, log
from barograph.calibration.filters import REBUILD, exponential_mean, trailing_mean
from barograph.calibration.seasonal import hour_of_week, hour_of_week_seasonal
from barograph.core.types import Floats

ROWS = REBUILD + 300


def values(seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    found = rng.normal(size=ROWS)
    found[rng.random(ROWS) < 0.05] = np.nan
    return found


CUTS = (0, 1, 2, 150, 151, REBUILD - 1, REBUILD, REBUILD + 1, ROWS)


def blocks(carry: Carry) -> list[tuple[slice, Carry]]:
    """Blocks of rows, single ones and those that straddle a rebuild among them."""
    return [
        (slice(a, b), Carry(first=a, states=carry.states, tails=carry.tails))
        for a, b in itertools.pairwise(CUTS)
    ]


@pytest.mark.parametrize("window", [1, 6, 168, 720])
def test_a_trailing_mean_goes_on(window: int) -> None:
    x = values()
    parts = [trailing_mean(x[rows], window, 0.5, carry) for rows, carry in blocks(Carry())]
    np.testing.assert_array_equal(np.concatenate(parts), trailing_mean(x, window, 0.5))


@pytest.mark.parametrize("adjust", [True, False])
def test_an_exponential_mean_goes_on(adjust: bool) -> None:
    x = values()
    parts = [
        exponential_mean(x[rows], 54.0, adjust=adjust, carry=carry)
        for rows, carry in blocks(Carry())
    ]
    np.testing.assert_array_equal(np.concatenate(parts), exponential_mean(x, 54.0, adjust=adjust))


def test_a_season_goes_on() -> None:
    x, place = values(), hour_of_week(np.arange(ROWS) + 400_000)
    whole = hour_of_week_seasonal(x, place, 20.0, 4.0)
    parts = [
        hour_of_week_seasonal(x[rows], place[rows], 20.0, 4.0, carry)
        for rows, carry in blocks(Carry())
    ]
    for number in range(2):
        together = np.concatenate([part[number] for part in parts])
        np.testing.assert_array_equal(together, whole[number])


def test_a_copy_is_a_value_of_its_own() -> None:
    carry = Carry()
    trailing_mean(values()[:500], 24, carry=carry)
    copied = carry.copied()
    trailing_mean(values()[500:600], 24, carry=copied)
    fresh = Carry()
    trailing_mean(values()[:500], 24, carry=fresh)
    for held, untouched in ((carry.states, fresh.states), (carry.tails, fresh.tails)):
        assert held.keys() == untouched.keys()
        for name, state in held.items():
            np.testing.assert_array_equal(state, untouched[name])


def test_parts_do_not_share_a_state() -> None:
    carry = Carry()
    one, other = carry.part("one"), carry.part("other")
    exponential_mean(np.ones(5), 2.0, carry=one)
    np.testing.assert_array_equal(exponential_mean(np.zeros(5), 2.0, carry=other), np.zeros(5))


def test_rows_that_outcomes_belong_to_are_kept() -> None:
    carry = Carry(depth=3)
    carry.with_past("x", np.arange(5.0))
    later = Carry(first=2, start=3, depth=3, states=carry.states, tails=carry.tails)
    np.testing.assert_array_equal(later.with_past("x", np.array([5.0])), [2, 3, 4, 5])
    room = Carry(first=3, start=3, depth=3, states=carry.states, tails=carry.tails).unwritten(
        "x", (4,)
    )
    np.testing.assert_array_equal(room, [3, 4, 5, np.nan])


@pytest.mark.parametrize(("function", "like"), [(log, np.log), (exp, np.exp)])
def test_one_number_by_itself_gets_the_bits_it_has_in_an_array(
    function: Callable[[Floats], Floats], like: Callable[[Floats], Floats]
) -> None:
    x = np.random.default_rng(0).uniform(0.1, 10.0, size=2000)
    alone = np.concatenate([function(x[i : i + 1]) for i in range(len(x))])
    np.testing.assert_array_equal(alone, like(x))
    assert function(x[:1].reshape(1, 1)).shape == (1, 1)
