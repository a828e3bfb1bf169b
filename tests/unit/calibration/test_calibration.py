"""What calibration is for: nominal coverage on markets whose law is known, from the past alone."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from barograph.calibration.confidence import NAMES, confidence
from barograph.calibration.conformal import online_conformal
from barograph.calibration.cqr import conformal_quantile_regression
from barograph.calibration.debias import debias, matured_ratio
from barograph.calibration.filtered_historical import filtered_historical
from barograph.calibration.matured import matured_mean, matured_quantiles
from barograph.calibration.quantile_pool import pool_quantiles
from barograph.calibration.return_scale import online_return_scale
from barograph.calibration.shape import online_shape
from barograph.calibration.split_conformal import split_conformal
from barograph.calibration.variance_pool import pool_variances
from barograph.core.levels import level_array
from barograph.core.types import Floats

LEVELS = level_array()
ONE = np.array([1])


def coverage(quantiles: Floats, outcome: Floats) -> Floats:
    """Share of outcomes at or below each level's quantile, shape ``(13,)``."""
    known = np.isfinite(quantiles).all(axis=1) & np.isfinite(outcome)
    below: Floats = (outcome[known, None] <= quantiles[known]).mean(axis=0)
    return below


def normal_forecast(rows: int, scale: float = 1.0) -> Floats:
    """Quantiles of a normal law at every row, one horizon."""
    return np.broadcast_to(scale * norm.ppf(LEVELS), (rows, 1, 13)).copy()


@pytest.mark.parametrize("shift", [0.0, 0.4])
@pytest.mark.parametrize("width", [0.6, 1.0, 1.7])
def test_conformal_tracking_covers_in_the_long_run(shift: float, width: float) -> None:
    """However the forecast errs, and though it errs otherwise from half way on."""
    rows = 40_000
    rng = np.random.default_rng(4)
    outcome = width * rng.normal(size=(rows, 1)) + shift
    outcome[rows // 2 :] = 2 - outcome[rows // 2 :]
    forecast, scale = normal_forecast(rows), np.ones((rows, 1))
    found, _ = online_conformal(forecast, scale, outcome, ONE, LEVELS, gain=0.03)
    error = np.abs(coverage(found[:, 0], outcome[:, 0]) - LEVELS)
    assert error.max() < 0.01
    assert np.abs(coverage(forecast[:, 0], outcome[:, 0]) - LEVELS).max() > 0.1, "there was work"


def test_conformal_error_is_bounded_as_the_theorem_says() -> None:
    """Gibbs & Candes: the mean error is at most (largest correction + gain) / (gain n)."""
    rows, gain = 5000, 0.02
    outcome = 1.5 * np.random.default_rng(8).normal(size=(rows, 1))
    forecast, scale = normal_forecast(rows), np.ones((rows, 1))
    found, state = online_conformal(forecast, scale, outcome, ONE, LEVELS, gain=gain)
    error = np.abs(coverage(found[:-1, 0], outcome[:-1, 0]) - LEVELS)
    np.testing.assert_allclose(
        error, np.abs(state.theta[0]) / gain / (rows - 1), rtol=0.2, atol=2e-3
    )


def test_cells_are_widened_apart_and_never_shifted() -> None:
    """Outcomes are wider in one session than the forecast knows: its cell learns that alone."""
    rows = 30_000
    cells = np.stack([np.arange(rows) % 2], axis=1)
    wide = np.where(cells == 1, 2.0, 1.0)
    outcome = wide * np.random.default_rng(4).normal(size=(rows, 1))
    found, state = online_conformal(
        normal_forecast(rows), np.ones((rows, 1)), outcome, ONE, LEVELS, cells, 0.003, 0.01
    )
    late = np.arange(rows) > rows // 2
    for cell in (0, 1):
        mine = late & (cells[:, 0] == cell)
        error = np.abs(coverage(found[mine, 0], outcome[mine, 0]) - LEVELS)
        assert error.max() < 0.02
    np.testing.assert_allclose(state.spread, -state.spread[:, :, ::-1], atol=1e-12)


def test_the_return_scale_learns_a_known_factor() -> None:
    """Returns are normal with 1.3 times the base, 1.6 times that where a regressor is one."""
    rows = 30_000
    rng = np.random.default_rng(1)
    base = 0.5 * rng.normal(size=(rows, 1))
    flag = (np.arange(rows) % 7 == 0).astype(float)
    true = base[:, 0] + np.log(1.3) + np.log(1.6) * flag
    outcome = (np.exp(true) * rng.normal(size=rows))[:, None]
    common = np.column_stack([np.ones(rows), flag])
    none = np.zeros((rows, 1, 0))
    _, state = online_return_scale(base, common, none, outcome, ONE, np.array([1.0, 1.0]), 1e6)
    # E|N(0, 1)| is 0.798, the law's unit 0.75: the intercept takes up the difference.
    wanted = [np.log(1.3) + np.log(np.sqrt(2 / np.pi) / 0.75), np.log(1.6)]
    np.testing.assert_allclose(state.weights[0], wanted, atol=0.03)


def test_a_tight_prior_leaves_the_base_alone() -> None:
    rng = np.random.default_rng(1)
    outcome = 3 * rng.normal(size=(500, 1))
    base, ones, none = np.zeros((500, 1)), np.ones((500, 1)), np.zeros((500, 1, 0))
    found, _ = online_return_scale(base, ones, none, outcome, ONE, np.array([1e-9]))
    assert np.abs(found).max() < 1e-5


def garch_market(rows: int) -> tuple[Floats, Floats]:
    """Returns of a GARCH(1,1) with heavy tails, and its true variance."""
    rng = np.random.default_rng(9)
    variance, returns = np.ones(rows), np.zeros(rows)
    shocks = rng.standard_t(5, size=rows) / np.sqrt(5 / 3)
    for i in range(1, rows):
        variance[i] = 0.03 + 0.07 * returns[i - 1] ** 2 + 0.9 * variance[i - 1]
        returns[i] = np.sqrt(variance[i]) * shocks[i]
    return returns, variance


def test_filtered_historical_quantiles_cover_a_garch_market_calm_or_not() -> None:
    returns, variance = garch_market(25_000)
    ahead, outcome = variance[1:, None], returns[1:, None]
    found = filtered_historical(ahead, outcome, (1,), window=8000)
    assert np.isnan(found[:1000]).all(), "an eighth of the window must have matured"
    for part in (ahead[:, 0] > 0, ahead[:, 0] > 1.2, ahead[:, 0] < 0.8):
        error = np.abs(coverage(found[part, 0], outcome[part, 0]) - LEVELS)
        assert error.max() < 0.02
    unscaled = matured_quantiles(outcome, (1,), LEVELS, 8000, 1000)
    calm = ahead[:, 0] < 0.6
    assert coverage(unscaled[calm, 0], outcome[calm, 0])[1] < 0.010, "what filtering is for"


def test_the_online_shape_covers_too() -> None:
    returns, variance = garch_market(25_000)
    scale = np.sqrt(variance[1:, None])
    found, _ = online_shape(returns[1:, None] / scale, ONE, LEVELS)
    error = np.abs(coverage((found * scale[:, :, None])[:, 0], returns[1:]) - LEVELS)
    assert error.max() < 0.01


def test_debiasing_takes_a_constant_factor_out() -> None:
    rng = np.random.default_rng(3)
    forecast = -9 + 0.5 * rng.normal(size=(20_000, 1))
    outcome = forecast + np.log(1.7) + 0.5 * rng.normal(size=(20_000, 1))
    ratio = np.exp(outcome - forecast).mean()
    found = debias(forecast, outcome, ONE, lognormal=False, half_life=1e6)
    assert found[-1, 0] - forecast[-1, 0] == pytest.approx(np.log(ratio), abs=0.03)
    plain = matured_ratio(np.exp(forecast), np.exp(outcome), (1,), half_life=1e6)
    assert plain[-1, 0] == pytest.approx(ratio, rel=1e-3)


ROWS = 1200
HORIZONS = (1, 24)
HOURS = np.array(HORIZONS)
RNG = np.random.default_rng(21)
BASE = -9 + 0.3 * RNG.normal(size=(ROWS, 2))
SCALE = np.exp(0.5 * BASE)
OUTCOME = SCALE * RNG.standard_t(5, size=(ROWS, 2))
ISSUED = SCALE[:, :, None] * norm.ppf(LEVELS)
EXPERTS = np.stack([0.8 * ISSUED, 1.3 * ISSUED], axis=2)
ONES, NONE = np.ones((ROWS, 1)), np.zeros((ROWS, 2, 0))

LEARNERS: dict[str, Callable[[Floats], Floats]] = {
    "matured_quantiles": lambda r: matured_quantiles(r, HORIZONS, LEVELS, 300, 50),
    "matured_mean": lambda r: matured_mean(r, HORIZONS, 300, 50),
    "matured_ratio": lambda r: matured_ratio(SCALE**2, r**2, HORIZONS),
    "filtered_historical": lambda r: filtered_historical(SCALE**2, r, HORIZONS, 400),
    "debias": lambda r: debias(BASE, np.log(r**2), HOURS, True),
    "pool_variances": lambda r: pool_variances(
        np.stack([BASE, BASE + 1]), np.log(r**2), HOURS, tolerance=1.0, trim=9.0
    )[0],
    "online_shape": lambda r: online_shape(r / SCALE, HOURS, LEVELS, min_rows=50)[0],
    "online_return_scale": lambda r: online_return_scale(
        0.5 * BASE, ONES, NONE, r, HOURS, np.array([1.0])
    )[0],
    "pool_quantiles": lambda r: pool_quantiles(EXPERTS, r, HOURS, LEVELS, np.ones(2))[0],
    "split_conformal": lambda r: split_conformal(SCALE, r, HORIZONS, LEVELS, 300, 60),
    "conformal_quantile_regression": lambda r: conformal_quantile_regression(
        ISSUED, r, HORIZONS, LEVELS, 300, 60
    ),
    "online_conformal": lambda r: online_conformal(ISSUED, SCALE, r, HOURS, LEVELS)[0],
}


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("now", [500, 1100])
def test_an_outcome_is_never_read_before_it_matures(name: str, now: int) -> None:
    """Outcomes still open at a row are changed: answers up to the row stay, later ones move."""
    still_open = np.arange(ROWS)[:, None] + HOURS[None, :] > now
    other = np.where(still_open, -7.0 * OUTCOME + 0.01, OUTCOME)
    learner = LEARNERS[name]
    before, after = learner(OUTCOME), learner(other)
    np.testing.assert_array_equal(before[: now + 1], after[: now + 1])
    for k, h in enumerate(HORIZONS):
        soon = slice(now + 1, now + 13)  # the first of them mature at the next row
        assert not np.array_equal(before[soon, k], after[soon, k]), f"learns nothing at {h} h"


@pytest.mark.parametrize("name", LEARNERS)
def test_unknown_outcomes_teach_nothing(name: str) -> None:
    """Answers to a past without outcomes are those to no past: no NaN spreads."""
    unknown = OUTCOME.copy()
    unknown[300:330] = np.nan
    found = LEARNERS[name](unknown)
    assert np.isfinite(found[600:]).all()


def test_confidence_is_what_its_definition_says() -> None:
    """With a good record, the width against its own past decides."""
    rows = 6000
    rng = np.random.default_rng(6)
    outcome = rng.normal(size=(rows, 1))
    half = 0.95 + 0.2 * rng.random(size=(rows, 1))
    half[-3:, 0] = [0.97, 1.5, 1.1]  # narrower than usual, wider than ever, in between
    grade = confidence(-half, half, outcome, (1,))
    names = [NAMES[g] for g in grade[:, 0]]
    assert names[0] == names[700] == "medium", "too little history to say"
    assert names[-3:] == ["high", "low", "medium"]


@pytest.mark.parametrize(("factor", "wanted"), [(1.0, "high"), (1.12, "medium"), (1.6, "low")])
def test_confidence_follows_the_record(factor: float, wanted: str) -> None:
    """The same narrow interval, held as often as it says, a little off, and far off."""
    rows = 8000
    outcome = np.random.default_rng(6).normal(size=(rows, 1))
    half = np.full((rows, 1), factor)
    half[-1] *= 0.999
    assert NAMES[int(confidence(-half, half, outcome, (1,))[-1, 0])] == wanted


def test_no_forecast_is_graded_medium() -> None:
    nothing = np.full((10, 2), np.nan)
    assert np.all(confidence(nothing, nothing, nothing, (1, 24)) == 1)
