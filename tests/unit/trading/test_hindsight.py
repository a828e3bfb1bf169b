"""The best trades there were: exact, and made of nothing later than the row they are told at."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.types import Floats
from barograph.trading.hindsight import LONG, SHORT, hindsight
from barograph.trading.rules import BPS, Execution

DEAR = Execution(slippage_bps=40.0, commission_bps=60.0)
FREE = Execution(slippage_bps=0.0, commission_bps=0.0)
PRICES = st.lists(st.sampled_from([50.0, 90.0, 99.0, 100.0, 101.0, 120.0, np.nan]), min_size=1,
                  max_size=7)  # fmt: skip


def gain(side: int, bought: float, sold: float, costs: Execution) -> float:
    """Wealth after one trip of one unit of cash, told fill by fill."""
    slip, fee = costs.slippage_bps * BPS, costs.commission_bps * BPS
    paid, received = (1 + slip) * (1 + fee), (1 - slip) * (1 - fee)
    if side == LONG:
        quantity = 1.0 / (bought * paid)
        return quantity * sold * received
    quantity = 1.0 / bought
    return 1.0 + quantity * (bought * received - sold * paid)


def exhaustive(close: list[float], trips: int, costs: Execution) -> float:
    """Best wealth by trying every way."""

    @cache
    def best(begin: int, left: int) -> float:
        found = 1.0
        if left == 0:
            return found
        for i in range(begin, len(close)):
            for j in range(i + 1, len(close)):
                for side in (LONG, SHORT):
                    reached = gain(side, close[i], close[j], costs)
                    if np.isfinite(reached) and reached > 0.0:
                        found = max(found, reached * best(j, left - 1))
        return found

    return best(0, trips)


@settings(max_examples=60, deadline=None)
@given(close=PRICES, trips=st.integers(0, 3), dear=st.booleans())
def test_no_other_way_is_better(close: list[float], trips: int, *, dear: bool) -> None:
    costs = DEAR if dear else FREE
    found = hindsight(np.array(close), costs, trips)
    for row in range(len(close)):
        assert found.wealth[trips, row] == pytest.approx(exhaustive(close[: row + 1], trips, costs))
        way = found.until(row)
        assert len(way) <= trips
        assert np.prod([trip.growth for trip in way]) == pytest.approx(found.wealth[trips, row])
        ends = [end for trip in way for end in (trip.entry, trip.exit)]
        assert ends == sorted(ends)
        assert all(trip.entry < trip.exit <= row for trip in way)
        for trip in way:
            assert trip.growth == pytest.approx(
                gain(trip.side, close[trip.entry], close[trip.exit], costs)
            )


def plainly(close: Floats, trips: int, costs: Execution) -> Floats:
    """Best wealth by looking at every hour before."""
    wealth = np.ones((trips + 1, len(close)))
    for row in range(1, len(close)):
        for k in range(1, trips + 1):
            wealth[k, row] = max(
                wealth[k, row - 1],
                *(
                    wealth[k - 1, i] * gain(side, close[i], close[row], costs)
                    for i in range(row)
                    for side in (LONG, SHORT)
                ),
            )
    return wealth


def walk_of(rows: int, seed: int, price: float = 100.0) -> Floats:
    steps = 0.02 * np.random.default_rng(seed).normal(size=rows)
    found: Floats = price * np.exp(steps.cumsum())
    return found


@pytest.mark.parametrize(("seed", "price"), [(1, 100.0), (2, 60_000.0), (3, 0.0002)])
def test_a_long_walk_against_a_plain_twin(seed: int, price: float) -> None:
    close = walk_of(220, seed, price)
    found = hindsight(close, Execution(), 3)
    np.testing.assert_allclose(found.wealth, plainly(close, 3, Execution()), rtol=1e-12)
    for row in (10, 219):
        way = found.until(row)
        for trip in way:
            expected = gain(trip.side, close[trip.entry], close[trip.exit], Execution())
            assert trip.growth == pytest.approx(expected)


def test_what_is_later_changes_no_bit_before() -> None:
    close = walk_of(3000, 4)
    close[700:705] = np.nan
    whole = hindsight(close, Execution(), 4)
    for stop in (1, 50, 703, 1200, 2999):
        short = hindsight(close[:stop], Execution(), 4)
        assert short.until(stop - 1) == whole.until(stop - 1)
        np.testing.assert_array_equal(short.wealth, whole.wealth[:, :stop])


def test_costs_leave_small_moves_alone() -> None:
    close = np.array([100.0, 101.0, 100.0, 101.0])
    assert hindsight(close, DEAR, 3).until(3) == ()
    assert [trip.side for trip in hindsight(close, FREE, 3).until(3)] == [LONG, SHORT, LONG]
