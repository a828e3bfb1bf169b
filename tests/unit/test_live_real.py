"""On real hours: the engine, bar by bar, says what the pipeline's walk over the lake would."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.unit.features.test_real_bars import read

from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.core.time import HORIZONS
from barograph.features.build import build
from barograph.lake.grid import hourly_grid
from barograph.models.live import Answers
from barograph.pipelines.dataset import panel_of
from barograph.pipelines.engine import bar, warm
from barograph.pipelines.experts import answers as walk
from barograph.pipelines.prepare import settings_of

pytestmark = pytest.mark.real

STEPS = 320
STOP = 15_510
"""Of the hours from 2017-08-17 on: the outage of May 2019 is among the last 320."""


def live_settings() -> Settings:
    small = settings_of("small")
    return small.model_copy(update={"models": ("har", "har_x")})


@cache
def history(folder: Path, symbol: str) -> tuple[Panel, list[tuple[float | None, ...]]]:
    """Panel of the first hours, and their prices and volume as the lake has them."""
    grid = hourly_grid(read(folder, symbol, "1h")).head(STOP)
    rows = grid.select("open", "high", "low", "close", "volume").rows()
    return panel_of(symbol, HORIZONS, grid, build(grid, {})), rows


@cache
def stepped(folder: Path, symbol: str) -> list[Answers]:
    """Answers of the last hours, one at a time."""
    panel, rows = history(folder, symbol)
    _, engine = warm(panel.rows(0, STOP - STEPS), live_settings())
    found = []
    for row in range(STOP - STEPS, STOP):
        open_, high, low, close, volume = rows[row]
        if open_ is None or high is None or low is None or close is None:
            given = None
        else:
            given = bar(open_, high, low, close, volume)
        answers, engine = engine.step(int(panel.hours[row]), given)
        found.append(answers)
    return found


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_bar_by_bar_over_an_outage_is_the_pipelines_walk(data_dir: Path, symbol: str) -> None:
    panel, _ = history(data_dir, symbol)
    absent = ~panel.present[-STEPS:]
    assert 5 <= absent.sum() < STEPS / 2, "an outage is among the hours stepped"
    whole = walk(panel, live_settings())
    steps = stepped(data_dir, symbol)
    for name, expected in whole.items():
        found = np.concatenate([one.outputs[name].variance for one in steps])
        np.testing.assert_array_equal(found, expected.variance[-STEPS:], err_msg=name)
        assert np.isfinite(found[~absent]).mean() > 0.98, (
            "a few hours after an outage know too little"
        )
        assert np.isnan(found[absent]).all()
    quantiles = [one.outputs["barograph"].quantiles for one in steps]
    published = whole["barograph"].quantiles
    assert published is not None
    together = np.concatenate([q for q in quantiles if q is not None])
    np.testing.assert_array_equal(together, published[-STEPS:])
    assert np.isfinite(together[~absent]).mean() > 0.98


def test_an_audit_that_sees_less_answers_the_same(data_dir: Path) -> None:
    """What was published at an hour is what a walk over the lake as of that hour gives."""
    panel, _ = history(data_dir, "BTCUSDT")
    steps = stepped(data_dir, "BTCUSDT")
    for back in (1, 150):
        seen = panel.known_at(STOP - back)
        then = walk(seen, live_settings())["barograph"]
        now = steps[-back].outputs["barograph"]
        assert now.quantiles is not None
        assert then.quantiles is not None
        np.testing.assert_array_equal(now.quantiles[0], then.quantiles[-1])
        np.testing.assert_array_equal(now.variance[0], then.variance[-1])
