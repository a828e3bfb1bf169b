"""Edges of the distribution between the quantiles: atoms, gaps, nonsense."""

import numpy as np
import pytest

from barograph.core.errors import InputError
from barograph.core.levels import level_array
from barograph.metrics.distribution import cdf, moments, quantile

ASCENDING = np.linspace(-0.06, 0.06, 13)[None, :]


def test_a_point_forecast_at_zero_has_no_opinion() -> None:
    got = moments(np.zeros((1, 13)))
    assert (got.mean[0], got.vol[0], got.p_up[0]) == (0.0, 0.0, 0.5)


def test_a_point_forecast_is_a_step() -> None:
    q = np.full((3, 13), 0.02)
    assert cdf(q, np.array([0.01, 0.02, 0.03])).tolist() == [0.0, 0.5, 1.0]


def test_an_atom_counts_half() -> None:
    q = ASCENDING.copy()
    q[0, 4:7] = 0.0
    assert cdf(q, np.array([0.0]))[0] == pytest.approx((0.159 + 0.5) / 2)


def test_quantiles_are_met_at_their_levels() -> None:
    levels = level_array()
    assert quantile(ASCENDING, levels)[0] == pytest.approx(ASCENDING[0], abs=1e-15)
    q = np.repeat(ASCENDING, 13, axis=0)
    assert cdf(q, ASCENDING[0]) == pytest.approx(levels, abs=1e-12)


def test_an_unknown_row_or_value_is_unknown() -> None:
    q = np.concatenate([ASCENDING, ASCENDING])
    q[1, 3] = np.nan
    got = moments(q)
    assert np.isnan([got.mean[1], got.vol[1], got.p_up[1]]).all()
    assert np.isfinite([got.mean[0], got.vol[0], got.p_up[0]]).all()
    assert np.isnan(cdf(ASCENDING, np.array([np.nan])))[0]


def test_a_row_does_not_see_its_neighbours() -> None:
    q = np.sort(np.random.default_rng(4).normal(size=(50, 13)), axis=1)
    together = moments(q)
    for row in range(50):
        alone = moments(q[row : row + 1])
        assert together.mean[row] == pytest.approx(alone.mean[0], rel=1e-12)
        assert together.vol[row] == pytest.approx(alone.vol[0], rel=1e-12)
        assert together.p_up[row] == alone.p_up[0]


def test_no_rows_give_no_rows() -> None:
    assert moments(np.empty((0, 13))).mean.shape == (0,)


def test_other_levels_may_be_given() -> None:
    got = moments(np.array([[-1.0, 0.0, 1.0]]), np.array([0.1, 0.5, 0.9]))
    assert got.p_up[0] == 0.5


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match="cross on 1 rows, first on row 0"):
        moments(ASCENDING[:, ::-1])
    with pytest.raises(InputError, match=r"wanted \(n, 13\)"):
        moments(np.zeros((2, 12)))
    with pytest.raises(InputError, match="not ascending inside"):
        moments(np.zeros((2, 2)), np.array([0.5, 0.5]))
    with pytest.raises(InputError, match="wanted one per row"):
        cdf(ASCENDING, np.zeros(2))
    with pytest.raises(InputError, match=r"outside \(0, 1\)"):
        quantile(ASCENDING, np.array([1.0]))
