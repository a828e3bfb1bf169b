"""Reach of outcomes, and weekly factors that learn from what had matured."""

import numpy as np
from tests.unit.cone.cones import forecast

from barograph.calibration.seasonal import WEEK, hour_of_week
from barograph.cone.bands import PLACES, cone
from barograph.cone.recalibrate import NOMINAL, reach, relative_widths, weekly_factors
from barograph.core.types import Floats

HORIZONS = (1, 4, 8)
ROWS = 6000
HOURS = np.arange(460_000, 460_000 + ROWS)
WINDOW, LEAST = 3000, 1000


def market(bulge: float) -> tuple[Floats, Floats, Floats]:
    """Normal outcomes as forecast at horizons 1, 4 and 8, ``bulge`` times as wide at 2 and 3."""
    rng = np.random.default_rng(6)
    reached = np.abs(rng.normal(size=(ROWS, 8)))
    reached[:, 1:3] *= bulge
    limit = np.quantile(np.abs(rng.normal(size=400_000)), NOMINAL)
    both = np.stack([reached / limit[0], reached / limit[1]], axis=2)
    for t in range(8):
        both[ROWS - t - 1 :, t] = np.nan
    return both[..., :1], both[..., 1:], both


def test_reach_is_one_at_the_edge_of_the_band() -> None:
    """A price that ends exactly on the upper 1σ band has a reach of one."""
    quantiles = forecast()[:3]
    rows = 12
    many, ahead = np.tile(quantiles, (rows, 1, 1)), np.ones((rows, 8))
    bands = cone(quantiles[:, PLACES], HORIZONS, ahead[0])
    close = np.full(rows, 100.0)
    close[5] = 100.0 * np.exp(bands[4, 3])  # five hours after row 0, on the upper 1σ band
    close[7] = np.nan
    found = reach(many, HORIZONS, ahead, close)
    assert abs(found[0, 4, 0] - 1.0) < 1e-12
    assert found[0, 4, 1] < 1.0, "well inside the 2σ band"
    assert np.isnan(found[0, 6]).all(), "the bar is missing"
    assert np.isnan(found[7]).all(), "no origin without its bar"
    assert np.isnan(found[-1]).all(), "nothing has come yet"


def test_counting_reaches_is_counting_hits() -> None:
    rng = np.random.default_rng(1)
    rows = 3000  # more than a chunk
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.006, rows)))
    many, ahead = np.tile(forecast()[:3], (rows, 1, 1)), np.ones((rows, 8))
    found = reach(many, HORIZONS, ahead, close)
    bands = cone(forecast()[:3][:, PLACES], HORIZONS, ahead[0])
    for t in (1, 5, 8):
        came = np.log(close[t:] / close[:-t])
        for k, (low, high) in enumerate(((1, 3), (0, 4))):
            hits = (came >= bands[t - 1, low]) & (came <= bands[t - 1, high])
            assert np.array_equal(found[: rows - t, t - 1, k] <= 1.0, hits)


def test_factors_find_the_hours_whose_bands_are_too_narrow() -> None:
    *_, both = market(bulge=1.3)
    factors = weekly_factors(both, HOURS, HORIZONS, WINDOW, LEAST)
    late = factors[4000:]
    np.testing.assert_allclose(late[:, 1:3].mean(axis=(0, 2)), 1.3, rtol=0.05)
    np.testing.assert_allclose(late[:, 4:7].mean(axis=(0, 2)), 1.0, rtol=0.05)
    assert np.all(factors[:, [0, 3, 7]] == 1.0), "the model's own horizons are calibrated there"
    assert np.all(factors[:LEAST] == 1.0), "too little to learn from"
    held = both[4000:-8] <= late[:-8]
    np.testing.assert_allclose(held[:, 1:3].mean(axis=(0, 1)), NOMINAL, atol=0.03)


def test_factors_change_at_the_end_of_sunday_only() -> None:
    *_, both = market(bulge=1.3)
    factors = weekly_factors(both, HOURS, HORIZONS, WINDOW, LEAST)
    changed = np.flatnonzero(np.any(np.diff(factors, axis=0) != 0.0, axis=(1, 2))) + 1
    assert len(changed) > 20
    assert set(hour_of_week(HOURS[changed]).tolist()) == {WEEK - 1}


def test_factors_know_nothing_that_had_not_matured() -> None:
    *_, both = market(bulge=1.3)
    before = weekly_factors(both, HOURS, HORIZONS, WINDOW, LEAST)
    row = 4200
    for t in range(1, 9):
        both[row + 1 - t :, t - 1] = 99.0
    after = weekly_factors(both, HOURS, HORIZONS, WINDOW, LEAST)
    assert np.array_equal(before[: row + 1], after[: row + 1])
    assert not np.array_equal(before[row + 200 :], after[row + 200 :])


def test_a_line_between_horizons_is_no_news() -> None:
    """Widths that only drift from horizon to horizon are the model's matter, not the cone's."""
    needed = np.interp(np.arange(1, 9), HORIZONS, (1.0, 1.2, 0.9))[None]
    np.testing.assert_allclose(relative_widths(needed, HORIZONS), 1.0)
