"""Split conformal and conformalised quantile regression against loops over rows in NumPy."""

import numpy as np
import pytest

from barograph.calibration.cqr import conformal_quantile_regression
from barograph.calibration.split_conformal import split_conformal
from barograph.core.types import Floats

ROWS = 300
HORIZONS = (1, 5)
LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
PAIRS = ((0, 4, 0.9), (1, 3, 0.5))
WINDOW, LEAST = 80, 25


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(17)


def with_gaps(values: Floats, rng: np.random.Generator) -> Floats:
    return np.where(rng.random(values.shape) < 0.05, np.nan, values)


def conformal_quantile(scores: Floats, row: int, horizon: int, coverage: float) -> float:
    """The ``ceil((m + 1) c)``-th smallest of the scores known at a row."""
    seen = scores[max(row - horizon - WINDOW + 1, 0) : max(row - horizon + 1, 0)]
    seen = np.sort(seen[np.isfinite(seen)])
    rank = int(np.ceil(round((len(seen) + 1) * coverage, 6)))
    return float(seen[rank - 1]) if len(seen) >= LEAST and rank <= len(seen) else np.nan


def test_split_conformal_is_a_rank_of_standardised_returns(rng: np.random.Generator) -> None:
    scale = with_gaps(np.exp(0.4 * rng.normal(size=(ROWS, 2))), rng)
    scale[40] = 0.0  # no scale: no score, no forecast
    outcome = with_gaps(rng.normal(size=(ROWS, 2)), rng)
    found = split_conformal(scale, outcome, HORIZONS, LEVELS, WINDOW, LEAST)
    for k, h in enumerate(HORIZONS):
        with np.errstate(divide="ignore"):
            ratio = np.abs(outcome[:, k]) / scale[:, k]
        scores = np.where(np.isfinite(ratio), ratio, np.nan)
        for i in range(ROWS):
            wide, narrow = (conformal_quantile(scores, i, h, c) for _, _, c in PAIRS)
            usable = scale[i, k] if scale[i, k] > 0 else np.nan
            half = usable * np.array([-wide, -narrow, 0.0, narrow, wide])
            wanted = half if np.isfinite(half).all() else np.full(5, np.nan)
            np.testing.assert_allclose(found[i, k], wanted, rtol=1e-12)


def test_cqr_is_a_rank_of_how_far_outcomes_fell_outside(rng: np.random.Generator) -> None:
    forecast = np.sort(rng.normal(size=(ROWS, 2, 5)), axis=-1)
    forecast[60:70, 0, 1] = np.nan
    forecast[80:90, 1, 4] = forecast[80:90, 1, 0]  # no width, so no score
    forecast[80:90].sort(axis=-1)
    outcome = with_gaps(1.5 * rng.normal(size=(ROWS, 2)), rng)
    found = conformal_quantile_regression(forecast, outcome, HORIZONS, LEVELS, WINDOW, LEAST)
    for k, h in enumerate(HORIZONS):
        wanted = forecast[:, k].copy()
        for low, high, coverage in PAIRS:
            scores = np.full(ROWS, np.nan)
            for j in range(ROWS):
                q, y = forecast[j, k], outcome[j, k]
                if np.isfinite(q).all() and q[high] > q[low]:
                    scores[j] = max(q[low] - y, y - q[high]) / (q[high] - q[low])
            for i in range(ROWS):
                q = forecast[i, k]
                step = conformal_quantile(scores, i, h, coverage) * (q[high] - q[low])
                wanted[i, low], wanted[i, high] = q[low] - step, q[high] + step
        wanted[~np.isfinite(wanted).all(axis=1)] = np.nan
        np.testing.assert_allclose(found[:, k], np.sort(wanted, axis=1), rtol=1e-12, atol=1e-12)
