"""Remembered fits: the same bits as fresh ones, and damage is noticed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from barograph.core.errors import LakeError
from barograph.core.panel import Panel
from barograph.core.settings import WalkForward
from barograph.evaluation.walk_forward import PLAIN, Runner, walk_forward
from barograph.features.build import build
from barograph.features.catalogue import features
from barograph.lake.grid import hourly_grid
from barograph.models.base import Output
from barograph.models.catalogue import pick
from barograph.pipelines.dataset import panel_of
from barograph.pipelines.memory import PACKAGES, Memory, keep, key, recall

PLAN = WalkForward(train_days=30, test_days=20)


@pytest.fixture(scope="module")
def panel(hourly_bars: pl.DataFrame) -> Panel:
    grid = hourly_grid(hourly_bars)
    names = ("regime", "volatility_regime")
    table = build(grid, {name: features()[name] for name in names})
    return panel_of("BTCUSDT", (1, 4), grid, table)


def answers(panel: Panel, runner: Runner = PLAIN) -> Output:
    return walk_forward(panel, pick(("garch_t",)), PLAN, runner)["garch_t"]


def test_a_remembered_fit_gives_the_same_bits(panel: Panel, tmp_path: Path) -> None:
    fresh = answers(panel)
    remembering = Runner(fit=Memory(tmp_path))
    first, second = answers(panel, remembering), answers(panel, remembering)
    files = sorted(tmp_path.iterdir())
    assert files
    for found in (first, second):
        assert np.array_equal(found.variance, fresh.variance, equal_nan=True)
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        assert recall(file) is None
    third = answers(panel, remembering)
    assert np.array_equal(third.variance, fresh.variance, equal_nan=True)
    assert all(recall(file) is not None for file in files)  # made anew, sound again


def test_everything_a_fit_depends_on_is_in_its_name(panel: Panel) -> None:
    (recipe,) = pick(("garch_t",))
    name = key(recipe, panel)
    assert key(recipe, panel) == name
    close = panel.close.copy()
    close[7] += 1e-9
    assert key(recipe, replace(panel, close=close)) != name
    assert key(recipe, panel.rows(0, 900)) != name
    assert key(pick(("ewma",))[0], panel) != name


def test_what_is_no_fit_is_not_taken_for_one(tmp_path: Path) -> None:
    assert recall(tmp_path / "nothing") is None
    for content in (b"", b"short", bytes(64)):
        (tmp_path / "odd").write_bytes(content)
        assert recall(tmp_path / "odd") is None


def test_a_folder_that_cannot_be_written_is_said(panel: Panel, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (recipe,) = pick(("garch_t",))
    with pytest.raises(LakeError, match="cannot keep a fit"):
        keep(tmp_path / "file" / "x.pickle", recipe.fit(panel.rows(0, 800)))


def test_whatever_can_move_a_forecast_is_cited() -> None:
    assert {"polars", "holidays", "deltalake", "lightgbm", "barograph"} <= set(PACKAGES)
    assert len(PACKAGES) == len(set(PACKAGES))
