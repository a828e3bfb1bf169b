"""A planted feature ranks top, noise low; nothing after the row is read."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from barograph.core.errors import NotEnoughDataError
from barograph.core.panel import Panel
from barograph.evaluation.importance import IMPORTANCE, importance, noise_is_low

ROWS = 6000
HORIZONS = (1, 24)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Variance driven by a slow state that one feature shows; the others are noise or echoes."""
    random = np.random.default_rng(5)
    state = np.zeros(ROWS)
    for row in range(1, ROWS):
        state[row] = 0.99 * state[row - 1] + 0.1 * random.standard_normal()
    hourly = 1e-5 * np.exp(state + 0.3 * random.standard_normal(ROWS))
    total = np.concatenate(([0.0], np.cumsum(hourly)))
    target = np.full((ROWS, len(HORIZONS)), np.nan)
    for k, h in enumerate(HORIZONS):
        target[: ROWS - h, k] = (total[h + 1 :] - total[1 : ROWS - h + 1])[: ROWS - h]
    features = np.column_stack([random.standard_normal(ROWS), state, random.permutation(state)])
    close = np.full(ROWS, 100.0)
    return Panel(
        symbol="TESTUSDT",
        hours=np.arange(ROWS),
        horizons=HORIZONS,
        names=("idle", "planted", "unrelated"),
        features=features,
        open=close,
        close=close,
        volume=close,
        variance=hourly,
        target_return=np.zeros((ROWS, len(HORIZONS))),
        target_variance=target,
    )


@pytest.fixture(scope="module")
def table(panel: Panel) -> pl.DataFrame:
    return importance(panel, ROWS - 500, 1)


def test_the_planted_feature_ranks_top_and_noise_low(table: pl.DataFrame) -> None:
    assert dict(table.schema) == IMPORTANCE
    assert table["feature"][0] == "planted"
    assert table["importance"][0] > 0.3
    assert table["gain"].sum() == pytest.approx(1.0)
    assert table.filter("is_noise")["feature"].sort().to_list() == [
        "noise_normal",
        "noise_shuffled",
        "noise_slow",
    ]
    assert noise_is_low(table)


def test_noise_that_leads_is_told() -> None:
    made = pl.DataFrame(
        {"feature": ["a", "noise_normal"], "importance": [0.1, 0.02], "is_noise": [False, True]}
    )
    assert not noise_is_low(made)
    assert noise_is_low(made.with_columns(importance=pl.Series([0.1, 0.009])))
    assert not noise_is_low(made.filter(~pl.col("is_noise")))


def test_the_same_seed_gives_the_same_bits(panel: Panel, table: pl.DataFrame) -> None:
    assert_frame_equal(importance(panel, ROWS - 500, 1), table, check_exact=True)


def test_nothing_after_the_row_is_read(panel: Panel, table: pl.DataFrame) -> None:
    row = ROWS - 500
    features = panel.features.copy()
    features[row + 1 :] = 1e6
    target = panel.target_variance.copy()
    age = row - np.arange(ROWS)[:, None]
    target[age < np.array(HORIZONS)[None, :]] = 1e6
    changed = replace(panel, features=features, target_variance=target)
    assert_frame_equal(importance(changed, row, 1), table, check_exact=True)


def test_a_short_history_is_refused(panel: Panel) -> None:
    with pytest.raises(NotEnoughDataError, match="wanted 500"):
        importance(panel, 600, 1)
