"""A tilted distribution publishes the probability of a rise it was tilted to."""

import numpy as np
import pytest
from scipy.stats import norm

from barograph.calibration.tilt import tilt_shift
from barograph.core.levels import level_array
from barograph.core.types import Floats
from barograph.metrics.distribution import cdf


@pytest.fixture
def quantiles() -> Floats:
    """Skewed quantiles at six origins and two horizons."""
    rng = np.random.default_rng(3)
    shape = np.exp(0.3 * norm.ppf(level_array())) - 1.0
    made: Floats = 0.01 * shape * rng.uniform(0.5, 2.0, size=(6, 2, 1)) + 0.002 * rng.normal(
        size=(6, 2, 1)
    )
    return made


@pytest.mark.parametrize("wanted", [0.02, 0.3, 0.5, 0.531, 0.9, 0.98])
def test_the_moved_distribution_says_the_probability_asked_for(
    quantiles: Floats, wanted: float
) -> None:
    p_up = np.full((6, 2), wanted)
    moved = (quantiles + tilt_shift(quantiles, p_up)[:, :, None]).reshape(-1, 13)
    np.testing.assert_allclose(1 - cdf(moved, np.zeros(12)), wanted, atol=1e-9)


def test_a_probability_beyond_the_outer_levels_counts_as_theirs(quantiles: Floats) -> None:
    sure = tilt_shift(quantiles, np.full((6, 2), 0.9999))
    np.testing.assert_array_equal(sure, tilt_shift(quantiles, np.full((6, 2), 0.99)))


def test_what_is_unknown_stays_unknown(quantiles: Floats) -> None:
    quantiles[2] = np.nan
    p_up = np.full((6, 2), 0.5)
    p_up[4, 1] = np.nan
    shift = tilt_shift(quantiles, p_up)
    assert np.isnan(shift[2]).all()
    assert np.isnan(shift[4, 1])
    assert np.isfinite(np.delete(shift, 2, axis=0)).sum() == 9
