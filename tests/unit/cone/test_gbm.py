"""The Brownian engine: Monte Carlo against its closed form, and one unit of time."""

import numpy as np
import pytest
from scipy import stats
from tests.unit.cone.cones import forecast

from barograph.cone.bands import BANDS
from barograph.cone.gbm import PATHS, Gbm, brownian, from_quantiles
from barograph.cone.regimes import MEASURED, NONE, PRIOR, Adjustment, adjustment
from barograph.core.errors import InputError
from barograph.core.levels import level_array
from barograph.features.regime import REGIMES

HOURLY = Gbm(drift=1e-4, vol=0.006)


def test_ten_thousand_paths_come_close_to_the_closed_form() -> None:
    """Within four standard errors of a sample quantile, at every hour and band."""
    hours = np.arange(1, 169)[:, None]
    spread = HOURLY.vol * np.sqrt(hours)
    p = np.array(BANDS)
    error = np.sqrt(p * (1 - p) / PATHS) / stats.norm.pdf(stats.norm.ppf(p)) * spread
    off = np.abs(HOURLY.bands(168) - HOURLY.closed_form(168))
    assert np.all(off < 4.0 * error)
    assert np.any(off > 0.0), "a sample is not the law"


def test_bands_are_the_quantiles_of_the_paths() -> None:
    """Drawing standard paths once and moving them gives the Monte Carlo answer itself."""
    drawn = HOURLY.paths(48, 500, seed=3)
    found = np.quantile(drawn, BANDS, axis=0).T
    np.testing.assert_allclose(HOURLY.bands(48, count=500, seed=3), found, rtol=0, atol=1e-15)


def test_the_expected_price_grows_by_the_drift() -> None:
    """The half variance is what keeps a volatile price from growing on average."""
    day = HOURLY.paths(24, 200_000)[:, -1]
    error = np.exp(day).std() / np.sqrt(len(day))
    assert np.exp(day).mean() == pytest.approx(np.exp(24 * HOURLY.drift), abs=4 * error)
    assert HOURLY.closed_form(24, (0.5,))[-1, 0] == pytest.approx(24 * HOURLY.trend, abs=1e-15)


def test_a_day_of_hours_has_the_volatility_of_a_day() -> None:
    """One unit of time: 24 hourly steps of vol are sqrt(24) vol, and nothing else is a day."""
    low, high = HOURLY.closed_form(24, (0.159, 0.841))[-1]
    assert (high - low) / 2 == pytest.approx(0.006 * np.sqrt(24) * stats.norm.ppf(0.841))


def test_moments_of_the_forecast_come_back() -> None:
    z = stats.norm.ppf(level_array())
    quantiles = 0.001 + 0.03 * z
    found = from_quantiles(quantiles, 24, NONE)
    assert 24 * found.trend == pytest.approx(0.001, abs=1e-12)
    assert found.vol * np.sqrt(24) == pytest.approx(0.03, rel=0.005)


def test_a_regime_stretches_volatility_and_moves_the_median_by_days() -> None:
    plain = from_quantiles(forecast()[3], 24, NONE)
    moved = from_quantiles(forecast()[3], 24, Adjustment(vol=2.0, drift=-1.0))
    assert moved.vol == pytest.approx(2.0 * plain.vol)
    day_sigma = plain.vol * np.sqrt(24)
    assert 24 * moved.trend == pytest.approx(24 * plain.trend - day_sigma)


def test_every_regime_has_a_prior_and_a_measured_adjustment() -> None:
    assert set(PRIOR) == set(MEASURED) == set(REGIMES)
    assert adjustment("panic", PRIOR) == Adjustment(vol=2.0, drift=-1.0)
    assert adjustment("unknown") == NONE


def test_paths_are_drawn_by_their_seed() -> None:
    assert np.array_equal(brownian(10, 5, 1), brownian(10, 5, 1))
    assert not np.array_equal(brownian(10, 5, 1), brownian(10, 5, 2))


@pytest.mark.parametrize(("drift", "vol"), [(np.nan, 0.01), (0.0, -0.01), (0.0, np.inf)])
def test_no_motion_without_numbers(drift: float, vol: float) -> None:
    with pytest.raises(InputError, match="Brownian"):
        Gbm(drift, vol)
