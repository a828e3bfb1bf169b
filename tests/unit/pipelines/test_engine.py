"""Run files the live engine can serve, and bars as it takes them."""

import numpy as np
import pytest
from tests.panels import make_panel

from barograph.core.errors import NotEnoughDataError, SettingsError
from barograph.core.settings import Settings, WalkForward
from barograph.pipelines.engine import bar, warm
from barograph.pipelines.experts import answers as walk
from barograph.pipelines.prepare import settings_of
from barograph.targets.garman_klass import hourly_gk_variance

PLAN = WalkForward(train_days=60, test_days=30)


def live(plan: WalkForward = PLAN, models: tuple[str, ...] = ("har", "har_x")) -> Settings:
    return settings_of("small").model_copy(update={"walk_forward": plan, "models": models})


def test_the_engine_says_what_the_walk_forward_says() -> None:
    """Windows, masks and debiasing are the pipeline's, to the bit."""
    panel = make_panel(3000, horizons=(1, 4, 24))
    found, engine = warm(panel, live())
    assert engine.rows == len(panel)
    for name, expected in walk(panel, live()).items():
        np.testing.assert_array_equal(found.outputs[name].variance, expected.variance)
        assert np.isfinite(expected.variance[-1]).all()
        assert np.isnan(expected.variance[: 60 * 24]).all()
    flagship = walk(panel, live())["barograph"].quantiles
    assert flagship is not None
    assert found.outputs["barograph"].quantiles is not None
    np.testing.assert_array_equal(found.outputs["barograph"].quantiles, flagship)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (live(models=("har_x", "lightgbm")), "the live engine runs har and har_x"),
        (live(PLAN.model_copy(update={"scheme": "rolling"})), "take anchored"),
        (live(PLAN.model_copy(update={"folds": 5, "warmup_days": 30})), "folds null"),
    ],
)
def test_a_run_file_it_cannot_serve_is_refused(settings: Settings, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        warm(make_panel(3000), settings)


def test_too_little_history_is_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="train_days is 60"):
        warm(make_panel(1000), live())


def test_a_bar_has_the_variance_of_a_panel() -> None:
    """One number alone goes through the same arithmetic as a column of them."""
    rng = np.random.default_rng(3)
    prices = 20_000 * np.exp(0.01 * rng.normal(size=(500, 4)))
    high, low = prices.max(axis=1), prices.min(axis=1)
    column = hourly_gk_variance(prices[:, 0], high, low, prices[:, 3])
    for row in range(500):
        one = bar(prices[row, 0], high[row], low[row], prices[row, 3], 2.5)
        assert one["variance"] == column[row]
    assert np.isnan(bar(1.0, 1.0, 1.0, 1.0, None)["volume"])
    assert bar(1.0, 1.0, 1.0, 1.0, None)["variance"] == 1e-9
