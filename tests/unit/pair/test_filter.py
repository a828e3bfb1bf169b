"""The filter: what it may learn from, that it finds what is there and nothing where nothing is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.types import Floats
from barograph.pair.meta import NEVER, Labelled, Trees, purged_folds, threshold_of
from barograph.pair.rules import Learning
from barograph.pair.training import uniqueness
from barograph.pair.tune import base_loss, log_loss, optimise, out_of_fold

QUICK = Learning(folds=3, embargo_hours=5, optuna_trials=3, workers=1)


def made_up(count: int = 400, signal: float = 1.0, seed: int = 7) -> Labelled:
    """Events an hour apart, each six hours long; the first column says how they end."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, 4))
    net = 0.01 * (signal * values[:, 0] + rng.normal(size=count))
    entry = np.arange(count)
    return Labelled(values, np.ones(count), net, entry, entry + 6)


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=2, max_size=60),
    count=st.integers(2, 6),
    embargo=st.integers(0, 30),
)
def test_no_fold_learns_from_what_overlaps_it(lengths: list[int], count: int, embargo: int) -> None:
    entry = 3 * np.arange(len(lengths))
    left = entry + np.array(lengths)
    seen: list[int] = []
    for train, test in purged_folds(entry, left, count, embargo):
        seen += test.tolist()
        for one in test:
            apart = (left[train] + embargo < entry[one]) | (entry[train] - embargo > left[one])
            assert apart.all()
    assert seen == list(range(len(lengths)))


@settings(max_examples=40, deadline=None)
@given(
    draws=st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1)), min_size=1, max_size=40),
    least=st.floats(0.05, 1.0),
)
def test_no_threshold_earns_more(draws: list[tuple[float, float]], least: float) -> None:
    probability, net = (np.array(column) for column in zip(*draws, strict=True))
    found = threshold_of(probability, net, least)
    fewest = max(1, int(np.ceil(least * len(net))))
    totals = [
        float(net[probability >= one].sum())
        for one in probability
        if (probability >= one).sum() >= fewest
    ]
    if max(totals) <= 1e-12:
        assert found == NEVER or net[probability >= found].sum() == pytest.approx(max(totals))
    else:
        assert net[probability >= found].sum() == pytest.approx(max(totals))
        assert (probability >= found).sum() >= fewest


def test_where_nothing_earns_the_filter_stands_aside() -> None:
    assert threshold_of(np.array([0.9, 0.5]), np.array([-0.1, -0.2]), 0.2) == NEVER


def picked(signal: float) -> tuple[float, Floats]:
    data = made_up(signal=signal)
    said = out_of_fold(data, Trees(), QUICK, 7)
    return log_loss(said, data) - base_loss(data), said


def test_a_planted_signal_is_found_and_noise_is_not() -> None:
    gain, _ = picked(1.0)
    none, _ = picked(0.0)
    assert gain < -0.1
    assert none > -0.01


def test_the_same_seed_finds_the_same_trees() -> None:
    data = made_up(200)
    trees, losses = optimise(data, QUICK, 7)
    assert optimise(data, QUICK, 7) == (trees, losses)
    assert losses.best <= losses.plain


def test_a_later_event_does_not_change_what_was_said_before_it_was_known() -> None:
    """Uniqueness of what has ended counts neighbours that have begun, not when they end."""
    entry = np.array([0, 3, 5, 30])
    whole = uniqueness(entry, np.array([10, 12, 40, 50]), 60)
    part = uniqueness(entry[:3], np.array([10, 12, -1]), 20)
    assert whole[:2].tolist() == part[:2].tolist()
    assert part[2] == 0.0


def test_uniqueness_is_one_over_how_many_share_an_hour() -> None:
    found = uniqueness(np.array([0, 2]), np.array([4, 6]), 10)
    assert found.tolist() == [0.75, 0.75]
