"""Models against NumPy's batch least squares, arch's forecasts and plain Python."""

import numpy as np
import pytest
from tests.panels import make_panel

from barograph.core.errors import NotEnoughDataError, SettingsError
from barograph.core.levels import level_array
from barograph.core.types import Bools, Floats
from barograph.models.catalogue import pick, recipes
from barograph.models.ewma import Ewma
from barograph.models.garch import FittedGarch, GarchT
from barograph.models.garch_grid import GarchGrid
from barograph.models.har import Har, HarX, Member
from barograph.models.har_design import plain_design, rich_design, unit_level
from barograph.models.random_walk import RandomWalk
from barograph.models.rls import Loss, RlsState, rls_forecast
from barograph.models.seasonal_naive import SeasonalNaive

HORIZONS = (1, 5, 24)


@pytest.fixture(scope="module")
def regression() -> tuple[Floats, Floats, Floats]:
    """Regressors, regressors of the horizon's own and outcomes, all with holes."""
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(600), rng.normal(size=(600, 4))])
    z = rng.normal(size=(600, 3, 2))
    y = (x @ [0.5, 1.0, -1.0, 0.3, 0.0])[:, None] + z[:, :, 0] + 0.5 * rng.normal(size=(600, 3))
    x[rng.random(600) < 0.03, 2] = np.nan
    z[rng.random((600, 3)) < 0.02] = np.nan
    y[rng.random((600, 3)) < 0.05] = np.nan
    return x, z, y


@pytest.mark.parametrize("forgetting", [1.0, 0.99])
@pytest.mark.parametrize("ridge", [0.1, 30.0])
def test_the_recursion_is_a_batch_fit_on_matured_outcomes(
    regression: tuple[Floats, Floats, Floats], forgetting: float, ridge: float
) -> None:
    x, z, y = regression
    found, _ = rls_forecast(x, y, HORIZONS, z=z, forgetting=forgetting, ridge=ridge)
    for k, h in enumerate(HORIZONS):
        design = np.column_stack([x, z[:, k]])
        whole: Bools = ~np.isnan(design.sum(axis=1))
        for i in (3, 40, 200, 599):
            if not whole[i]:
                assert np.isnan(found[i, k])
                continue
            rows = np.arange(max(i - h + 1, 0))
            rows = rows[whole[rows] & np.isfinite(y[rows, k])]
            weight = forgetting ** np.arange(len(rows))[::-1]
            prior = ridge * h * forgetting ** len(rows) * np.eye(7)
            normal = np.einsum("ia,i,ib->ab", design[rows], weight, design[rows]) + prior
            right = np.einsum("ia,i,i->a", design[rows], weight, y[rows, k])
            wanted = design[i] @ np.linalg.solve(normal, right)
            assert found[i, k] == pytest.approx(wanted, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("loss", ["gaussian", "gamma"])
def test_a_resumed_recursion_goes_on_as_if_never_stopped(
    regression: tuple[Floats, Floats, Floats], loss: Loss
) -> None:
    x, z, y = regression
    whole, end = rls_forecast(x, y, HORIZONS, z=z, loss=loss)
    known = np.where(np.arange(400)[:, None] + np.array(HORIZONS) < 400, y[:400], np.nan)
    _, state = rls_forecast(x[:400], known, HORIZONS, z=z[:400], loss=loss)
    rest, again = rls_forecast(x, y, HORIZONS, z=z, loss=loss, state=state)
    np.testing.assert_array_equal(rest[400:], whole[400:])
    np.testing.assert_array_equal(again.coefficients, end.coefficients)
    assert np.isnan(rest[:400]).all()
    assert isinstance(again, RlsState)
    assert again.rows == 600


def test_the_gamma_recursion_takes_a_scoring_step_an_outcome(
    regression: tuple[Floats, Floats, Floats],
) -> None:
    x, _, y = regression
    found, _ = rls_forecast(x, y, HORIZONS, loss="gamma", ridge=2.0, forgetting=0.999)
    for k, h in enumerate(HORIZONS):
        coefficients, information = np.zeros(5), 2.0 * h * np.eye(5)
        for i in range(600):
            j = i - h
            if j >= 0 and np.isfinite(y[j, k]) and np.isfinite(x[j]).all():
                residual = np.expm1(min(y[j, k] - x[j] @ coefficients, 3.0))
                information = 0.999 * information + np.outer(x[j], x[j])
                coefficients = coefficients + np.linalg.solve(information, x[j]) * residual
            if np.isfinite(x[i]).all():
                assert found[i, k] == pytest.approx(x[i] @ coefficients, rel=1e-7, abs=1e-9)


def test_the_gamma_recursion_estimates_the_mean_not_the_mean_log() -> None:
    """On log-normal outcomes the two differ by half the variance of the log."""
    rng = np.random.default_rng(2)
    log_variance = rng.normal(scale=0.6, size=(20_000, 1))
    ones = np.ones((20_000, 1))
    mean_log = rls_forecast(ones, log_variance, (1,))[0][-1, 0]
    log_mean = rls_forecast(ones, log_variance, (1,), loss="gamma")[0][-1, 0]
    assert mean_log == pytest.approx(0.0, abs=0.02)
    assert log_mean == pytest.approx(0.18, abs=0.02)


def test_garch_forecasts_are_archs_own() -> None:
    """The filter, and the sum of expected variances over the horizon, against ``arch``."""
    from arch import arch_model

    panel = make_panel(1500, horizons=(1, 24, 168), missing=0.0)
    fitted = GarchT().fit(panel)
    assert isinstance(fitted, FittedGarch)
    returns = panel.log_return[1:]
    unit = float(returns.std())
    model = arch_model(returns / unit, mean="Zero", vol="GARCH", dist="t", rescale=False)
    fixed = model.fix([fitted.omega / unit**2, fitted.alpha, fitted.beta, 6.0])
    path = fixed.forecast(horizon=168, start=0, reindex=True).variance.to_numpy() * unit**2
    found = fitted.forecast(panel, 0, 1500).variance
    for i in (700, 1000, 1499):  # the start value is forgotten by then
        for k, h in enumerate(panel.horizons):
            assert found[i, k] == pytest.approx(path[i - 1, :h].sum(), rel=1e-6)


def test_garch_needs_returns_and_stays_stationary() -> None:
    with pytest.raises(NotEnoughDataError, match=r"needs 500 hourly returns, got \d+; give more"):
        GarchT().fit(make_panel(1500).known_at(300))
    fitted = GarchT().fit(make_panel(1500))
    assert fitted.alpha + fitted.beta < 1.0
    assert np.all(fitted.forecast(make_panel(1500), 0, 1500).variance > 0)


def test_ewma_is_a_discounted_mean_of_squares_times_the_horizon() -> None:
    panel = make_panel(300)
    squares = panel.log_return**2
    known = np.flatnonzero(np.isfinite(squares[:201]))
    weight = 0.5 ** (np.arange(len(known))[::-1] / 24)
    hourly = np.average(squares[known], weights=weight)
    found = Ewma().fit(panel).forecast(panel, 200, 201).variance
    np.testing.assert_allclose(found, [[hourly, 24 * hourly]], rtol=1e-12)


def test_the_seasonal_naive_is_the_last_whole_week_that_matured() -> None:
    panel = make_panel(900, horizons=(1, 168, 200), missing=0.0)
    found = SeasonalNaive().fit(panel).forecast(panel, 0, 900).variance
    np.testing.assert_array_equal(found[400, :2], panel.target_variance[400 - 168, :2])
    np.testing.assert_array_equal(found[400, 2], panel.target_variance[400 - 336, 2])
    assert np.isnan(found[:168]).all()


def test_the_random_walk_is_quantiles_of_matured_returns() -> None:
    panel = make_panel(1500)
    output = RandomWalk(days=20).fit(panel).forecast(panel, 1400, 1401)
    assert output.quantiles is not None
    for k, h in enumerate(panel.horizons):
        seen = slice(1400 - h - 480 + 1, 1400 - h + 1)
        returns = panel.target_return[seen, k]
        wanted = np.quantile(returns[np.isfinite(returns)], level_array())
        np.testing.assert_allclose(output.quantiles[0, k], wanted, rtol=1e-12)
        mean = np.nanmean(panel.target_variance[seen, k])
        assert output.variance[0, k] == pytest.approx(mean, rel=1e-9)


def test_a_garch_of_the_grid_is_the_recursion_about_a_moving_mean() -> None:
    panel = make_panel(400, missing=0.0)
    mean = np.full(400, float(panel.variance.mean()))
    found = GarchGrid().member(panel, mean, half_life=48.0, reaction=0.12)
    persistence, away = 0.5 ** (1 / 48), 0.0
    for i in range(400):
        away = 0.12 * (panel.variance[i] - mean[i]) + (persistence - 0.12) * away
        path = mean[i] + away * persistence ** np.arange(24)
        assert found[i, 0] == pytest.approx(max(path[0], 0.05 * mean[i]), rel=1e-9)
        assert found[i, 1] == pytest.approx(max(path.sum(), 0.05 * 24 * mean[i]), rel=1e-9)


def test_the_plain_design_is_logs_of_means_over_windows() -> None:
    panel = make_panel(1500)
    design = plain_design(panel, (1, 24))
    row = int(np.flatnonzero(panel.present)[-1])
    seen = panel.variance[row - 23 : row + 1]
    first = panel.variance[np.isfinite(panel.variance)][:720]
    wanted = [
        1.0,
        np.log(panel.variance[row] / first.mean()),
        np.log(np.nanmean(seen) / first.mean()),
    ]
    np.testing.assert_allclose(design.common[row], wanted, rtol=1e-12)
    back = design.integrated(panel, design.outcomes(panel))
    np.testing.assert_allclose(back[800:], panel.target_variance[800:], rtol=1e-12)


def test_the_unit_waits_for_a_month_of_bars() -> None:
    variance = make_panel(1500).variance
    level = unit_level(variance)
    start = int(np.flatnonzero(np.isfinite(variance))[719])
    assert np.isnan(level[:start]).all()
    assert np.unique(level[start:]).size == 1
    assert np.isnan(unit_level(variance[:700])).all()


def test_the_rich_design_reads_no_row_after_its_own() -> None:
    panel = make_panel(1500)
    whole, cut = rich_design(panel), rich_design(panel.known_at(1200))
    np.testing.assert_array_equal(whole.common[:1201], cut.common)
    np.testing.assert_array_equal(whole.ahead[:1201], cut.ahead)


def test_har_learns_what_ewma_cannot() -> None:
    """Volatility of this market reverts: over a day log-HAR must beat a random walk in it."""
    panel = make_panel(6000)
    outcome = panel.target_variance[3000:, 1]

    def qlike(forecast: Floats) -> float:
        ratio = outcome / forecast[3000:, 1]
        return float(np.nanmean(ratio - np.log(ratio) - 1))

    last_day = Ewma().forecast(panel, 0, 6000).variance
    har = Har().fit(panel).forecast(panel, 0, 6000).variance
    rich = HarX().fit(panel).forecast(panel, 0, 6000).variance
    assert qlike(har) < qlike(last_day)
    assert qlike(rich) < qlike(har)


def test_memories_are_told_in_years() -> None:
    assert Member("gaussian").forgetting == 1.0
    assert Member("gaussian", half_life=1.0).forgetting ** 8760 == pytest.approx(0.5, rel=1e-9)


def test_models_are_picked_by_name_in_the_order_asked() -> None:
    assert [recipe.name for recipe in pick(("har", "ewma"))] == ["har", "ewma"]
    assert list(recipes()) == sorted(recipes())
    with pytest.raises(SettingsError, match="unknown model 'hra'; known: "):
        pick(("har", "hra"))
