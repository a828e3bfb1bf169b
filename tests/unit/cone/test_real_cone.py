"""The cone and the grades on real bars."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.features.test_real_bars import read

from barograph.core.time import HORIZONS
from barograph.features.build import build
from barograph.features.catalogue import features
from barograph.features.regime import REGIMES
from barograph.lake.grid import hourly_grid

CODE = {name: code for code, name in enumerate(REGIMES)}


@pytest.mark.real
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_regimes_of_real_hours_follow_each_other_sensibly(data_dir: Path, symbol: str) -> None:
    """All six come, panic seldom; they last, and volatility does not jump across normal."""
    grid = hourly_grid(read(data_dir, symbol, "1h").filter(pl.col("open_time").dt.year() >= 2019))
    table = build(grid, {"regime": features()["regime"]})
    code = table["regime"].drop_nulls().cast(pl.Int64).to_numpy()
    share = np.bincount(code, minlength=len(REGIMES)) / len(code)
    assert 0.002 < share[CODE["panic"]] < 0.03
    assert share[CODE["normal"]] > 0.2
    assert share.min() > 0.002
    left = code[:-1] != code[1:]
    assert len(code) / left.sum() > 8, "hours that a label lasts"
    calm, wild = CODE["low_volatility"], CODE["high_volatility"]
    jumps = ((code[:-1] == calm) & (code[1:] == wild)) | ((code[:-1] == wild) & (code[1:] == calm))
    assert jumps.sum() < 0.02 * left.sum()
    after_panic = code[1:][(code[:-1] == CODE["panic"]) & left]
    ebbed = np.isin(after_panic, [CODE["trending_down"], wild])
    assert ebbed.mean() > 0.9, "panic ebbs into a fall"


@pytest.mark.real
@pytest.mark.long
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_coverage_at_every_hour_and_the_order_of_grades(data_dir: Path, symbol: str) -> None:
    """What the documents say: within a point to a day, within two beyond, and grades in order."""
    from benchmarks.study_confidence import grades, scores
    from benchmarks.walked import walk

    from barograph.cone.recalibrate import NOMINAL, reach

    assert data_dir.is_dir()
    walked = walk(symbol)
    rows = np.flatnonzero(walked.since())
    reached = reach(walked.quantiles, HORIZONS, walked.weights, walked.panel.close)[rows]
    held = np.nanmean(np.where(np.isfinite(reached), reached <= 1.0, np.nan), axis=0)
    off = 100.0 * np.abs(held - np.array(NOMINAL))
    assert off[:24].max() < 1.0
    assert off[24:].max() < 2.0
    score, grade = scores(walked)[rows], grades(walked)[rows]
    for place in range(len(HORIZONS)):
        by_grade = [np.nanmean(score[grade[:, place] == code, place]) for code in range(3)]
        assert by_grade[0] > by_grade[1] > by_grade[2], HORIZONS[place]
