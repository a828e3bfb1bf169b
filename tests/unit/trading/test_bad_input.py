"""What both engines do with a market or wishes that are not as they should be."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.trading.worlds import FIRST, intents, market

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import EVENTS, Record
from barograph.trading.rules import OFF, Breakers, Execution

FREE = Execution(slippage_bps=0.0, commission_bps=0.0, leverage=10.0)
SERIES = ("equity", "exposure", "carried", "places", "amounts", "events", "values")


def flat(rows: int, **changed: Floats) -> Market:
    """Bars of 100 with what is changed of them."""
    parts = {name: np.full((rows, 1), 100.0) for name in ("open", "high", "low", "close")}
    parts |= {"volume": np.full((rows, 1), 1e6), "funding": np.zeros((rows, 1))}
    return Market(("A",), FIRST + np.arange(rows), **(parts | changed))


def column(*values: float) -> Floats:
    return np.array(values)[:, None]


def both(made: Market, target: Floats, costs: Execution = FREE, **more: int) -> Record:
    """What both engines make of market orders, which is the same."""
    wishes = Intents.market(target)
    read = event_engine.simulate(made, wishes, costs, OFF, 1000.0, **more)
    compiled = kernel.simulate(made, wishes, costs, OFF, 1000.0, **more)
    for name in SERIES:
        np.testing.assert_array_equal(getattr(read, name), getattr(compiled, name), err_msg=name)
    return read


@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_bad_price_makes_the_bar_a_missing_one(name: str, value: float) -> None:
    """Nothing fills in it; the position is marked at the last close."""
    made = flat(4, **{name: column(100.0, 100.0, value, 100.0)})
    record = both(made, column(np.nan, 1.0, 0.5, np.nan))
    assert record.places[:, 0].tolist() == [3], "what was wished before it waits for the next"
    assert record.amounts[:, 0].tolist() == [5.0], "and is replaced by what is wished at its close"
    assert record.equity.tolist() == [1000.0] * 4


def test_no_price_at_all_is_no_trade_and_no_loss() -> None:
    made = flat(3, **dict.fromkeys(("open", "high", "low", "close"), np.full((3, 1), np.nan)))
    record = both(made, np.ones((3, 1)))
    assert len(record.places) == 0
    assert record.equity.tolist() == [1000.0] * 3


def test_no_bars_are_no_record() -> None:
    record = both(flat(0), np.empty((0, 1)))
    assert [len(getattr(record, name)) for name in SERIES] == [0] * len(SERIES)


def test_without_volume_nothing_fills_and_an_unknown_one_limits_nothing() -> None:
    made = flat(4, volume=column(0.0, 0.0, 0.0, np.nan))
    record = both(made, column(1.0, np.nan, np.nan, np.nan))
    assert record.places[:, 0].tolist() == [3]
    assert record.amounts[:, 0].tolist() == [10.0]


def test_an_order_larger_than_the_volume_takes_the_stated_part_of_each_bar() -> None:
    made = flat(5, volume=np.full((5, 1), 8.0))
    half = FREE.model_copy(update={"participation": 0.5})
    record = both(made, column(1.0, *[np.nan] * 4), half)
    assert record.amounts[:, 0].tolist() == [4.0, 4.0, 2.0]
    assert record.places[:, 0].tolist() == [1, 2, 3]


def test_a_stop_is_not_limited_by_volume() -> None:
    """Stated, because it is kinder than a market may be: a position always gets out."""
    made = flat(3, volume=column(1e6, 1e6, 1.0), low=column(100.0, 100.0, 80.0))
    wishes = Intents.market(column(1.0, np.nan, np.nan), stop=np.full((3, 1), 90.0))
    for engine in (event_engine.simulate, kernel.simulate):
        record = engine(made, wishes, FREE, OFF, 1000.0)
        assert record.amounts[:, 0].tolist() == [10.0, -10.0]


def test_funding_absent_is_charged_nowhere() -> None:
    record = both(flat(48), np.vstack((column(1.0), np.full((47, 1), np.nan))))
    assert not record.carried.any()
    with pytest.raises(InputError, match="funding"):
        flat(3, funding=column(0.0, np.nan, 0.0))


def test_capital_exhausted_ends_all_trading_once_and_for_all() -> None:
    """A gap that no stop could have met leaves a debt; nothing is traded on it."""
    fall = column(100.0, 100.0, 10.0, 100.0, 100.0, 100.0)
    made = flat(6, open=fall, high=fall, low=fall, close=fall)
    record = both(made, column(5.0, np.nan, *[1.0] * 4))
    assert [EVENTS[code] for code in record.events[:, 1]] == ["liquidation", "exhausted"]
    assert record.places[:, 0].tolist() == [1, 2]
    assert (record.equity[2:] == record.equity[2]).all()
    assert record.equity[2] < 0.0
    assert not record.exposure[2:].any()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), starts=st.integers(0, 100), ends=st.integers(200, 300))
def test_symbols_with_different_calendars_share_one_account(
    seed: int, starts: int, ends: int
) -> None:
    """One that begins later and ends earlier: it trades where it has bars, the other everywhere."""
    rng = np.random.default_rng(seed)
    made = market(rng, 300, 2, wild=0.02)
    prices = {name: getattr(made, name).copy() for name in ("open", "high", "low", "close")}
    for values in prices.values():
        values[:starts, 1] = values[ends:, 1] = np.nan
    apart = replace(made, **prices)
    wishes = intents(rng, apart)
    read, compiled = (
        engine(apart, wishes, Execution(), Breakers(), 1000.0)
        for engine in (event_engine.simulate, kernel.simulate)
    )
    for name in SERIES:
        np.testing.assert_array_equal(getattr(read, name), getattr(compiled, name), err_msg=name)
    bars = read.places[read.places[:, 1] == 1, 0]
    assert ((bars >= starts) & (bars < ends)).all() or (
        # A liquidation closes also what has no bar, at its last price.
        EVENTS.index("liquidation") in read.events[:, 1]
    )
    assert np.isfinite(read.equity).all()


def test_a_symbol_without_any_bar_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    alone = market(rng, 500)
    nowhere = np.full((500, 1), np.nan)
    parts = {
        name: np.hstack((getattr(alone, name), nowhere))
        for name in ("open", "high", "low", "close", "volume")
    }
    pair = Market(("A", "B"), alone.hours, funding=np.hstack((alone.funding,) * 2), **parts)
    target = np.where(np.arange(500)[:, None] % 24 == 0, rng.normal(size=(500, 1)), np.nan)
    one, two = both(alone, target), both(pair, np.hstack((target, target)))
    np.testing.assert_array_equal(one.equity, two.equity)
    assert one.hash == two.hash


def test_a_position_whose_market_ends_is_kept_at_its_last_price() -> None:
    gone = column(100.0, 100.0, 110.0, np.nan, np.nan, np.nan)
    made = flat(6, open=gone, high=gone, low=gone, close=gone)
    record = both(made, column(1.0, np.nan, 0.0, 0.0, 0.0, 0.0))
    assert record.equity.tolist() == [1000.0, 1000.0, 1100.0, 1100.0, 1100.0, 1100.0]
    assert record.exposure[-1] == 1.0, "and it shows that it could not be left"


@pytest.mark.parametrize("seed", [-1, 0, 2**63, 2**70 + 3])
def test_any_seed_is_a_seed(seed: int) -> None:
    rng = np.random.default_rng(1)
    made = market(rng, 300)
    wishes = intents(rng, made)
    read, compiled = (
        engine(made, wishes, Execution(), OFF, seed=seed)
        for engine in (event_engine.simulate, kernel.simulate)
    )
    assert read.hash == compiled.hash


@pytest.mark.parametrize("capital", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("engine", [event_engine.simulate, kernel.simulate])
def test_without_money_there_is_no_account(engine: object, capital: float) -> None:
    assert callable(engine)
    with pytest.raises(InputError, match="capital"):
        engine(flat(3), Intents.market(np.zeros((3, 1))), FREE, OFF, capital)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("close", column(100.0, 0.0, 100.0)),
        ("low", column(100.0, -1.0, 100.0)),
        ("volume", column(1.0, -1.0, 1.0)),
        ("open", np.full((2, 1), 100.0)),
    ],
)
def test_a_market_that_cannot_be_is_refused_by_name(name: str, values: Floats) -> None:
    with pytest.raises(InputError, match=name):
        flat(3, **{name: values})
