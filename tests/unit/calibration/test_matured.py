"""Rolling quantiles against NumPy on every window, and their price in rows."""

import numpy as np
import pytest

from barograph.calibration.matured import (
    matured_conformal_quantiles,
    matured_mean,
    matured_quantiles,
)

LEVELS = np.array([0.0, 0.023, 0.25, 0.5, 0.9, 1.0])


@pytest.fixture
def outcomes() -> np.ndarray:
    made = np.random.default_rng(3).standard_t(3, size=(400, 2))
    made[::7, 0] = np.nan  # gaps
    made[100:260, 1] = np.nan  # a hole longer than the window
    return np.round(made, 1)  # and ties


@pytest.mark.parametrize(("window", "least"), [(1, 1), (2, 1), (50, 20), (399, 5)])
def test_every_row_is_numpys_quantile_of_the_matured_window(
    outcomes: np.ndarray, window: int, least: int
) -> None:
    horizons = (1, 5)
    found = matured_quantiles(outcomes, horizons, LEVELS, window, least)
    for k, lag in enumerate(horizons):
        for row in range(len(outcomes)):
            seen = outcomes[max(row - lag - window + 1, 0) : max(row - lag + 1, 0), k]
            seen = seen[np.isfinite(seen)]
            if len(seen) >= least:
                np.testing.assert_allclose(found[row, k], np.quantile(seen, LEVELS), atol=1e-15)
            else:
                assert np.isnan(found[row, k]).all()


@pytest.mark.parametrize(("window", "least"), [(1, 1), (50, 20), (399, 5)])
def test_every_row_is_the_conformal_rank_of_the_matured_window(
    outcomes: np.ndarray, window: int, least: int
) -> None:
    horizons, coverages = (1, 5), np.array([0.5, 0.8, 0.95 - 0.05, 0.98])
    found = matured_conformal_quantiles(outcomes, horizons, coverages, window, least)
    for k, lag in enumerate(horizons):
        for row in range(len(outcomes)):
            seen = outcomes[max(row - lag - window + 1, 0) : max(row - lag + 1, 0), k]
            seen = np.sort(seen[np.isfinite(seen)])
            for c, percent in enumerate((50, 80, 90, 98)):
                rank = -(-(len(seen) + 1) * percent // 100)  # rounded up, in whole numbers
                if len(seen) >= least and rank <= len(seen):
                    assert found[row, k, c] == seen[rank - 1]
                else:
                    assert np.isnan(found[row, k, c]), "too few for this coverage"


def test_the_mean_is_of_the_matured_window_only(outcomes: np.ndarray) -> None:
    found = matured_mean(outcomes, (1, 5), 30, 10)
    seen = outcomes[200 - 1 - 29 : 200, 0]
    assert found[200, 0] == pytest.approx(np.nanmean(seen), abs=1e-12)
    assert np.isnan(found[:5]).all()
