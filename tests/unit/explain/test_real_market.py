"""Every hour of a real market: sums that are exact, sizes that are plausible, a known record."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.features.test_real_bars import read

from barograph.core.panel import Panel
from barograph.core.time import HORIZONS
from barograph.core.types import Floats
from barograph.features.build import build
from barograph.lake.grid import hourly_grid
from barograph.metrics.distribution import moments
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.models.live import Answers, Engine
from barograph.pipelines.dataset import panel_of
from barograph.pipelines.explain import ODDS, TERMS, Explained, explain
from barograph.pipelines.scorecards import baseline, walk_forward

pytestmark = pytest.mark.real

BEGIN = 365 * 24
SPANS = {"BTCUSDT": datetime(2017, 1, 1, tzinfo=UTC), "ETHUSDT": datetime(2021, 1, 1, tzinfo=UTC)}


def real_panel(folder: Path, symbol: str) -> Panel:
    """Hourly bars of a file, without features."""
    bars = read(folder, symbol, "1h").filter(pl.col("open_time") >= SPANS[symbol])
    grid = hourly_grid(bars)
    return panel_of(symbol, HORIZONS, grid, build(grid, {}))


@cache
def walked(folder: Path, symbol: str) -> tuple[Panel, Answers, Explained]:
    panel = real_panel(folder, symbol)
    answers, _ = Engine.warm(panel, BEGIN)
    made, _ = explain(panel, answers)
    return panel, answers, made


def quantiles_of(answers: Answers) -> Floats:
    quantiles = answers.outputs[FLAGSHIP.name].quantiles
    assert quantiles is not None
    return quantiles


@pytest.mark.parametrize("symbol", SPANS)
def test_every_hour_adds_up(data_dir: Path, symbol: str) -> None:
    _, answers, made = walked(data_dir, symbol)
    quantiles = quantiles_of(answers)
    there = np.isfinite(quantiles.sum(axis=2))
    law = moments(quantiles[there])
    assert there.all(axis=1).sum() > 25_000
    terms, odds = (part[there].sum(axis=1) for part in (made.terms, made.odds))
    assert np.abs(terms - np.log(law.vol)).max() < 1e-9
    assert np.abs(odds - np.log(law.p_up / (1.0 - law.p_up))).max() < 1e-9
    assert np.isnan(made.terms[~there]).all()


@pytest.mark.parametrize("symbol", SPANS)
def test_groups_do_not_take_back_what_others_are_credited_with(data_dir: Path, symbol: str) -> None:
    """``calibration`` is no counterweight: it hardly goes with the sum of all other groups."""
    _, _, made = walked(data_dir, symbol)
    late = made.terms[-20_000:]
    late = late[np.isfinite(late).all(axis=(1, 2))]
    for horizon in range(len(HORIZONS)):
        groups = late[:, horizon, 1:-1].sum(axis=1)
        rest = late[:, horizon, TERMS.index("calibration")]
        assert abs(np.corrcoef(groups, rest)[0, 1]) < 0.45
        assert rest.std() < 0.1


def test_the_crash_of_may_2021_is_explained_by_what_happened(data_dir: Path) -> None:
    """19 May 2021, 13:00 UTC: a fall of 9 % in an hour and of 27 % in three days."""
    panel, _, made = walked(data_dir, "BTCUSDT")
    row = panel.row(datetime(2021, 5, 19, 13, tzinfo=UTC))
    hour = dict(zip(TERMS, made.terms[row, 0], strict=True))
    assert max(hour, key=lambda name: hour[name]) == "trend"
    assert hour["trend"] > 0.7
    assert hour["recent_volatility"] > 0.2
    assert hour["volume"] > 0.05
    drift = made.odds[row, :, ODDS.index("drift")]
    assert (np.abs(drift) < 0.2).all()


def test_the_record_is_the_published_one(data_dir: Path) -> None:
    """Coverage and pinball of 2021 to mid-2025 as the README has them."""
    panel, answers, _ = walked(data_dir, "BTCUSDT")
    output: Output = answers.outputs[FLAGSHIP.name]
    cards = walk_forward(panel, output, baseline(panel), datetime(2021, 1, 1, tzinfo=UTC))
    held = [100.0 * card["coverage"][1]["held"]["value"] for card in cards]
    assert held == pytest.approx([68.3, 68.1, 68.0, 68.1, 67.5, 68.7], abs=0.35)
    pinball = [1e6 * card["pinball"] for card in cards]
    assert pinball == pytest.approx([1118.6, 2281.4, 3269.6, 5903.5, 10403.7, 16292.5], rel=1e-3)
    for card in cards[:4]:
        assert card["skill"]["low"] > 0.0
    for card in cards:
        assert card["direction"]["low"] < card["direction"]["value"] < card["direction"]["high"]
