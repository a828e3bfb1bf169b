"""Split conformal and conformalised quantile regression: what they promise, and their laws."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from barograph.calibration.cqr import conformal_quantile_regression
from barograph.calibration.split_conformal import split_conformal
from barograph.core.levels import level_array
from barograph.core.types import Bools, Floats

LEVELS = level_array()
ROWS = 24_000
HORIZONS = (1, 24)
RNG = np.random.default_rng(5)

LOG_SCALE = np.zeros((ROWS, 1))
for row, shock in enumerate(RNG.normal(size=ROWS - 1), start=1):
    LOG_SCALE[row] = 0.99 * LOG_SCALE[row - 1] + 0.08 * shock
SCALE = np.repeat(np.exp(LOG_SCALE), 2, axis=1)
OUTCOME = SCALE * RNG.standard_t(4, size=(ROWS, 2))
NORMAL = 0.6 * SCALE[:, :, None] * norm.ppf(LEVELS)  # too narrow, and its tails too thin

METHODS: dict[str, Callable[[Floats, Floats, int], Floats]] = {
    "split": lambda scale, outcome, window: split_conformal(
        scale, outcome, HORIZONS, LEVELS, window, 100
    ),
    "cqr": lambda scale, outcome, window: conformal_quantile_regression(
        0.6 * scale[:, :, None] * norm.ppf(LEVELS), outcome, HORIZONS, LEVELS, window, 100
    ),
}


def covered(quantiles: Floats, outcome: Floats, some: Bools) -> Floats:
    """Share of outcomes inside each of the six central intervals, both horizons together."""
    known = np.isfinite(quantiles).all(axis=-1) & np.isfinite(outcome) & some
    inside = (quantiles[..., :6] <= outcome[..., None]) & (
        outcome[..., None] <= quantiles[..., :6:-1]
    )
    share: Floats = inside[known].mean(axis=0)
    return share


NOMINAL = LEVELS[:6:-1] - LEVELS[:6]


@pytest.mark.parametrize("name", METHODS)
def test_intervals_hold_as_often_as_they_say_calm_or_not(name: str) -> None:
    """Volatility moves by a factor of ten: because scores are relative, each part is covered."""
    found = METHODS[name](SCALE, OUTCOME, 8000)
    for part in (SCALE > 0, SCALE > 1.5, SCALE < 0.7):
        assert np.abs(covered(found, OUTCOME, part) - NOMINAL).max() < 0.015
    assert np.abs(covered(NORMAL, OUTCOME, SCALE > 0) - NOMINAL).max() > 0.1, "there was work"


@pytest.mark.parametrize("name", METHODS)
def test_the_finite_sample_rank_covers_even_with_few_scores(name: str) -> None:
    """With 100 scores a plain quantile of the 98 % interval falls short; this one may not."""
    found = METHODS[name](SCALE, OUTCOME, 100)
    share = covered(found, OUTCOME, SCALE > 0)
    assert np.all(share > NOMINAL - 0.005)
    assert np.all(share < NOMINAL + 1 / 101 + 0.005)


@pytest.mark.parametrize("name", METHODS)
def test_a_drift_of_the_law_is_forgotten(name: str) -> None:
    outcome = OUTCOME.copy()
    outcome[ROWS // 2 :] *= 2
    found = METHODS[name](SCALE, outcome, 2000)
    late = np.repeat(np.arange(ROWS)[:, None] > ROWS // 2 + 2100, 2, axis=1)
    assert np.abs(covered(found, outcome, late) - NOMINAL).max() < 0.02


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("now", [120, 150, 3000])
def test_cutting_history_off_changes_no_answer_before(name: str, now: int) -> None:
    whole = METHODS[name](SCALE[:4000], OUTCOME[:4000], 500)
    cut = METHODS[name](SCALE[: now + 1], OUTCOME[: now + 1], 500)
    np.testing.assert_array_equal(cut, whole[: now + 1])


@pytest.mark.parametrize("name", METHODS)
def test_answers_begin_when_enough_has_matured(name: str) -> None:
    found = METHODS[name](SCALE[:300], OUTCOME[:300], 500)
    for k, h in enumerate(HORIZONS):
        first = 100 + h - 1  # the hundredth outcome, of row 99, is known here
        assert np.isnan(found[:first, k]).all()
        assert np.isfinite(found[first:, k]).all()


@pytest.mark.parametrize("name", METHODS)
def test_quantiles_never_cross(name: str) -> None:
    found = METHODS[name](SCALE[:3000], OUTCOME[:3000], 200)
    assert np.nanmin(np.diff(found, axis=-1)) >= 0


@pytest.mark.parametrize("name", METHODS)
def test_too_few_scores_for_the_widest_interval_is_no_answer(name: str) -> None:
    """A 98 % interval needs 49 scores, however few are allowed: no infinite or cut-off one."""
    scale, outcome = SCALE[:200], OUTCOME[:200]
    if name == "split":
        found = split_conformal(scale, outcome, HORIZONS, LEVELS, 500, 1)
    else:
        found = conformal_quantile_regression(NORMAL[:200], outcome, HORIZONS, LEVELS, 500, 1)
    assert np.isnan(found[:49, 0]).all()
    assert np.isfinite(found[49:, 0]).all()


@pytest.mark.parametrize("name", METHODS)
def test_unknown_values_leave_no_score_and_spread_nowhere(name: str) -> None:
    """Rows without a scale have no answer; for every other row they might not have been."""
    scale, outcome = SCALE[:2000].copy(), OUTCOME[:2000].copy()
    outcome[700:720] = np.nan
    whole = METHODS[name](scale, outcome, 300)
    other = scale.copy()
    other[700:720] = np.nan
    found = METHODS[name](other, outcome, 300)
    assert np.isnan(found[700:720]).all()
    np.testing.assert_array_equal(found[720:], whole[720:])
    assert np.isfinite(found[200:700]).all()
    assert np.isfinite(found[720:]).all()


def test_cqr_keeps_the_median_and_a_forecast_that_is_right() -> None:
    outcome = RNG.normal(size=(12_000, 2))
    right = np.broadcast_to(norm.ppf(LEVELS), (12_000, 2, 13)) + 0.0
    found = conformal_quantile_regression(right, outcome, HORIZONS, LEVELS, 8000)
    late = found[9000:]
    assert np.all(late[..., 6] == 0.0)
    assert np.abs(late - right[9000:]).max() < 0.12
    skewed = right + 0.5  # a shift is not its to mend: intervals widen about their own middle
    moved = conformal_quantile_regression(skewed, outcome, HORIZONS, LEVELS, 8000)
    np.testing.assert_allclose(moved[9000:, :, 5] + moved[9000:, :, 7], 1.0, atol=1e-9)


def test_cqr_sorts_pairs_that_come_to_cross() -> None:
    """Two humps: the inner pair widens past the outer one's own reach."""
    sign = np.where(RNG.random((6000, 2)) < 0.5, -1.0, 1.0)
    outcome = sign * (2 + 0.01 * RNG.random((6000, 2)))
    found = conformal_quantile_regression(
        np.broadcast_to(np.linspace(-1, 1, 13), (6000, 2, 13)) + 0.0, outcome, HORIZONS, LEVELS
    )
    late = found[2000:]
    assert np.diff(late, axis=-1).min() >= 0
    assert late[..., 7].min() > 1.9
