"""Two engines, one semantics; and what that semantics says of single bars."""

from dataclasses import replace
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.trading.stories import ENGINES, FLAT, FREE, GAP, UP, Story
from tests.unit.trading.worlds import FIRST, intents, market

from barograph.core.errors import InputError
from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import EVENTS, KINDS, trades
from barograph.trading.rules import OFF, Breakers, Execution


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    width=st.integers(1, 3),
    often=st.sampled_from([0.005, 0.03, 0.1]),
    hole=st.sampled_from([0.0, 0.02, 0.3]),
    wild=st.sampled_from([0.003, 0.02, 0.08]),
    costs=st.builds(
        Execution,
        leverage=st.sampled_from([0.5, 1.0, 3.0, 20.0]),
        participation=st.sampled_from([0.01, 0.5, 1.0]),
        borrow_annual=st.sampled_from([0.0, 0.2]),
    ),
    rules=st.sampled_from(
        [
            OFF,
            Breakers(losses=2, crash=0.05, daily_drawdown=0.02),
            Breakers(losses=1, loss_hours=30, crash=0.02, crash_hours=9, daily_drawdown=0.003),
        ]
    ),
)
def test_both_engines_do_the_same_to_the_last_bit(
    seed: int, width: int, often: float, hole: float, wild: float, costs: Execution,
    rules: Breakers,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    made = market(rng, 600, width, wild=wild, hole=hole)
    wishes = intents(rng, made, often=often)
    read, compiled = (run(made, wishes, costs, rules, 1000.0, seed) for run in ENGINES)
    assert read.hash == compiled.hash
    for name in ("equity", "exposure", "carried", "places", "amounts", "events", "values"):
        np.testing.assert_array_equal(getattr(read, name), getattr(compiled, name), err_msg=name)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), width=st.integers(1, 3))
def test_cash_is_conserved(seed: int, width: int) -> None:
    """Equity is the start, less what was bought and paid, plus what is held."""
    rng = np.random.default_rng(seed)
    made = market(rng, 400, width)
    costs = Execution(leverage=2.0, borrow_annual=0.2)
    rules = Breakers(losses=2, crash=0.03, daily_drawdown=0.01)
    record = kernel.simulate(made, intents(rng, made), costs, rules, 1000.0, seed)
    quantity, price, fee = record.amounts.T
    bar, symbol = record.places[:, 0], record.places[:, 1]
    held, last = np.zeros(width), np.full(width, np.nan)
    moved, scale = [1000.0], 1000.0
    for t in range(len(made.hours)):
        moved.append(-float(record.carried[t]))
        for k in np.flatnonzero(bar == t):
            moved += [-float(quantity[k] * price[k]), -float(fee[k])]
            held[symbol[k]] += quantity[k]
            scale = max(scale, abs(quantity[k] * price[k]))
        last = np.where(made.present[t], made.close[t], last)
        value = [float(q * p) for q, p in zip(held, last, strict=True) if q != 0.0]
        assert abs(record.equity[t] - fsum(moved + value)) <= 1e-9 * scale


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), leverage=st.sampled_from([0.5, 1.0, 2.5]))
def test_orders_still_open_never_lift_exposure_above_the_leverage(
    seed: int, leverage: float
) -> None:
    """Nothing costs and closes do not move: exposure is what orders made, in parts and later."""
    rng = np.random.default_rng(seed)
    shape = rows, width = (300, 3)
    close = np.full(shape, 100.0)
    low, high = (100.0 + side * rng.random(shape) for side in (-2.0, 2.0))
    hours = FIRST + np.arange(rows)
    volume, nothing = rng.lognormal(0.0, 1.0, shape), np.zeros(shape)
    made = Market(("A", "B", "C"), hours, close, high, low, close, volume, nothing)
    target = np.full(shape, np.nan)
    # At a close either one symbol is wished at the market, or several with limits.
    rests = rng.random((rows, 1)) < 0.5
    one = np.arange(width) == rng.integers(0, width, (rows, 1))
    asked = (rng.random((rows, 1)) < 0.3) & np.where(rests, rng.random(shape) < 0.7, one)
    target[asked] = rng.choice([-1.5, -0.5, 0.0, 0.3, 1.0], int(asked.sum()))
    limit = np.where(rests, 100.0 - np.sign(target) * rng.random(shape), np.nan)
    wishes = replace(Intents.market(target), limit=limit, expiry=rng.integers(1, 40, shape))
    costs = FREE.model_copy(update={"leverage": leverage, "participation": 0.5})
    exposures = [run(made, wishes, costs, OFF, 1000.0, seed).exposure for run in ENGINES]
    # A limit that fills beyond the close has gained up to 1 % of what it traded.
    assert max(found.max() for found in exposures) <= 1.01 * leverage
    assert exposures[0].max() > 0.5 * leverage


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), cut=st.integers(50, 250))
def test_the_future_moves_no_fill(seed: int, cut: int) -> None:
    """Another market from a bar on leaves all that was done before it as it was."""
    rng = np.random.default_rng(seed)
    made, other = market(rng, 300, 2), market(rng, 300, 2)
    wishes = intents(rng, made)
    parts = [
        np.vstack((getattr(made, name)[:cut], getattr(other, name)[cut:]))
        for name in ("open", "high", "low", "close", "volume", "funding")
    ]
    changed = Market(made.symbols, made.hours, *parts)
    before, after = (
        kernel.simulate(one, wishes, Execution(), Breakers()) for one in (made, changed)
    )
    np.testing.assert_array_equal(before.equity[:cut], after.equity[:cut])
    upto = [one.places[:, 0] < cut for one in (before, after)]
    np.testing.assert_array_equal(before.places[upto[0]], after.places[upto[1]])
    np.testing.assert_array_equal(before.amounts[upto[0]], after.amounts[upto[1]])


def test_a_market_order_fills_at_the_next_opening_never_on_its_own_bar() -> None:
    assert Story(FLAT, UP).fills({0: {"target": 1.0}}) == [(1, "market", 10.0, 102.0)]
    assert Story(FLAT, UP).fills({1: {"target": 1.0}}) == []


def test_slippage_and_commission_go_against_us() -> None:
    costs = FREE.model_copy(update={"slippage_bps": 10.0, "commission_bps": 20.0})
    record = Story(FLAT, FLAT, FLAT).run({0: {"target": 1.0}, 1: {"target": 0.0}}, costs)
    assert record.amounts[:, 1] == pytest.approx([100.1, 99.9])
    assert record.amounts[:, 2] == pytest.approx([2.002, 1.998])
    assert record.equity[-1] == pytest.approx(1000.0 - 2.0 - 4.0)


@pytest.mark.parametrize(
    ("limit", "bar", "price"),
    [
        (99.0, UP, 99.0),  # traded through
        (95.0, UP, None),  # touched: not enough
        (103.0, UP, 102.0),  # the opening was better
        (94.0, UP, None),
    ],
)
def test_a_limit_must_be_traded_through(
    limit: float, bar: tuple[float, float, float, float], price: float | None
) -> None:
    fills = Story(FLAT, bar).fills({0: {"target": 1.0, "limit": limit}})
    assert fills == ([] if price is None else [(1, "limit", 10.0, price)])


def test_a_limit_fills_by_chance_but_for_certain_where_the_bar_opens_beyond_it() -> None:
    never = FREE.model_copy(update={"fill_probability": 0.0})
    assert Story(FLAT, UP).fills({0: {"target": 1.0, "limit": 99.0}}, never) == []
    assert Story(FLAT, UP).fills({0: {"target": 1.0, "limit": 103.0}}, never)[0][3] == 102.0


def test_the_share_of_limits_that_fill_is_the_stated_one() -> None:
    rows, chance = 4_000, 0.7
    bars = [FLAT if k % 2 == 0 else (100.0, 101.0, 98.0, 100.0) for k in range(rows)]
    wish = {"target": 1e-3, "limit": 99.0, "expiry": 1.0}
    flat = {"target": 0.0}
    wishes = {k: wish if k % 4 == 0 else flat for k in range(0, rows, 2)}
    record = Story(*bars).run(wishes, FREE.model_copy(update={"fill_probability": chance}))
    tried = rows // 4
    filled = int((record.places[:, 2] == KINDS.index("limit")).sum())
    assert filled / tried == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / tried))


def test_an_order_expires_and_a_new_wish_replaces_it() -> None:
    low = (100.0, 100.0, 90.0, 100.0)
    wish = {"target": 1.0, "limit": 95.0}
    assert len(Story(FLAT, FLAT, low).fills({0: wish | {"expiry": 2.0}})) == 1
    assert Story(FLAT, FLAT, low).fills({0: wish | {"expiry": 1.0}}) == []
    fills = Story(FLAT, FLAT, low).fills({0: wish, 1: {"target": 1.0, "limit": 91.0}})
    assert [price for _, _, _, price in fills] == [91.0]


def test_an_order_larger_than_the_volume_is_filled_in_parts() -> None:
    story = Story(FLAT, FLAT, FLAT, FLAT, volume=8.0)
    half = FREE.model_copy(update={"participation": 0.5})
    fills = story.fills({0: {"target": 1.0}}, half)
    assert [quantity for _, _, quantity, _ in fills] == [4.0, 4.0, 2.0]
    assert Story(FLAT, FLAT, volume=0.0).fills({0: {"target": 1.0}}) == []


@pytest.mark.parametrize(
    ("side", "stop", "take", "bar", "expected"),
    [
        (1.0, 97.0, 111.0, UP, ("stop", 97.0)),  # both inside: the stop came first
        (1.0, 90.0, 111.0, UP, ("take", 111.0)),
        (1.0, 90.0, 112.0, UP, None),  # touched only
        (1.0, 97.0, np.nan, GAP, ("stop", 90.0)),  # opened beyond the stop
        (1.0, 90.0, 101.0, UP, ("take", 102.0)),  # opened beyond the profit
        (-1.0, 110.0, 96.0, UP, ("stop", 110.0)),
        (-1.0, 115.0, 96.0, UP, ("take", 96.0)),
        (-1.0, 101.0, np.nan, UP, ("stop", 102.0)),
    ],
)
def test_levels_inside_a_bar(
    side: float, stop: float, take: float, bar: tuple[float, float, float, float],
    expected: tuple[str, float] | None,
) -> None:  # fmt: skip
    fills = Story(FLAT, FLAT, bar).fills({0: {"target": side, "stop": stop, "take": take}})
    after = [(kind, price) for at, kind, _, price in fills if at == 2]
    assert after == ([] if expected is None else [expected])


def test_a_limit_that_entered_may_be_stopped_but_takes_no_profit_in_its_bar() -> None:
    wish = {"target": 1.0, "limit": 99.0}
    fills = Story(FLAT, UP).fills({0: wish | {"stop": 97.0, "take": 101.0}})
    assert [(kind, price) for _, kind, _, price in fills] == [("limit", 99.0), ("stop", 97.0)]
    fills = Story(FLAT, UP, UP).fills({0: wish | {"take": 101.0}})
    assert [(at, kind) for at, kind, _, _ in fills] == [(1, "limit"), (2, "take")]


def test_funding_is_paid_on_what_is_carried_into_the_hour() -> None:
    record = Story(FLAT, FLAT, UP, funding={1: 0.01, 2: 0.01}).run({0: {"target": 1.0}})
    assert record.carried.tolist() == [0.0, 0.0, pytest.approx(10.0 * 102.0 * 0.01)]


def test_a_missing_bar_fills_nothing_and_is_marked_at_the_last_price() -> None:
    record = Story(FLAT, FLAT, None, UP).run({0: {"target": 1.0}, 1: {"target": 0.0}})
    assert record.places[:, 0].tolist() == [1, 3]
    assert record.equity.tolist() == [1000.0, 1000.0, 1000.0, 1020.0]


def test_a_position_too_large_for_its_equity_is_liquidated() -> None:
    crash = (100.0, 100.0, 50.0, 60.0)
    costs = FREE.model_copy(update={"maintenance": 0.05, "liquidation_bps": 0.0})
    record = Story(FLAT, FLAT, crash, FLAT, FLAT).run(
        {0: {"target": 5.0}, 3: {"target": 1.0}}, costs
    )
    assert [KINDS[kind] for kind in record.places[:, 2]] == ["market", "liquidation"]
    assert [EVENTS[code] for code in record.events[:, 1]] == ["liquidation", "exhausted"]
    assert record.equity.tolist() == [1000.0, 1000.0, -1500.0, -1500.0, -1500.0]


def test_the_leverage_caps_all_positions_together() -> None:
    cap = FREE.model_copy(update={"leverage": 1.5})
    assert Story(FLAT, FLAT).fills({0: {"target": 4.0}}, cap)[0][2] == pytest.approx(15.0)


def test_trips_are_what_was_bought_and_sold() -> None:
    story = Story(FLAT, FLAT, UP, UP)
    record = story.run({0: {"target": 1.0, "source": 7.0}, 1: {"target": -1.0, "source": 8.0}})
    (trip,) = trades(record, story.market.hours, ("S",)).to_dicts()
    assert (trip["side"], trip["entry_price"], trip["exit_price"]) == ("long", 100.0, 102.0)
    assert trip["profit"] == pytest.approx(20.0)
    assert (trip["source"], trip["hours"], trip["ended"]) == (7, 1, "market")


def test_wishes_of_another_shape_are_refused() -> None:
    made = market(np.random.default_rng(1), 10)
    wishes = Intents.market(np.full((9, 1), np.nan))
    with pytest.raises(InputError, match="shape"):
        event_engine.simulate(made, wishes, FREE, OFF)
