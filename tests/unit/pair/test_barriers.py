"""Outcomes of events: a case by hand, and the engines' own account of the same trade."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pair_market import masked

from barograph.core.types import Floats
from barograph.pair.barriers import ENDS, OPEN, Outcomes, outcomes_of
from barograph.pair.beta import spread
from barograph.pair.events import Events, events_of
from barograph.pair.portfolio import trade
from barograph.pair.rules import LEGS, PairSettings, Rule
from barograph.trading import event_engine
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.rules import OFF, Execution

FREE = Execution(slippage_bps=0.0, commission_bps=0.0)


def flat(rows: int) -> Market:
    """Prices that stand still: 100 and 10."""
    price = np.tile((100.0, 10.0), (rows, 1))
    return Market(
        LEGS, np.arange(rows), price, price.copy(), price.copy(), price.copy(),
        np.full((rows, 2), 1e9), np.zeros((rows, 2)),
    )  # fmt: skip


def one_event(row: int = 0, profit: float = 0.01, stop: float = 0.01) -> Events:
    """Long ETH, short BTC, half each."""
    one = np.ones(1)
    return Events(
        np.array([row]), one, one, one, one, np.array([[-0.5, 0.5]]), profit * one, stop * one
    )


def with_eth(market: Market, row: int, **prices: float) -> Market:
    for name, value in prices.items():
        getattr(market, name)[row, 1] = value
    return market


def test_a_profit_is_judged_at_the_close_and_taken_at_the_next_opening() -> None:
    market = with_eth(flat(6), 2, high=10.4, close=10.3)
    market = with_eth(market, 3, open=10.25, high=10.3)
    found = outcomes_of(market, one_event(), 100, FREE)
    assert (found.entry[0], found.decided[0], found.exit[0]) == (1, 2, 3)
    assert ENDS[found.ended[0]] == "profit"
    assert found.net[0] == pytest.approx(0.05 * 0.25)


def test_a_high_alone_takes_no_profit() -> None:
    market = with_eth(flat(6), 2, high=12.0)
    assert outcomes_of(market, one_event(), 3, FREE).ended[0] == ENDS.index("time")


def test_where_both_are_reached_in_a_bar_the_stop_counts() -> None:
    market = with_eth(flat(6), 2, high=11.0, low=9.5, close=10.9)
    assert outcomes_of(market, one_event(), 100, FREE).ended[0] == ENDS.index("stop")


def test_the_worst_prices_of_both_legs_count_together() -> None:
    """Neither the low of one leg nor the high of the other is enough; both are."""
    for lows, highs, ends in ((9.85, 100.0, "time"), (10.0, 101.5, "time"), (9.85, 101.5, "stop")):
        market = with_eth(flat(8), 2, low=lows)
        market.high[2, 0] = highs
        assert outcomes_of(market, one_event(), 4, FREE).ended[0] == ENDS.index(ends)


def test_costs_are_paid_on_both_legs_both_ways() -> None:
    found = outcomes_of(flat(8), one_event(), 3, Execution())
    assert found.gross[0] == 0.0
    assert found.net[0] == pytest.approx(-2.0 * 9e-4, rel=1e-3)


def test_a_trade_the_history_cannot_end_has_no_outcome() -> None:
    found = outcomes_of(flat(4), one_event(2), 100, FREE)
    assert found.exit[0] == OPEN
    assert not found.finished[0]
    assert np.isnan(found.net[0])
    last = outcomes_of(flat(4), one_event(3), 100, FREE)
    assert last.entry[0] == OPEN


def real_events(market: Market, execution: Execution) -> tuple[Events, Outcomes]:
    rule = Rule(kind="breakout", hedge="rolling", window=240, cusum=2.0, entry=1.0, profit=1.0,
                stop=1.0, hold=24)  # fmt: skip
    events = events_of(market, spread(market.close, rule.hedge, rule.window), rule, 0.0)
    return events, outcomes_of(market, events, rule.hold, execution)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 999),
    slippage=st.floats(0, 20),
    commission=st.floats(0, 20),
    borrow=st.floats(0, 0.5),
)
def test_an_outcome_is_what_the_engine_makes_of_the_same_wishes(
    seed: int, slippage: float, commission: float, borrow: float
) -> None:
    execution = Execution(
        slippage_bps=slippage, commission_bps=commission, borrow_annual=borrow, leverage=2.0
    )
    market = masked(1200, seed, gaps=8)
    events, outcomes = real_events(market, execution)
    rules = PairSettings(execution=execution, breakers=OFF)
    account = trade(market, events, outcomes, np.ones(len(events), dtype=bool), rules)
    done = account.taken[outcomes.finished[account.taken]]
    assert len(done) > 10
    before = account.record.equity[events.row[done]]
    after = account.record.equity[outcomes.exit[done]]
    np.testing.assert_allclose(after / before - 1.0, outcomes.net[done], atol=1e-12)


def test_both_engines_trade_the_pair_alike() -> None:
    market = masked(1500, gaps=5)
    events, outcomes = real_events(market, Execution())
    rules = PairSettings()
    account = trade(market, events, outcomes, np.ones(len(events), dtype=bool), rules)
    target: Floats = np.full(market.close.shape, np.nan)
    for k in account.taken:
        if outcomes.ended[k] >= 0:
            target[outcomes.decided[k]] = 0.0
        target[events.row[k]] = events.weight[k]
    plain = event_engine.simulate(
        market, Intents.market(target), rules.execution, rules.breakers, rules.capital, rules.seed
    )
    assert len(plain.places) > 20
    assert plain.hash == account.record.hash
    np.testing.assert_array_equal(plain.equity, account.record.equity)
