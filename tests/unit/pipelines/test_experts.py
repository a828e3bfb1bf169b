"""How a run's models are put together: seeds, features of the user's own, answers left out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.panels import make_panel

from barograph.core.panel import Panel
from barograph.core.settings import Settings, WalkForward
from barograph.models.base import Output
from barograph.models.catalogue import recipes
from barograph.pipelines.experts import answers, chosen

TREES = ("lightgbm", "lightgbm_size", "lightgbm_direction")
INPUTS = tuple(sorted({name for tree in TREES for name in recipes()[tree].inputs}))
ROWS = 8000
SETTINGS = Settings(
    size="small",
    symbols=("BTCUSDT",),
    peers=(),
    venues=("simulated",),
    horizons=(1, 24),
    models=("har_x", *TREES),
    walk_forward=WalkForward(train_days=40, test_days=135),
    seed=7,
)
"""Test windows start at rows 960, 4200 and 7440; trees are fitted at the first and the last."""


@cache
def market() -> Panel:
    return make_panel(ROWS, 7, SETTINGS.horizons, INPUTS)


@cache
def run(seed: int = 7) -> Mapping[str, Output]:
    return answers(market(), SETTINGS.model_copy(update={"seed": seed}))


def test_the_run_files_seed_reaches_every_recipe_that_draws() -> None:
    other = SETTINGS.model_copy(update={"seed": 8})
    drawn = {recipe.name: recipe.seed for recipe in chosen(other) if hasattr(recipe, "seed")}
    assert drawn == dict.fromkeys(TREES, 8)


@pytest.mark.parametrize("name", TREES)
def test_another_seed_is_another_answer(name: str) -> None:
    mine, other = run()[name], run(8)[name]
    field = "p_up" if name == "lightgbm_direction" else "variance"
    one, two = getattr(mine, field), getattr(other, field)
    assert np.nanmax(np.abs(one[7440:, 0] / two[7440:, 0] - 1)) > 1e-6


def test_trees_say_nothing_where_they_only_passed_their_base_on() -> None:
    outputs = run()
    assert np.isnan(outputs["lightgbm"].variance[:, 1]).all(), "24 hours are beyond its longest"
    assert np.isfinite(outputs["lightgbm"].variance[7440:, 0]).any()
    assert np.isnan(outputs["lightgbm_size"].variance[:7440]).all(), "too little to learn from"
    assert np.isnan(outputs["lightgbm_direction"].p_up[:7440]).all()  # type: ignore[index]


def test_the_base_stands_in_where_a_member_of_the_flagship_says_nothing() -> None:
    outputs = run()
    answered = np.isfinite(outputs["har_x"].variance)
    assert (np.isfinite(outputs["barograph"].variance) == answered).all()
    np.testing.assert_allclose(
        outputs["barograph"].variance[:, 1], outputs["har_x"].variance[:, 1], rtol=1e-12
    )


def test_a_window_of_ninety_days_grows_trees_and_one_of_seventy_says_so() -> None:
    base = {"har_x": run()["har_x"].variance}
    panel = replace(market(), forecasts=base).at_horizons((1,))
    for name in TREES:
        recipe = recipes()[name]
        window = panel.rows(5000, 5000 + 90 * 24)
        assert window.before == 5000
        assert recipe.fit(window).booster.text, name  # type: ignore[attr-defined]
        assert not recipe.fit(window.rows(0, 70 * 24)).booster.text  # type: ignore[attr-defined]
        young = panel.rows(0, 4500)  # of these the first three thousand are left out
        assert not recipe.fit(young).booster.text  # type: ignore[attr-defined]


def test_a_model_that_never_answers_is_told(caplog: pytest.LogCaptureFixture) -> None:
    answers(market().rows(0, 4000), SETTINGS)
    told = [record.getMessage() for record in caplog.records]
    assert [text.split()[0] for text in told] == list(TREES)
    assert all("take a longer train_days" in text for text in told)


@pytest.mark.parametrize("name", TREES)
def test_a_feature_of_the_users_own_changes_what_trees_say(name: str) -> None:
    noise = np.random.default_rng(3).normal(scale=0.3, size=ROWS)
    ahead = np.nan_to_num(np.log(market().target_variance[:, 0]))  # an oracle, up to noise
    sign = np.nan_to_num(np.sign(market().target_return[:, 0]))
    seen = ((sign if name == "lightgbm_direction" else ahead) + noise)[:, None]
    panel = replace(
        market(),
        names=(*market().names, "mine"),
        features=np.concatenate([market().features, seen], axis=1),
    )
    mine, plain = answers(panel, SETTINGS)[name], run()[name]
    field = "p_up" if name == "lightgbm_direction" else "variance"
    one, two = getattr(mine, field)[7440:, 0], getattr(plain, field)[7440:, 0]
    assert np.nanmean(np.abs(np.log(one / two))) > 0.05
    assert np.array_equal(
        answers(panel, SETTINGS)["har_x"].variance, run()["har_x"].variance, equal_nan=True
    )


def test_only_what_is_not_shipped_is_handed_on() -> None:
    for recipe in chosen(SETTINGS, (*INPUTS, "mine")):
        assert getattr(recipe, "extra", ("mine",)) == ("mine",)
        assert ("mine" in recipe.inputs) == hasattr(recipe, "extra")
