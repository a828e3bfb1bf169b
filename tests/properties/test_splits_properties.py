"""No plan whatever lets a model be fitted on a target that reaches into its test window."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.panels import make_panel

from barograph.core.errors import NotEnoughDataError
from barograph.core.settings import WalkForward
from barograph.evaluation.splits import first_reported, folds, training

ROWS = 1500
HORIZONS = (1, 4, 24, 168)

plans = st.builds(
    WalkForward,
    scheme=st.sampled_from(["anchored", "rolling"]),
    train_days=st.integers(1, 50),
    test_days=st.integers(1, 30),
    purge_hours=st.integers(0, 300),
    embargo_hours=st.integers(0, 300),
    validation_days=st.integers(0, 10),
    warmup_days=st.none() | st.integers(1, 40),
    folds=st.none() | st.integers(1, 8),
)


@given(plan=plans)
def test_no_training_target_reaches_into_the_test_window(plan: WalkForward) -> None:
    panel = make_panel(ROWS, horizons=HORIZONS, missing=0.0)
    for fold in folds(ROWS, plan):
        past = training(panel, fold, plan)
        rows = past.hours - panel.hours[0]
        assert rows.max(initial=0) <= fold.start, "a bar of the test window is not the past"
        for k, horizon in enumerate(HORIZONS):
            for target in (past.target_return, past.target_variance):
                last = rows[np.isfinite(target[:, k])]
                span = max(horizon, plan.purge_hours)
                assert np.all(last + span + plan.embargo_hours <= fold.start)


@given(plan=plans)
def test_nothing_that_may_be_learnt_is_left_out(plan: WalkForward) -> None:
    """The other side of the law: purged exactly as asked, no further."""
    panel = make_panel(ROWS, horizons=HORIZONS, missing=0.0)
    for fold in folds(ROWS, plan):
        past = training(panel, fold, plan)
        for k, horizon in enumerate(HORIZONS):
            last = fold.start - plan.embargo_hours - max(horizon, plan.purge_hours)
            wanted = max(last - fold.begin + 1, 0)
            assert np.isfinite(past.target_variance[:, k]).sum() == wanted


@given(plan=plans)
def test_windows_follow_one_another_to_the_last_bar(plan: WalkForward) -> None:
    cut = folds(ROWS, plan)
    assert cut[-1].stop == ROWS
    assert all(a.stop == b.start for a, b in pairwise(cut))
    assert all(f.start < f.stop <= f.start + plan.test_days * 24 for f in cut)
    least = plan.train_days * 24
    assert all(f.begin == (f.start - least if plan.scheme == "rolling" else 0) for f in cut)
    first = first_reported(ROWS, plan)
    assert cut[0].start <= first < ROWS
    assert first >= least + plan.validation_days * 24
    if plan.folds is not None:
        assert sum(f.stop > first for f in cut) <= plan.folds


@given(rows=st.integers(1, 2000), plan=plans)
def test_too_little_history_is_refused_with_what_would_do(rows: int, plan: WalkForward) -> None:
    if rows > (plan.train_days + plan.validation_days) * 24:
        assert folds(rows, plan)
        return
    with pytest.raises(NotEnoughDataError, match=f"train_days is {plan.train_days}"):
        folds(rows, plan)
