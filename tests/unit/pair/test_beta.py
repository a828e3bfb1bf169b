"""The hedge ratio against other authors' code, a plain twin, and what it may not know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.rolling import RollingOLS
from statsmodels.tools import add_constant
from tests.pair_market import masked

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.pair.beta import DIFFUSE, spread


def test_rolling_hedge_is_least_squares() -> None:
    close = masked(900, gaps=0).close
    found = spread(close, "rolling", 240)
    x, y = np.log(close).T
    fitted = RollingOLS(y, add_constant(x), window=240).fit()
    np.testing.assert_allclose(found.beta[239:], fitted.params[239:, 1], rtol=1e-7)
    assert np.isnan(found.beta[:179]).all()


def test_rolling_score_is_the_last_residual_over_the_standard_error() -> None:
    close = masked(500, gaps=0).close
    x, y = np.log(close[-240:]).T
    fitted = OLS(y, add_constant(x)).fit()
    wanted = fitted.resid[-1] / np.sqrt(fitted.mse_resid)
    assert spread(close, "rolling", 240).score[-1] == pytest.approx(wanted, rel=1e-6)


def plain_kalman(x: Floats, y: Floats, window: int) -> Floats:
    """The filter in matrices, as books write it."""
    state, cover = np.array([0.0, 1.0]), DIFFUSE * np.eye(2)
    found = np.full(len(x), np.nan)
    for t in range(len(x)):
        cover = cover + np.eye(2) / window**2
        if np.isnan(x[t]):
            continue
        look = np.array([1.0, x[t]])
        gain = cover @ look / (look @ cover @ look + 1.0)
        state = state + gain * (y[t] - look @ state)
        cover = (np.eye(2) - np.outer(gain, look)) @ cover
        found[t] = state[1]
    return found


def test_kalman_hedge_is_the_filter_in_matrices() -> None:
    close = masked(700).close
    x, y = (np.log(close) - np.log(close[0])).T
    found = spread(close, "kalman", 100).beta
    known = np.isfinite(found)
    assert known.sum() > 500
    np.testing.assert_allclose(found[known], plain_kalman(x, y, 100)[known], rtol=1e-6)


def test_a_pair_of_a_constant_ratio_has_that_hedge() -> None:
    btc = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 3000)))
    close = np.stack((btc, btc**1.3), axis=1)
    for method in ("rolling", "kalman"):
        found = spread(close, method, 240)
        np.testing.assert_allclose(found.beta[1000:], 1.3, atol=1e-3)
        assert np.nanmax(np.abs(found.move[1000:])) < 1e-3


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), cut=st.integers(400, 899))
def test_the_future_does_not_move_the_past(seed: int, cut: int) -> None:
    close = masked(900, seed).close
    for method in ("rolling", "kalman"):
        whole, part = spread(close, method, 240), spread(close[:cut], method, 240)
        for name in ("beta", "score", "move", "scale", "lead", "lead_scale"):
            np.testing.assert_array_equal(getattr(whole, name)[:cut], getattr(part, name))


def test_an_unknown_hedge_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no hedge 'ridge'; there are: rolling, kalman"):
        spread(masked(300).close, "ridge", 240)
