"""Grades of trust: what each rule of their definition does, and that one hour is graded alike."""

import numpy as np
import pytest

from barograph.calibration.confidence import (
    NAMES,
    SHOCK_HOURS,
    confidence,
    evidence,
    latest,
    lookback,
    width_columns,
)
from barograph.core.types import Floats

HORIZONS = (1, 24, 168)
ROWS = 12_000


def market(rows: int = ROWS, seed: int = 5, missing: float = 0.0) -> tuple[Floats, Floats]:
    """Half widths of 68 % intervals that wander, and returns that hold in 68 % of them."""
    rng = np.random.default_rng(seed)
    wander = np.cumsum(rng.normal(0.0, 0.01, (rows, 1)), axis=0)
    half = np.exp(wander - wander.mean() + rng.normal(0.0, 0.05, (rows, len(HORIZONS))))
    outcome = rng.normal(size=half.shape) * half
    unknown = rng.random(rows) < missing
    half[unknown], outcome[unknown] = np.nan, np.nan
    for place, horizon in enumerate(HORIZONS):
        outcome[rows - horizon :, place] = np.nan
    return half, outcome


def test_beyond_a_day_the_days_width_speaks() -> None:
    assert width_columns((1, 4, 8, 24, 72, 168)).tolist() == [0, 1, 2, 3, 3, 3]
    assert width_columns((48, 168)).tolist() == [0, 1], "nothing within a day: each for itself"
    half, outcome = market()
    half[-1] = np.nanmedian(half, axis=0) * [1.0, 0.5, 9.0]
    assert NAMES[confidence(-half, half, outcome, HORIZONS)[-1, 2]] == "high"


def test_a_bar_beyond_five_sigma_lowers_every_grade_by_a_step_for_a_day() -> None:
    half = np.full((ROWS, 3), 1.0)
    outcome = market()[1] * 0.0 + np.random.default_rng(1).normal(size=(ROWS, 3))
    outcome[:, 0] = np.clip(outcome[:, 0], -4.0, 4.0)
    calm = confidence(-half, half, outcome, HORIZONS)
    bar = 11_000
    outcome[bar - 1, 0] = -5.5  # the hour that ends at the bar
    shaken = confidence(-half, half, outcome, HORIZONS)
    lowered = np.flatnonzero((shaken < calm).any(axis=1))
    assert lowered.tolist() == list(range(bar, bar + SHOCK_HOURS))
    assert np.all(calm[lowered] == 2)
    assert np.all(shaken[lowered] == 1)


def test_without_a_one_hour_forecast_no_bar_is_a_shock() -> None:
    half, outcome = market()
    outcome[5000] = 100.0
    assert not evidence(-half[:, 1:], half[:, 1:], outcome[:, 1:], HORIZONS[1:]).shocked.any()


def test_ninety_days_say_much_about_an_hour_and_little_about_a_week() -> None:
    """Two in ten intervals too few held: at an hour that is a bad record, at a week chance."""
    half, outcome = np.full((ROWS, 3), 1.0), np.zeros((ROWS, 3))
    outcome[::2] = 3.0  # half of them miss: 18 points off
    found = evidence(-half, half, outcome, HORIZONS)
    assert np.all(np.diff(found.allowed) > 0.0)
    assert found.allowed[0] == 0.05
    assert found.allowed[2] > 0.2
    graded = found.grade[-1]
    assert [NAMES[grade] for grade in graded] == ["low", "medium", "high"]


@pytest.mark.parametrize("row", [9_000, 10_500, ROWS - 200])
def test_what_comes_later_moves_no_grade(row: int) -> None:
    half, outcome = market()
    before = confidence(-half, half, outcome, HORIZONS)[: row + 1]
    half[row + 1 :] *= 7.0
    for place, horizon in enumerate(HORIZONS):
        outcome[row + 1 - horizon :, place] = 50.0
    after = confidence(-half, half, outcome, HORIZONS)[: row + 1]
    assert np.array_equal(before, after)


@pytest.mark.parametrize("missing", [0.0, 0.02])
def test_one_hour_from_its_own_past_is_graded_as_in_the_whole_history(missing: float) -> None:
    half, outcome = market(missing=missing)
    outcome[8000::97, 0] *= 4.0  # some shocks
    everything = confidence(-half, half, outcome, HORIZONS)
    for row in (300, 5_000, lookback(HORIZONS) + 10, *range(11_000, 11_060), ROWS - 1):
        known = np.arange(row + 1)[:, None] + np.array(HORIZONS) <= row
        seen = np.where(known, outcome[: row + 1], np.nan)
        tail = slice(max(0, row + 1 - lookback(HORIZONS)), row + 1)
        upper = half[tail]
        grade, reasons = latest(-upper, upper, seen[tail], HORIZONS)
        assert np.array_equal(grade, everything[row])
        assert len(reasons) == len(HORIZONS)


def test_the_reason_says_the_numbers() -> None:
    half = np.full((ROWS, 3), 1.0)
    outcome = np.random.default_rng(1).normal(size=(ROWS, 3))
    half[-1] = 1.5
    outcome[-2, 0] = 9.0
    found = evidence(-half, half, outcome, HORIZONS)
    first = found.reason(-1, 0)
    assert "1 h interval 50 % wider than its median of a year, wider than four in five" in first
    assert "68 % intervals held (up to 5 points off counts as good)" in first
    assert first.endswith("a bar beyond 5σ within a day")
    assert "24 h interval" in found.reason(-1, 2)
    nothing = np.full((5, 3), np.nan)
    assert evidence(nothing, nothing, nothing, HORIZONS).reason(-1, 0).startswith("too little")
