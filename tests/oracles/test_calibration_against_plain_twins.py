"""Compiled kernels of calibration against readable twins in NumPy and pandas.

The twins are written for reading, a loop over rows and the whole known past at every row; the
kernels must give the same numbers, to rounding.
"""

import numpy as np
import pandas as pd
import pytest

from barograph.calibration.conformal import online_conformal
from barograph.calibration.debias import debias, matured_ratio
from barograph.calibration.filters import REBUILD, exponential_mean, garch_filter, trailing_mean
from barograph.calibration.quantile_pool import pool_quantiles
from barograph.calibration.return_scale import online_return_scale
from barograph.calibration.seasonal import (
    hour_of_week,
    hour_of_week_seasonal,
    seasonal_ahead,
)
from barograph.calibration.shape import EDGES, half_lives, online_shape, quantiles
from barograph.calibration.variance_pool import pool_variances
from barograph.core.types import Floats, Ints

ROWS = 400
HORIZONS = np.array([1, 5])
LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def with_gaps(values: Floats, rng: np.random.Generator, share: float = 0.05) -> Floats:
    return np.where(rng.random(values.shape) < share, np.nan, values)


@pytest.mark.parametrize("adjust", [True, False])
@pytest.mark.parametrize("half_life", [3.0, 48.0])
def test_exponential_means_are_pandas_ewm(
    rng: np.random.Generator, adjust: bool, half_life: float
) -> None:
    values = with_gaps(rng.normal(size=ROWS), rng)
    values[:3] = np.nan
    ewm = pd.Series(values).ewm(halflife=half_life, adjust=adjust, ignore_na=True)
    found = exponential_mean(values, half_life, adjust=adjust)
    np.testing.assert_allclose(found, ewm.mean().to_numpy(), rtol=1e-10)


@pytest.mark.parametrize(("window", "coverage"), [(1, 0.5), (24, 0.5), (24, 1.0), (168, 0.6)])
def test_trailing_mean_is_a_mean_of_a_slice(
    rng: np.random.Generator, window: int, coverage: float
) -> None:
    rows = REBUILD + 300  # over the row where the running sum is added up afresh
    values = with_gaps(1e3 + rng.normal(size=rows), rng, 0.1)
    found = trailing_mean(values, window, coverage)
    for i in [*range(200), *range(REBUILD - 50, rows)]:
        seen = values[max(i - window + 1, 0) : i + 1]
        seen = seen[np.isfinite(seen)]
        if np.isfinite(values[i]) and len(seen) >= coverage * window:
            assert found[i] == pytest.approx(seen.mean(), rel=1e-12)
        else:
            assert np.isnan(found[i])


def test_garch_filter_is_the_recursion_and_waits_in_gaps(rng: np.random.Generator) -> None:
    squares = with_gaps(rng.normal(size=ROWS) ** 2, rng)
    omega, alpha, beta, level = 0.05, 0.08, 0.9, 1.0
    for i, found in enumerate(garch_filter(squares, omega, alpha, beta, level)):
        square = squares[i] if np.isfinite(squares[i]) else level  # its own expectation
        level = omega + alpha * square + beta * level
        assert found == pytest.approx(level, rel=1e-14)


def test_hour_of_week_of_a_known_bar() -> None:
    """The bar of Monday 2024-01-01 00:00 to 01:00 UTC ends at 01:00."""
    ends = int(pd.Timestamp("2024-01-01T01:00Z").timestamp()) // 3600
    assert hour_of_week(np.array([ends - 1, ends, ends + 1, ends + 168])).tolist() == [167, 0, 1, 0]


def test_the_seasonal_is_a_weighted_mean_of_each_cells_residuals(rng: np.random.Generator) -> None:
    rows, half_life, shrink = 168 * 6 + 30, 2.0, 4.0
    place = (np.arange(rows) + 50) % 168
    log_value = with_gaps(np.sin(place / 10) + 0.1 * rng.normal(size=rows), rng)
    current, table = hour_of_week_seasonal(log_value, place, half_life, shrink)
    level = trailing_mean(log_value, 168, 0.6)
    residual = np.where(np.arange(rows) >= 168, log_value - level, np.nan)
    for last in (168 * 3 + 17, rows - 1):
        cell = int(place[last])
        day = [i for i in range(last + 1) if place[i] % 24 == cell % 24]
        known_day = [i for i in day if np.isfinite(residual[i])]
        known = [i for i in known_day if place[i] == cell]
        if not np.isfinite(residual[last]):
            continue
        ages, day_ages = np.arange(len(known))[::-1], np.arange(len(known_day))[::-1]
        weights, day_weights = 0.5 ** (ages / half_life), 0.5 ** (day_ages / half_life / 7)
        prior = np.average(residual[known_day], weights=day_weights)
        wanted = (weights @ residual[known] + shrink * prior) / (weights.sum() + shrink)
        assert table[last, cell] == pytest.approx(wanted, rel=1e-10)
    for i in range(200, rows, 97):
        assert current[i] == table[i - 1, place[i]], "known before the row"


def test_the_season_ahead_is_the_log_of_a_mean_factor(rng: np.random.Generator) -> None:
    table = rng.normal(size=(3, 168))
    place = np.array([0, 100, 167])
    found = seasonal_ahead(table, place, np.array([1, 24, 200]))
    for i, k in ((i, k) for i in range(3) for k in range(3)):
        hours = (place[i] + 1 + np.arange((1, 24, 200)[k])) % 168
        assert found[i, k] == pytest.approx(np.log(np.exp(table[i, hours]).mean()), rel=1e-12)


@pytest.fixture
def variances(rng: np.random.Generator) -> tuple[Floats, Floats]:
    forecast = with_gaps(-9 + 0.4 * rng.normal(size=(ROWS, 2)), rng)
    outcome = with_gaps(forecast + 0.3 + 0.8 * rng.normal(size=(ROWS, 2)), rng)
    outcome[50] += 9.0  # a crash, which the cap is for
    return forecast, outcome


def matured(i: int, horizon: int, *columns: Floats) -> Ints:
    """Rows whose outcome is known at row ``i`` and whose values are all there."""
    rows = np.arange(max(i - horizon + 1, 0))
    there = [np.isfinite(column[rows]) for column in columns]
    return rows[np.logical_and.reduce(there)] if len(rows) else rows


@pytest.mark.parametrize("lognormal", [True, False])
def test_debias_is_a_shrunk_mean_ratio(variances: tuple[Floats, Floats], lognormal: bool) -> None:
    forecast, outcome = variances
    half_life, windows = 90.0, 20.0
    found = debias(forecast, outcome, HORIZONS, lognormal, half_life, windows)
    for k, h in enumerate(HORIZONS):
        for i in range(0, ROWS, 7):
            known = matured(i, h, forecast[:, k], outcome[:, k])
            error = outcome[known, k] - forecast[known, k]
            weight = 0.5 ** (np.arange(len(known))[::-1] / half_life)
            prior = np.exp(0.5 * (error**2).sum() / (len(known) + 1000)) if lognormal else 1.0
            pseudo = 500 + windows * h
            ratio = (weight @ np.exp(np.minimum(error, 3)) + pseudo * prior) / (
                weight.sum() + pseudo
            )
            wanted = forecast[i, k] + np.log(ratio)
            np.testing.assert_allclose(found[i, k], wanted, rtol=1e-12)


def test_matured_ratio_is_a_weighted_mean(variances: tuple[Floats, Floats]) -> None:
    forecast, outcome = np.exp(variances[0]), np.exp(variances[1])
    found = matured_ratio(forecast, outcome, (1, 5), half_life=60.0)
    assert found[:1].tolist() == [[1.0, 1.0]], "nothing has matured"
    for k, h in enumerate(HORIZONS):
        known = matured(ROWS - 1, h, forecast[:, k], outcome[:, k])
        weight = 0.5 ** (np.arange(len(known))[::-1] / 60.0)
        wanted = np.average(outcome[known, k] / forecast[known, k], weights=weight)
        assert found[-1, k] == pytest.approx(wanted, rel=1e-10)


def test_the_variance_pool_weighs_by_discounted_qlike(
    variances: tuple[Floats, Floats], rng: np.random.Generator
) -> None:
    forecast, outcome = variances
    noise = rng.normal(size=(3, ROWS, 2)) * np.array([0.1, 0.3, 2.0])[:, None, None]
    members = forecast + noise
    members[1, :40] = np.nan
    half_life, tolerance, shrink, trim = 90.0, 0.02, 0.5, 0.10
    found, final = pool_variances(members, outcome, HORIZONS, half_life, tolerance, shrink, trim)
    for k, h in enumerate(HORIZONS):
        for i in range(0, ROWS, 7):
            known = matured(i, h, outcome[:, k], *members[:, :, k])
            weight = np.full(3, 1 / 3)
            if len(known):
                age = 0.5 ** (np.arange(len(known))[::-1] / half_life)
                error = np.minimum(outcome[known, k] - members[:, known, k], 4)
                loss = (np.exp(error) - error - 1) @ age
                pseudo = 500 + 10 * h
                score = (loss + pseudo * loss.mean() / age.sum()) / (age.sum() + pseudo)
                worse = score / score.min() - 1
                kept = worse <= trim
                raw = np.where(kept, np.exp(-worse / tolerance), 0)
                weight = (1 - shrink) * raw / raw.sum() + shrink * kept / kept.sum()
            there = np.isfinite(members[:, i, k])
            wanted = (
                np.average(members[there, i, k], weights=weight[there]) if there.any() else np.nan
            )
            np.testing.assert_allclose(found[i, k], wanted, rtol=1e-12)
    np.testing.assert_allclose(final.sum(axis=0), 1.0)
    assert np.all(final[2] == 0.0), "the bad member is trimmed"


def plain_quantile_pool(
    experts: Floats, outcome: Floats, horizon: int, prior: Floats, rate: float, share: float
) -> Floats:
    """One horizon, nothing trimmed: experts ``(n, E, Q)``, outcome ``(n,)``."""
    rows, count, number = experts.shape
    regret, square = np.zeros((count, number)), np.full((count, number), 1e-300)
    weight = np.repeat((prior / prior.sum())[:, None], number, axis=1)
    pooled = np.full((rows, number), np.nan)
    for i in range(rows):
        j = i - horizon
        if j >= 0 and np.isfinite(outcome[j]) and np.isfinite(pooled[j]).all():
            slope = (outcome[j] < pooled[j]) - LEVELS  # derivative of the pinball loss
            for e in range(count):
                gain = -slope * (experts[j, e] - pooled[j])
                if np.isfinite(gain).all():
                    mixed = (1 - share) * (gain + gain[::-1]) / 2 + share * gain.mean()
                    regret[e] += mixed
                    square[e] += horizon * mixed**2
            exponent = np.log(prior / prior.sum())[:, None] + rate * regret / np.sqrt(square)
            weight = np.exp(exponent - exponent.max(axis=0))
            weight /= weight.sum(axis=0)
        there = np.isfinite(experts[i]).all(axis=1)
        if there.any():
            mean = np.average(experts[i, there], axis=0, weights=weight[there])
            pooled[i] = np.maximum.accumulate(mean)
    return pooled


def test_the_quantile_pool_is_second_order_hedge(rng: np.random.Generator) -> None:
    outcome = with_gaps(0.01 * rng.normal(size=(ROWS, 2)), rng)
    width = np.array([1.0, 0.5, 3.0])[None, None, :, None]
    normal = np.array([-1.645, -0.674, 0.0, 0.674, 1.645])
    experts = 0.01 * normal * width * np.exp(0.1 * rng.normal(size=(ROWS, 2, 3, 1)))
    experts[30:60, :, 1] = np.nan
    experts[70:75] = np.nan
    prior = np.array([1.0, 2.0, 1.0])
    found, state = pool_quantiles(
        experts, outcome, HORIZONS, LEVELS, prior, rate=0.7, share=0.25, trim=0.0
    )
    for k, h in enumerate(HORIZONS):
        wanted = plain_quantile_pool(experts[:, k], outcome[:, k], h, prior, 0.7, 0.25)
        np.testing.assert_allclose(found[:, k], wanted, rtol=1e-9)
    assert np.isnan(found[70:75]).all()
    assert np.all(state.weight[0].argmax(axis=-1) == 0), "the expert with the right width wins"


def test_an_expert_below_the_trim_is_left_out_unless_alone(rng: np.random.Generator) -> None:
    experts = np.sort(rng.normal(size=(5, 1, 2, 5)), axis=-1)
    experts[3, 0, 0] = np.nan
    outcome = np.full((5, 1), np.nan)
    prior = np.array([0.99, 0.01])
    found, _ = pool_quantiles(experts, outcome, np.array([1]), LEVELS, prior, trim=0.02)
    np.testing.assert_allclose(found[0, 0], experts[0, 0, 0])
    np.testing.assert_allclose(found[3, 0], experts[3, 0, 1])


def test_a_forgetful_pool_follows_the_better_expert(rng: np.random.Generator) -> None:
    """Half way the right width changes hands; with all its memory the pool follows later."""
    rows, normal = 1700, np.array([-1.645, -0.674, 0.0, 0.674, 1.645])
    outcome = rng.normal(size=(rows, 1))
    outcome[:1500] *= 3
    experts = np.broadcast_to(np.stack([normal, 3 * normal]), (rows, 1, 2, 5))
    hour = np.array([1])
    _, quick = pool_quantiles(experts, outcome, hour, LEVELS, np.ones(2), half_life_hours=100)
    _, slow = pool_quantiles(experts, outcome, hour, LEVELS, np.ones(2))
    _, early = pool_quantiles(experts[:1500], outcome[:1500], hour, LEVELS, np.ones(2))
    outer = [0, 4]
    assert np.all(early.weight[0, outer, 1] > 0.9)
    assert np.all(quick.weight[0, outer, 0] > 0.8)
    assert np.all(quick.weight[0, outer, 0] > slow.weight[0, outer, 0] + 0.1)


def test_conformal_tracking_is_a_step_per_outcome(rng: np.random.Generator) -> None:
    outcome = with_gaps(rng.normal(size=(ROWS, 2)), rng)
    forecast = np.sort(rng.normal(size=(ROWS, 2, 5)), axis=-1)
    forecast[20:25, 0] = np.nan
    scale = np.exp(0.1 * rng.normal(size=(ROWS, 2)))
    cells = np.stack([np.arange(ROWS) % 3, 3 + np.arange(ROWS) % 2], axis=1)
    cells[::11, 1] = -1
    found, _ = online_conformal(
        forecast, scale, outcome, HORIZONS, LEVELS, cells, 0.02, 0.01, power=0.8
    )
    for k, h in enumerate(HORIZONS):
        theta, spread = np.zeros(5), np.zeros((5, 5))
        issued = np.full((ROWS, 5), np.nan)
        for i in range(ROWS):
            j = i - h
            if j >= 0 and np.isfinite(outcome[j, k]) and np.isfinite(issued[j]).all():
                error = LEVELS - (outcome[j, k] <= issued[j])
                theta = theta + 0.02 * h**-0.8 * error
                for cell in cells[j][cells[j] >= 0]:
                    spread[cell] += 0.01 * h**-0.8 * (error - error[::-1]) / 2
            shift = theta + spread[cells[i][cells[i] >= 0]].sum(axis=0)
            issued[i] = np.sort(forecast[i, k] + scale[i, k] * shift)
        np.testing.assert_allclose(found[:, k], issued, rtol=1e-9, atol=1e-12)


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    order = np.argsort(values)
    reach = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reach, level * reach[-1])])


def bin_width(value: float) -> float:
    place = int(np.clip(np.searchsorted(EDGES, value), 1, len(EDGES) - 2))
    return float(EDGES[place + 1] - EDGES[place - 1])


@pytest.mark.parametrize("symmetry", [0.0, 0.5, 1.0])
def test_the_shape_is_weighted_quantiles_to_a_bin(
    rng: np.random.Generator, symmetry: float
) -> None:
    """Group and pooled outcomes, each with its mirror image, the pooled worth ``kappa`` rows."""
    rows, half_life, kappa = 2500, 700.0, 40.0
    z = with_gaps(rng.standard_t(4, size=(rows, 2)) + 0.2, rng)
    groups = rng.integers(-1, 3, rows)
    z[groups == 1] *= 2.0
    found, state = online_shape(
        z, HORIZONS, LEVELS, groups, np.full(2, half_life), symmetry, kappa, min_rows=200
    )
    for k, h in enumerate(HORIZONS):
        for i in (400, 1300, rows - 1):
            known = matured(i, h, z[:, k])
            age = 0.5 ** ((i - h - known) / half_life)
            own = age * (groups[known] == groups[i]) if groups[i] >= 0 else 0 * age
            weight = own + kappa * h * age / age.sum()
            both = np.concatenate([z[known, k], -z[known, k]])
            weights = np.concatenate([weight * (1 - symmetry / 2), weight * symmetry / 2])
            for q, level in enumerate(LEVELS):
                wanted = weighted_quantile(both, weights, level)
                assert found[i, k, q] == pytest.approx(wanted, abs=1.5 * bin_width(wanted))
        assert np.isnan(found[: 200 + h, k]).all()
    steps = np.diff(found, axis=-1)
    assert np.nanmin(steps) >= 0
    again = np.full((2, len(LEVELS)), np.nan)
    for k in range(2):
        quantiles(state, k, int(groups[-1]), LEVELS, again[k])
    np.testing.assert_array_equal(again, found[-1])


def test_the_shapes_growing_unit_is_rescaled_before_it_overflows(rng: np.random.Generator) -> None:
    """A half-life of an hour grows the unit by 2 ** 1000, past what a float holds."""
    z = rng.normal(size=(1000, 1))
    found, state = online_shape(
        z, np.array([1]), LEVELS, half_life_hours=np.array([1.0]), min_rows=10, symmetry=0.0
    )
    assert state.unit[0] < 1e100
    age = 0.5 ** np.arange(999)[::-1].astype(float)
    wanted = weighted_quantile(z[:-1, 0], age, 0.5)
    assert found[-1, 0, 2] == pytest.approx(wanted, abs=2 * bin_width(wanted))


def test_memories_grow_with_the_root_of_the_horizon() -> None:
    assert half_lives(np.array([1, 4, 16]), 10.0).tolist() == [240.0, 480.0, 960.0]


def test_the_return_scale_is_the_newton_recursion(rng: np.random.Generator) -> None:
    common = np.column_stack([np.ones(ROWS), rng.normal(size=ROWS)])
    common[90, 1] = np.nan
    own = rng.normal(size=(ROWS, 2, 1))
    base = with_gaps(0.2 * rng.normal(size=(ROWS, 2)), rng, 0.02)
    outcome = with_gaps(np.exp(base) * rng.normal(size=(ROWS, 2)), rng)
    prior = np.array([1.0, 0.01, 0.02])
    found, state = online_return_scale(base, common, own, outcome, HORIZONS, prior, 5.0)
    keep = 0.5 ** (1 / 120)
    for k, h in enumerate(HORIZONS):
        weights, covariance, typical = np.zeros(3), np.diag(prior), np.nan
        for i in range(ROWS):
            j = i - h
            row = np.append(common[j], own[j, k])
            log_scale = base[j, k] + weights @ row if j >= 0 else np.nan
            if np.isfinite(log_scale) and np.isfinite(outcome[j, k]):
                scale = np.exp(log_scale)
                typical = scale if np.isnan(typical) else typical
                typical += 0.0005 * (scale - typical)
                news = h**-0.7 * min(scale / typical, 5.0)
                score = min(abs(outcome[j, k]) / scale / 0.75 - 1, 8.0)
                gain = covariance @ row / (keep + news * row @ covariance @ row)
                weights = weights + gain * news * score
                covariance = (covariance - news * np.outer(gain, covariance @ row)) / keep
                for a in np.flatnonzero(np.diag(covariance) > prior):
                    shrink = np.sqrt(prior[a] / covariance[a, a])
                    covariance[a, :] *= shrink
                    covariance[:, a] *= shrink
            wanted = base[i, k] + weights @ np.append(common[i], own[i, k])
            np.testing.assert_allclose(found[i, k], wanted, rtol=1e-8)
        np.testing.assert_allclose(state.weights[k], weights, rtol=1e-8)
