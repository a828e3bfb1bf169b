"""What must be true of every gate."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.types import Floats
from barograph.trading.risk.catalogue import gates
from barograph.trading.risk.gate import Gate, Signals

ALL = pytest.mark.parametrize("gate", gates().values(), ids=gates())


def signals(seed: int, rows: int = 200) -> Signals:
    """Signals of every kind, some with something unknown."""
    rng = np.random.default_rng(seed)

    def some(values: Floats) -> Floats:
        found: Floats = np.where(rng.random((rows, 2)) < 0.05, np.nan, values)
        return found

    return Signals(
        exposure=some(rng.choice([-1.0, -0.2, 0.0, 0.5, 1.0], (rows, 2))),
        p_up=some(rng.uniform(0.2, 0.8, (rows, 2))),
        daily_vol=some(rng.lognormal(-3.0, 1.0, (rows, 2))),
    )


@ALL
def test_refuses_some_and_says_why_with_both_numbers(gate: Gate) -> None:
    found = signals(1)
    closed = gate.closed(found)
    assert 0 < closed.sum() < closed.size
    value = gate.value(found)[closed][0]
    words = gate.words(float(value))
    assert f"{100.0 * value:.1f}" in words
    assert f"{100.0 * gate.limit:g}" in words
    assert gate.observes


@ALL
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_judges_each_signal_by_itself(gate: Gate, seed: int) -> None:
    """The same verdict alone as among others: nothing of before, after or beside is looked at."""
    found = signals(seed, 20)
    whole = gate.closed(found)
    for row in range(20):
        one = Signals(*(getattr(found, each.name)[row : row + 1] for each in fields(found)))
        np.testing.assert_array_equal(gate.closed(one)[0], whole[row])


@ALL
def test_no_wish_is_never_refused_and_the_unknown_passes(gate: Gate) -> None:
    extreme = Signals(np.array([0.0, np.nan, 1.0]), np.full(3, 0.5), np.full(3, 9.0))
    assert gate.closed(extreme).tolist() == [False, False, True]
    unknown = Signals(np.array([1.0, -1.0]), np.full(2, np.nan), np.full(2, np.nan))
    assert not gate.closed(unknown).any()


@ALL
def test_a_limit_of_nought_switches_it_off(gate: Gate) -> None:
    off = replace(gate, limit=0.0)
    assert not off.closed(signals(2)).any()
