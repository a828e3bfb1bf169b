"""The tests of significance against statsmodels, arch, and what chance itself does."""

import numpy as np
import pytest
import statsmodels.api as sm
from arch.bootstrap import MCS
from scipy import stats

from barograph.core.types import Floats
from barograph.evaluation.significance import (
    bandwidth,
    diebold_mariano,
    harvey_factor,
    long_run_variance,
    mean_test,
    skill,
)
from barograph.evaluation.significance_set import SIZE, blocked, confidence_set


def overlapping(rng: np.random.Generator, n: int, horizon: int) -> Floats:
    noise = rng.normal(size=n + horizon - 1)
    return np.convolve(noise, np.ones(horizon), "valid")


@pytest.mark.parametrize("lags", [0, 1, 23, 71])
def test_long_run_variance_against_statsmodels(lags: int) -> None:
    values = overlapping(np.random.default_rng(5), 800, 24)
    fit = sm.OLS(values, np.ones(800)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    ours = long_run_variance(values, np.arange(800), lags) / 800
    assert ours == pytest.approx(fit.bse[0] ** 2, rel=1e-10)


def test_diebold_mariano_against_statsmodels_and_the_papers_correction() -> None:
    rng = np.random.default_rng(6)
    n, horizon = 700, 12
    loss, baseline = overlapping(rng, n, horizon) ** 2, overlapping(rng, n, horizon) ** 2
    lags = {"maxlags": bandwidth(n, horizon)}
    fit = sm.OLS(loss - baseline, np.ones(n)).fit(cov_type="HAC", cov_kwds=lags)
    factor = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    ours = diebold_mariano(loss, baseline, np.arange(n), horizon)
    assert harvey_factor(n, horizon) == pytest.approx(factor)
    assert ours.statistic == pytest.approx(fit.tvalues[0] * factor, rel=1e-9)
    assert ours.p_value == pytest.approx(2 * stats.t.sf(abs(ours.statistic), n - 1), rel=1e-9)
    reach = stats.t.ppf(0.975, n - 1) * abs(ours.value / ours.statistic)
    assert ours.ci_high - ours.value == pytest.approx(reach, rel=1e-9)


def test_one_step_ahead_without_dependence_is_close_to_the_t_test() -> None:
    values = np.random.default_rng(7).normal(0.05, 1.0, 4000)
    ours = mean_test(values, np.arange(4000), 1)
    assert ours.statistic == pytest.approx(stats.ttest_1samp(values, 0.0).statistic, rel=0.15)


def test_equal_models_are_rejected_about_as_often_as_promised() -> None:
    rng = np.random.default_rng(8)
    hours = np.arange(3000)
    rejected = [mean_test(overlapping(rng, 3000, 24), hours, 24).p_value < 0.05 for _ in range(400)]
    assert 0.03 < np.mean(rejected) < 0.10


def test_the_interval_of_the_skill_holds_the_truth_about_as_often_as_promised() -> None:
    rng = np.random.default_rng(9)
    hours = np.arange(2000)
    hits = 0
    for _ in range(300):
        common = overlapping(rng, 2000, 8) ** 2
        loss = 0.9 * common + 0.1 * overlapping(rng, 2000, 8) ** 2
        result = skill(0.95 * loss, common, hours, 8)
        hits += result.ci_low <= 0.05 <= result.ci_high
    assert 0.90 <= hits / 300 <= 0.985


def test_the_confidence_set_is_archs_on_the_blocked_losses() -> None:
    rng = np.random.default_rng(10)
    hours = np.arange(24 * 60)
    losses = rng.gamma(2.0, 1.0, (len(hours), 1)) + rng.normal(0.0, 0.5, (len(hours), 5))
    losses += np.array([0.0, 0.0, 0.05, 0.1, 0.5])
    blocks = blocked(losses, hours, 24)
    theirs = MCS(blocks, SIZE, reps=1000, block_size=4, method="R", seed=3)
    theirs.compute()
    ours = confidence_set(losses, hours, 1, seed=3)
    assert sorted(np.flatnonzero(ours > SIZE)) == theirs.included
    assert 0 in theirs.included
    assert 4 not in theirs.included
    assert blocks.mean(axis=0) == pytest.approx(losses.mean(axis=0), rel=1e-12)
