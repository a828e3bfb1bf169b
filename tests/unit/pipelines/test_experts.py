"""How a run's models are put together: seeds, features of the user's own, answers left out."""

from collections.abc import Mapping
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
