"""Figures of a run against plain sums; luck against the published example."""

import numpy as np
import pytest
from scipy import stats
from tests.unit.trading.worlds import intents, market

from barograph.trading import kernel
from barograph.trading.intents import Intents
from barograph.trading.luck import (
    deflated_sharpe,
    expected_best,
    luck_of,
    probabilistic_sharpe,
)
from barograph.trading.performance import (
    compound,
    drawdown,
    holding,
    hourly_returns,
    measure,
)
from barograph.trading.record import trades
from barograph.trading.rules import OFF, Execution


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_the_plain_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = market(rng, 2000, hole=0.01)
    record = kernel.simulate(made, intents(rng, made), Execution(), OFF, 1000.0, seed)
    told = measure(record, made, 1000.0)
    rows = trades(record, made.hours, made.symbols).to_dicts()
    profits = [row["profit"] for row in rows]
    assert told.trades == len(rows) == told.long_trades + told.short_trades
    assert told.win_rate == pytest.approx(sum(p > 0 for p in profits) / len(profits))
    gained = sum(p for p in profits if p > 0)
    assert told.profit_factor == pytest.approx(gained / -sum(p for p in profits if p < 0))
    assert told.total_return == pytest.approx(record.equity[-1] / 1000.0 - 1.0)
    assert np.prod(1.0 + hourly_returns(record.equity, 1000.0)) == pytest.approx(
        1.0 + told.total_return
    )
    first, last = made.close[made.present[:, 0], 0][[0, -1]]
    assert told.buy_hold == pytest.approx(last / first - 1.0)
    peak, worst, run, longest = 1000.0, 0.0, 0, 0
    for value in record.equity.tolist():
        peak = max(peak, value)
        worst = max(worst, 1.0 - value / peak)
        run = run + 1 if value < peak else 0
        longest = max(longest, run)
    assert told.max_drawdown == pytest.approx(worst)
    assert told.drawdown_hours == longest


def test_holding_the_market_has_beta_one_and_no_alpha() -> None:
    made = market(np.random.default_rng(2), 1000, hole=0.0)
    free = Execution(slippage_bps=0.0, commission_bps=0.0)
    quiet = made.funding * 0.0
    object.__setattr__(made, "funding", quiet)
    target = np.full(made.close.shape, np.nan)
    target[0] = 1.0

    told = measure(kernel.simulate(made, Intents.market(target), free, OFF, 1000.0), made, 1000.0)
    assert told.beta == pytest.approx(1.0, abs=0.05)
    assert told.exposure > 0.99


def test_an_account_that_never_trades() -> None:
    made = market(np.random.default_rng(1), 100)

    nothing = Intents.market(np.full(made.close.shape, np.nan))
    told = measure(kernel.simulate(made, nothing, Execution(), OFF, 1000.0), made, 1000.0)
    assert told.total_return == told.max_drawdown == told.exposure == told.fees == 0.0
    assert np.isnan(told.sharpe)
    assert np.isnan(told.win_rate)


def test_the_deflated_sharpe_ratio_is_that_of_the_paper() -> None:
    """Bailey & López de Prado (2014): 2.5 a year over five years of days, 100 tried."""
    daily = 2.5 / np.sqrt(250)
    benchmark = expected_best(100, np.sqrt(0.5 / 250))
    assert benchmark == pytest.approx(0.1132, abs=5e-4)
    found = probabilistic_sharpe(daily, benchmark, 1250, -3.0, 10.0)
    assert found == pytest.approx(0.9004, abs=1e-3)


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_the_best_of_worthless_trials_is_that_of_normal_draws(trials: int) -> None:
    """The formula is of an extreme value law; the mean of real maxima is within a few per cent."""
    drawn = np.random.default_rng(trials).normal(size=(4000, trials)).max(axis=1).mean()
    assert expected_best(trials, 1.0) == pytest.approx(drawn, rel=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_skew_and_kurtosis_are_those_of_scipy(seed: int) -> None:
    returns = np.random.default_rng(seed).standard_t(5, size=4000) ** 2 - 1.0
    ratio = returns.mean() / returns.std(ddof=1)
    skew, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    wanted = probabilistic_sharpe(float(ratio), 0.0, 4000, float(skew), float(kurtosis))
    assert deflated_sharpe(returns, 1) == pytest.approx(wanted, rel=1e-9)


def test_the_luckiest_of_many_worthless_trials_seldom_passes_for_better() -> None:
    """At 95 % the best of twenty worthless ones mostly fools who counts no trials."""
    rng, told, naive = np.random.default_rng(8), 0, 0
    for _ in range(200):
        returns = 0.01 * rng.standard_t(4, size=(20, 800))
        ratios = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
        best, spread = returns[ratios.argmax()], float(ratios.std(ddof=1))
        told += deflated_sharpe(best, 20, spread) > 0.95
        naive += deflated_sharpe(best, 1) > 0.95
    assert naive > 100
    assert told <= 10


def test_more_trials_deflate_more() -> None:
    returns = 0.02 + np.random.default_rng(1).normal(size=2000)
    found = [deflated_sharpe(returns, trials) for trials in (1, 10, 1000)]
    assert found == sorted(found, reverse=True)
    assert np.isnan(deflated_sharpe(np.zeros(100), 1))


def test_the_spread_of_the_trials_counts_where_it_is_wider_than_chance() -> None:
    returns = 0.02 + np.random.default_rng(1).normal(size=2000)
    assumed, narrow, wide = (luck_of(returns, 50, spread) for spread in (None, 0.1, 5.0))
    assert assumed.deflated == pytest.approx(deflated_sharpe(returns, 50))
    assert assumed.spread == pytest.approx(np.sqrt(8766.0 / 1999))
    assert narrow == assumed, "trials that are much alike take nothing off the count"
    assert (assumed.measured, wide.measured) == (False, True)
    assert assumed.deflated > wide.deflated
    assert wide.best / assumed.best == pytest.approx(5.0 / assumed.spread)
    assert assumed.above_zero == wide.above_zero == pytest.approx(deflated_sharpe(returns, 1))
    alone = luck_of(returns, 1, 5.0)
    assert alone.best == 0.0
    assert alone.deflated == pytest.approx(alone.above_zero)


def test_looking_more_often_never_makes_a_result_look_better() -> None:
    returns = 0.02 + np.random.default_rng(1).normal(size=2000)
    found = [luck_of(returns, trials, 5.0 / trials).deflated for trials in (2, 10, 100, 1000)]
    least = [luck_of(returns, trials).deflated for trials in (2, 10, 100, 1000)]
    assert least == sorted(least, reverse=True)
    assert all(one <= other for one, other in zip(found, least, strict=True))


def test_holding_several_symbols_buys_each_once() -> None:
    rng = np.random.default_rng(3)
    made = market(rng, 50, 2, hole=0.0)
    made.close[:10, 1] = np.nan  # The second begins later.
    first, second = made.close[-1, 0] / made.close[0, 0], made.close[-1, 1] / made.close[10, 1]
    even, uneven = holding(made), holding(made, (0.6, 0.2))
    assert np.prod(1.0 + even) == pytest.approx((first + second) / 2.0)
    assert np.prod(1.0 + uneven) == pytest.approx(0.2 + 0.6 * first + 0.2 * second)
    np.testing.assert_allclose(
        np.cumprod(1.0 + even[:10]), 0.5 + 0.5 * made.close[:10, 0] / made.close[0, 0]
    )


def test_a_gain_that_no_year_can_hold_is_infinite() -> None:
    assert compound(9.0, 1e-4) == np.inf
    assert compound(-1.0, 2.0) == compound(-1.5, 2.0) == -1.0
    assert compound(0.21, 2.0) == pytest.approx(0.1)


def test_a_drawdown_counts_from_the_capital() -> None:
    depth, hours = drawdown(np.array([90.0, 95.0, 100.0, 99.0]), 100.0)
    assert depth == pytest.approx(0.1)
    assert hours == 2
