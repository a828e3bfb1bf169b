"""The hours between horizons: what is exact, what is monotone, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.unit.cone.cones import FLAT, HOURS, forecast, season

from barograph.cone.bands import PLACES, cone
from barograph.cone.season import seasons, weights
from barograph.core.errors import InputError
from barograph.core.levels import level_array
from barograph.core.time import HORIZONS
from barograph.core.types import Floats

MONDAY = np.array([24 * 365 * 54])
AHEAD = weights(season()[None], MONDAY)[0]


@given(seed=st.integers(0, 10_000), depth=st.floats(-1.5, 1.5))
@settings(max_examples=60, deadline=None)
def test_bands_are_the_forecast_at_horizons_and_ordered_between(seed: int, depth: float) -> None:
    quantiles = forecast(seed=seed)
    bands = cone(quantiles, HORIZONS, weights(season(depth)[None], MONDAY)[0])
    assert np.array_equal(bands[np.array(HORIZONS) - 1], quantiles), "to the last bit"
    assert np.all(np.diff(bands, axis=1) >= 0.0)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_every_distance_from_the_middle_runs_one_way_between_horizons(seed: int) -> None:
    """So a band neither bulges nor pinches between two hours that the model spoke of."""
    bands = np.vstack([np.zeros(13), cone(forecast(seed=seed), HORIZONS, AHEAD)])
    off = bands - bands[:, 6:7]
    for start, end in zip((0, *HORIZONS), HORIZONS, strict=False):
        steps = np.diff(np.column_stack([off, bands[:, 6]])[start : end + 1], axis=0)
        way = np.sign(steps.sum(axis=0))
        assert np.all(steps * way >= -1e-15)


def test_a_random_walk_is_drawn_exactly() -> None:
    """Normal quantiles at six horizons give the normal quantiles at all 168 hours."""
    z = stats.norm.ppf(level_array())
    hours = np.arange(1, HOURS + 1)[:, None]
    exact = 1e-4 * hours + 0.006 * np.sqrt(hours) * z
    known = exact[np.array(HORIZONS) - 1]
    np.testing.assert_allclose(cone(known, HORIZONS, FLAT), exact, rtol=0, atol=1e-14)


def test_the_cone_opens_in_the_hours_that_bring_variance() -> None:
    """Of a day with eight loud hours, nearly all the growth lies in these."""
    loud = np.where((np.arange(HOURS) >= 12) & (np.arange(HOURS) < 20), 9.0, 1.0)
    width = np.diff(cone(forecast(), HORIZONS, loud)[:, [4, 8]], axis=1)[:, 0] ** 2
    grown = np.diff(width[8:24])  # hours 9 to 24, between two horizons
    np.testing.assert_allclose(grown / grown.sum(), loud[9:24] / loud[8:24].sum(), rtol=0.2)
    assert grown[3:11].sum() > 7 * grown[11:].sum()


def test_many_forecasts_at_once_are_each_drawn_as_alone() -> None:
    rng = np.random.default_rng(3)
    many = np.stack([forecast(seed=seed) for seed in range(20)])
    ahead = np.exp(rng.normal(0.0, 0.5, (20, HOURS)))
    together = cone(many, HORIZONS, ahead)
    for row in range(20):
        assert np.array_equal(together[row], cone(many[row], HORIZONS, ahead[row]))
    np.testing.assert_array_equal(cone(many[:, :, PLACES], HORIZONS, ahead), together[..., PLACES])


def test_an_unknown_forecast_has_no_cone_and_harms_no_other() -> None:
    many = np.stack([forecast(), forecast()])
    many[0, 2, 5] = np.nan
    found = cone(many, HORIZONS, np.tile(FLAT, (2, 1)))
    assert np.isnan(found[0]).all()
    assert np.array_equal(found[1], cone(forecast(), HORIZONS, FLAT))


@pytest.mark.parametrize(
    ("quantiles", "horizons", "ahead", "words"),
    [
        (forecast()[:, ::-1], HORIZONS, FLAT, "cross"),
        (forecast(), HORIZONS, 0.0 * FLAT, "not a positive"),
        (forecast(), HORIZONS, FLAT * np.nan, "not a positive"),
        (forecast(), HORIZONS, FLAT[:24], "weights of shape"),
        (forecast()[:, :12], HORIZONS, FLAT, "an odd number"),
        (forecast()[:3], HORIZONS, FLAT, "wanted"),
        (forecast(), (1, 4, 4, 24, 72, 168), FLAT, "ascending"),
        (forecast()[:0], (), FLAT[:0], "ascending"),
    ],
)
def test_what_makes_no_cone_is_refused(
    quantiles: Floats, horizons: tuple[int, ...], ahead: Floats, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        cone(quantiles, horizons, ahead)


def test_the_season_is_learnt_from_the_past_and_read_ahead() -> None:
    """An hour twice as variable each day is known as such; weights look at the hours to come."""
    rng = np.random.default_rng(2)
    hours = np.arange(24 * 364 * 54, 24 * 364 * 54 + 4000)
    loud = np.where(hours % 24 == 15, 2.0, 1.0)
    variance = 1e-5 * loud * np.exp(rng.normal(0.0, 0.1, len(hours)))
    variance[1000:1020] = np.nan
    pattern = seasons(hours, variance)
    ahead = weights(pattern, hours, 48)
    row = 3900
    coming = hours[row] + np.arange(1, 49)
    usual = np.median(ahead[row])
    np.testing.assert_allclose(ahead[row] / usual, np.where(coming % 24 == 15, 2.0, 1.0), rtol=0.1)
    later = variance.copy()
    later[row + 1 :] *= 50.0
    assert np.array_equal(seasons(hours, later)[: row + 1], pattern[: row + 1])
    assert np.all(weights(pattern[:100], hours[:100]) == 1.0), "a first week knows no pattern"
    with pytest.raises(InputError, match="season"):
        weights(pattern[:5], hours[:6])
