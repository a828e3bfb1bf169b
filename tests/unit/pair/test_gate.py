"""The gate's two endpoints, what counts as robust, and what a simulated filter is."""

from dataclasses import replace

import numpy as np
import pytest
from tests.pair_market import masked, small

from barograph.pair.gate import Round, judge
from barograph.pair.portfolio import between, monthly_pnl, trade
from barograph.pair.robustness import Robustness, doubt, monthly_means
from barograph.pair.rules import Doubts, Rule
from barograph.pair.select import followed
from barograph.pair.simulated import simulated_filter
from barograph.trading.luck import deflated_sharpe

RULE = Rule(
    kind="reversion", hedge="rolling", window=240, cusum=2.0, entry=1.0, profit=1.0, stop=1.0,
    hold=24,
)  # fmt: skip


def made(name: str, monthly: float, *failed: str) -> Round:
    return Round(name, monthly, Robustness({}, 0.0, 0.0, 0.0, (), 0.5, 1, failed))


FIRST = made("no filter", 10.0)


def test_something_better_that_holds_is_endpoint_a() -> None:
    verdict = judge([FIRST, made("filter", 11.0)], left=3, patience=2)
    assert (verdict.endpoint, verdict.best) == ("A", 1)
    assert "nothing speaks against it" in verdict.why


def test_something_better_that_does_not_hold_is_no_success() -> None:
    shaky = made("filter", 99.0, "at 1.5x costs it is -3.00 a month")
    assert judge([FIRST, shaky], left=3, patience=2).endpoint is None
    verdict = judge([FIRST, shaky, shaky], left=3, patience=2)
    assert (verdict.endpoint, verdict.best) == ("B", 0)


def test_a_gain_on_a_shaky_reference_is_kept_and_the_loop_goes_on() -> None:
    bad = made("no filter", -5.0, "a", "b")
    verdict = judge([bad, made("filter", 1.0, "a")], left=1, patience=2)
    assert (verdict.endpoint, verdict.best) == (None, 1)
    ended = judge([bad, made("filter", 1.0, "a")], left=0, patience=2)
    assert ended.endpoint == "B"
    assert "every round was made; against the best: a" in ended.why


def test_patience_begins_anew_with_a_gain() -> None:
    bad = made("no filter", -5.0, "a")
    rounds = [bad, made("x", -6.0, "a"), made("y", -4.0, "a"), made("z", -9.0, "a")]
    assert judge(rounds, left=1, patience=2).endpoint is None


def test_months_drawn_again_in_blocks_of_one_are_the_plain_bootstrap() -> None:
    monthly = np.random.default_rng(1).normal(1.0, 2.0, 60)
    drawn = monthly_means(monthly, Doubts(draws=4000, block_months=1.0), 7)
    assert drawn.mean() == pytest.approx(monthly.mean(), abs=0.02)
    assert drawn.std() == pytest.approx(monthly.std() / np.sqrt(60), rel=0.05)


def test_doubts_are_those_of_the_account() -> None:
    market = masked(3000)
    events, outcomes = followed(market, RULE, small())
    keep = np.ones(len(events), dtype=bool)
    account, found = doubt(market, events, outcomes, keep, small(), 40)
    assert found.stressed["1.5x"] < found.stressed["1.25x"] < account.monthly.mean()
    assert sum(found.periods) == pytest.approx(account.record.equity[-1] - account.capital)
    assert found.deflated == deflated_sharpe(account.returns, 40)
    assert found.p10 <= found.p50 <= found.p90
    dear = small(execution=small().execution.stressed(20.0))
    _, worse = doubt(market, events, outcomes, keep, dear, 40)
    assert any("is not above 0" in one for one in worse.failed)
    assert any("the luckiest of 40 trials" in one for one in worse.failed)


def test_months_add_up_and_begin_at_their_own_hour() -> None:
    hours = np.arange(1, 24 * 91 + 1)  # 1970-01-01 to the last hour of March
    equity = 100.0 + np.arange(len(hours), dtype=float)
    months, pnl = monthly_pnl(hours, equity, 100.0)
    assert months == ("1970-01", "1970-02", "1970-03", "1970-04")
    assert pnl.tolist() == [24 * 31 - 1.0, 24 * 28, 24 * 31, 24.0]


def test_a_span_is_a_history_of_its_own() -> None:
    market = masked(3000)
    events, outcomes = followed(market, RULE, small())
    part, own, known, inside = between(market, events, outcomes, 1200, 2400)
    assert inside.sum() == len(own) > 10
    account = trade(part, own, known, np.ones(len(own), dtype=bool), small())
    assert account.record.equity[own.row[account.taken[0]]] == account.capital
    np.testing.assert_array_equal(own.row + 1200, events.row[inside])


@pytest.mark.parametrize("precision", [0.3, 0.6, 0.9])
def test_a_simulated_filter_has_the_precision_it_states(precision: float) -> None:
    market = masked(3000)
    _, outcomes = followed(market, RULE, small())
    kept = np.array([simulated_filter(outcomes, precision, seed) for seed in range(300)])
    won = (outcomes.net > 0)[None, :] & kept
    assert won.sum() / kept.sum() == pytest.approx(precision, abs=0.02)
    assert kept.mean() <= 0.52
    assert not kept[:, ~outcomes.finished].any()


def test_where_nothing_wins_there_is_nothing_to_keep() -> None:
    _, outcomes = followed(masked(3000), RULE, small())
    lost = replace(outcomes, net=-np.abs(outcomes.net))
    assert not simulated_filter(lost, 0.6, 7).any()


def test_a_wish_that_comes_late_is_another_trade() -> None:
    market = masked(2000)
    events, outcomes = followed(market, RULE, small())
    keep = np.ones(len(events), dtype=bool)
    now = trade(market, events, outcomes, keep, small())
    late = trade(market, events, outcomes, keep, small(), delay=1)
    assert late.record.places[0, 0] == now.record.places[0, 0] + 1
