"""Events of every kind declared: what makes one, what it asks for, and that it knows no future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pair_market import make_pair, masked

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.types import Floats
from barograph.pair.beta import spread
from barograph.pair.events import HEDGEABLE, Events, common_hours, cusum, events_of, pair_market
from barograph.pair.kinds import kinds
from barograph.pair.rules import Rule
from barograph.trading.market import Market


def rule_of(kind: str, hedge: str = "rolling") -> Rule:
    told = {
        "kind": kind, "hedge": hedge, "window": 240, "cusum": 2.0,
        "entry": kinds()[kind].entries[0], "profit": 1.0, "stop": 1.0, "hold": 24,
    }  # fmt: skip
    return Rule.model_validate(told)


def found(market: Market, rule: Rule, cost: float = 0.0) -> Events:
    return events_of(market, spread(market.close, rule.hedge, rule.window), rule, cost)


def plain_cusum(moves: Floats, threshold: float) -> list[float]:
    up = down = 0.0
    told = []
    for move in moves:
        up, down = max(0.0, up + move), min(0.0, down + move)
        told.append(1.0 if up >= threshold else -1.0 if down <= -threshold else 0.0)
        if told[-1]:
            up = down = 0.0
    return told


@settings(max_examples=30, deadline=None)
@given(moves=st.lists(st.floats(-3, 3), max_size=60), threshold=st.floats(0.5, 6))
def test_cusum_is_its_definition(moves: list[float], threshold: float) -> None:
    assert cusum(np.array(moves), threshold).tolist() == plain_cusum(np.array(moves), threshold)


def test_a_missing_move_adds_nothing() -> None:
    moves = np.array([1.0, np.nan, 1.0, 0.0])
    assert cusum(moves, 2.0).tolist() == [0.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_an_event_is_a_hedged_position_worth_its_costs(kind: str) -> None:
    market, cost = masked(), 0.0018
    events = found(market, rule_of(kind), cost)
    assert len(events) > 20
    np.testing.assert_allclose(np.abs(events.weight).sum(axis=1), 1.0)
    np.testing.assert_allclose(-events.weight[:, 0] / events.weight[:, 1], events.beta)
    assert (np.sign(events.weight[:, 1]) == events.side).all()
    assert ((events.beta >= HEDGEABLE[0]) & (events.beta <= HEDGEABLE[1])).all()
    assert (events.profit >= 2.0 * cost).all()
    assert np.isfinite(market.close[events.row]).all()
    assert len(found(market, rule_of(kind), 1.0)) == 0


def test_kinds_of_one_stretch_ask_for_opposite_sides() -> None:
    market = masked()
    back, on = found(market, rule_of("reversion")), found(market, rule_of("breakout"))
    np.testing.assert_array_equal(back.row, on.row)
    np.testing.assert_array_equal(back.side, -on.side)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 99), cut=st.integers(800, 2999))
def test_the_future_makes_no_event(seed: int, cut: int) -> None:
    market = masked(3000, seed)
    for kind in kinds():
        for hedge in ("rolling", "kalman"):
            whole = found(market, rule_of(kind, hedge))
            part = found(market.since(0, cut), rule_of(kind, hedge))
            before = whole.pick(whole.row < cut)
            for name in ("row", "side", "beta", "score", "weight", "profit", "stop"):
                np.testing.assert_array_equal(getattr(before, name), getattr(part, name))


def test_an_hour_that_one_leg_lacks_is_no_hour_of_the_pair() -> None:
    market = make_pair(200, gaps=0)
    market.close[50, 1] = np.nan
    market.volume[60, 0] = 0.0
    broken = Market(
        market.symbols, market.hours, market.open, market.high, market.low, market.close,
        market.volume, market.funding,
    )  # fmt: skip
    both = pair_market(broken)
    assert not both.present[[50, 60]].any()
    assert both.present.sum() == 2 * 198


def test_legs_of_different_calendars_are_a_pair_where_they_meet() -> None:
    market = make_pair(200, gaps=0)
    for name in ("open", "high", "low", "close", "volume"):
        getattr(market, name)[:30, 1] = np.nan
        getattr(market, name)[180:, 0] = np.nan
    whole = Market(
        market.symbols, market.hours, market.open, market.high, market.low, market.close,
        market.volume, market.funding,
    )  # fmt: skip
    met = common_hours(pair_market(whole))
    assert met.hours.tolist() == market.hours[30:180].tolist()
    with pytest.raises(NotEnoughDataError, match="no hour in common"):
        common_hours(pair_market(whole.since(0, 30)))


def test_other_symbols_and_kinds_are_refused() -> None:
    market = make_pair(100, gaps=0)
    turned = Market(
        ("ETH", "BTC"), market.hours, market.open, market.high, market.low, market.close,
        market.volume, market.funding,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"a pair is of \('BTC', 'ETH'\)"):
        pair_market(turned)
    rule = rule_of("reversion").model_copy(update={"kind": "moon"})
    with pytest.raises(InputError, match="no kind of event 'moon'; there are: breakout"):
        found(masked(600), rule)
