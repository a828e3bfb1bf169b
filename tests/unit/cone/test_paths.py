"""Random paths: their distribution is the cone's, their dependence a random walk's."""

import numpy as np
import pytest
from scipy import stats
from tests.unit.cone.cones import FLAT, HOURS, forecast, season

from barograph.cone.bands import cone
from barograph.cone.paths import paths, variance_clock
from barograph.core.errors import InputError
from barograph.core.levels import level_array
from barograph.core.time import HORIZONS
from barograph.metrics.distribution import quantile

COUNT = 4000


@pytest.mark.parametrize("seed", [1, 2])
def test_sorted_paths_are_the_forecast_at_every_horizon_whatever_the_seed(seed: int) -> None:
    quantiles = forecast(seed=4)
    drawn = paths(quantiles, HORIZONS, np.exp(season()), COUNT, seed)
    levels = (np.arange(COUNT) + 0.5) / COUNT
    for place, horizon in enumerate(HORIZONS):
        exact = quantile(quantiles[place : place + 1], levels)[0]
        np.testing.assert_allclose(np.sort(drawn[:, horizon - 1]), exact, rtol=0, atol=1e-15)
        published = np.quantile(drawn[:, horizon - 1], level_array(), method="hazen")
        np.testing.assert_allclose(published, quantiles[place], atol=2e-4 * np.ptp(exact))


def test_sorted_paths_are_the_cone_at_every_hour() -> None:
    quantiles = forecast(seed=9)
    bands = cone(quantiles, HORIZONS, FLAT)
    drawn = paths(quantiles, HORIZONS, FLAT, COUNT)
    assert drawn.shape == (COUNT, HOURS)
    inside = (drawn >= bands[:, 4]) & (drawn <= bands[:, 8])
    np.testing.assert_allclose(inside.mean(axis=0), 0.682, atol=1.5 / COUNT)


def test_hours_depend_on_each_other_as_in_a_random_walk() -> None:
    """Of one volatility at all hours, ranks at s and t correlate as sqrt(s/t) says."""
    z = stats.norm.ppf(level_array())
    walk = 0.006 * np.sqrt(np.array(HORIZONS))[:, None] * z
    drawn = paths(walk, HORIZONS, FLAT, 20_000)
    for s, t in ((1, 4), (24, 48), (24, 168), (100, 101)):
        found = np.corrcoef(drawn[:, s - 1], drawn[:, t - 1])[0, 1]
        assert found == pytest.approx(np.sqrt(s / t), abs=0.015)


def test_steps_of_a_walk_are_uncorrelated() -> None:
    z = stats.norm.ppf(level_array())
    walk = 0.006 * np.sqrt(np.array(HORIZONS))[:, None] * z
    steps = np.diff(paths(walk, HORIZONS, FLAT, 20_000), axis=1)
    assert abs(np.corrcoef(steps[:, 30], steps[:, 31])[0, 1]) < 0.03


def test_the_same_seed_draws_the_same_paths() -> None:
    first, again, other = (paths(forecast(), HORIZONS, FLAT, 200, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_clock_never_stands_still_even_where_the_forecast_narrows() -> None:
    quantiles = forecast()
    quantiles[3] *= 0.1  # a day narrower than eight hours
    clock = variance_clock(cone(quantiles, HORIZONS, FLAT), FLAT)
    assert np.all(np.diff(clock) > 0.0)
    certain = np.zeros((HOURS, 13))
    assert np.all(np.diff(variance_clock(certain, FLAT)) > 0.0)


def test_paths_of_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        paths(forecast(), HORIZONS, FLAT, 1)
    unknown = forecast()
    unknown[0, 0] = np.nan
    with pytest.raises(InputError, match="unknown"):
        paths(unknown, HORIZONS, FLAT)
