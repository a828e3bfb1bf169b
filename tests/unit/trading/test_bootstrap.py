"""The compiled drawings against plain ones; intervals that hold what they say; repeatable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading.bootstrap import LEVELS, blocks, resample
from barograph.trading.performance import drawdown, sharpe
from barograph.trading.rules import HOURS_A_YEAR


def plain(returns: Floats, block: float, draws: int, seed: int) -> list[Floats]:
    """The drawings themselves, put together piece by piece."""
    made = []
    for starts, lengths in zip(*blocks(len(returns), block, draws, seed), strict=True):
        pieces = [
            np.arange(start, start + length) % len(returns)
            for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
        ]
        made.append(returns[np.concatenate(pieces)[: len(returns)]])
    return made


@pytest.mark.parametrize(("count", "block", "seed"), [(2, 1.0, 1), (300, 24.0, 2), (999, 168.0, 3)])
def test_figures_are_those_of_the_drawings(count: int, block: float, seed: int) -> None:
    returns = 0.02 * np.random.default_rng(seed).standard_t(4, size=count)
    found = resample(returns, block=block, draws=40, seed=seed, points=17)
    drawn = plain(returns, block, 40, seed)
    equity = np.array([np.cumprod(1.0 + one) for one in drawn])
    np.testing.assert_allclose(found.total_return, equity[:, -1] - 1.0, atol=1e-12)
    yearly = equity[:, -1] ** (HOURS_A_YEAR / count) - 1.0
    np.testing.assert_allclose(found.annual_return, yearly, atol=1e-9, rtol=1e-9)
    np.testing.assert_allclose(found.sharpe, [sharpe(one) for one in drawn], rtol=1e-9)
    deepest = [drawdown(one, 1.0)[0] for one in equity]
    np.testing.assert_allclose(found.max_drawdown, deepest, atol=1e-12)
    fan = np.quantile(equity[:, found.rows], LEVELS, axis=0)
    np.testing.assert_allclose(found.fan, fan)
    assert found.rows[0] == 0
    assert found.rows[-1] == count - 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-1.5, 2.0), min_size=2, max_size=60),
    st.floats(1.0, 50.0),
    st.integers(0, 2**31),
)
def test_whatever_the_returns_the_figures_are_possible(
    values: list[float], block: float, seed: int
) -> None:
    found = resample(np.array(values), block=block, draws=20, seed=seed)
    assert (found.total_return >= -1.0).all()
    assert (found.max_drawdown >= 0.0).all()
    assert (found.max_drawdown <= 1.0).all()
    assert (np.diff(found.fan, axis=0) >= 0.0).all()
    assert not np.isnan(found.fan).any()


def test_blocks_are_as_long_as_they_are_said_to_be_and_fill_the_series() -> None:
    starts, lengths = blocks(5000, 24.0, 500, 1)
    assert lengths.mean() == pytest.approx(24.0, rel=0.02)
    assert (lengths.sum(axis=1) >= 5000).all()
    assert starts.min() >= 0
    assert starts.max() < 5000


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    returns = 0.01 * np.random.default_rng(1).normal(size=500)
    first, again, other = (resample(returns, draws=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.sharpe, again.sharpe)
    np.testing.assert_array_equal(first.fan, again.fan)
    assert (first.sharpe != other.sharpe).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng, inside = np.random.default_rng(5), 0
    truth = 0.05 * np.sqrt(HOURS_A_YEAR)
    for k in range(60):
        low, high = resample(
            rng.normal(0.0005, 0.01, 1000), block=24.0, draws=200, seed=k
        ).interval("sharpe")
        inside += bool(low <= truth <= high)
    assert 48 <= inside <= 60


def test_returns_that_hang_together_need_blocks() -> None:
    """Drawn hour by hour, trends are cut up and the interval is too narrow."""
    rng = np.random.default_rng(3)
    returns = 0.001 * np.convolve(rng.normal(size=6000), np.ones(48), mode="valid")
    widths = []
    for block in (1.0, 336.0):
        low, high = resample(returns, block=block).interval("sharpe")
        widths.append(high - low)
    assert widths[1] > 3 * widths[0]


def test_an_account_that_lost_everything_and_one_that_never_moved() -> None:
    lost = resample(np.array([0.1, -1.0, 0.0, 0.0]), block=1.0, draws=200)
    assert lost.total_return.min() == -1.0
    assert lost.max_drawdown.max() == 1.0
    still = resample(np.zeros(100), draws=10)
    assert (still.total_return == 0.0).all()
    assert np.isnan(still.interval("sharpe")).all()
    # Twice the same return has no deviation either, whatever rounding makes of it.
    assert np.isnan(resample(np.full(1000, 0.1), draws=10).sharpe).all()


@pytest.mark.parametrize(
    ("returns", "options", "said"),
    [
        (np.zeros(1), {}, "at least two"),
        (np.array([0.0, np.nan]), {}, "finite"),
        (np.zeros(9), {"block": 0.5}, "at least 1"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    returns: Floats, options: dict[str, float], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        resample(returns, **options)  # type: ignore[arg-type]
