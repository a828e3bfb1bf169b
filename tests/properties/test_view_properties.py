"""Whatever is asked of a view: the past as a list would give it, and of the future an error."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.trading.beliefs import question

from barograph.core.errors import LookAheadError
from barograph.trading.view import BARS, Tape, View

ASKED = question(rows=30)
BOUND = st.none() | st.integers(-40, 40)


def view_at(length: int) -> tuple[View, Tape]:
    market = ASKED.market
    tape = Tape(market.symbols, int(market.hours[0]), 30, 24, ASKED.cost)
    for _ in range(length):
        tape.reveal(market, ASKED.beliefs)
    return View(tape, 1), tape


@given(st.integers(1, 30), st.sampled_from(BARS), st.integers(-40, 40))
def test_a_place_is_of_the_past_or_refused(length: int, name: str, place: int) -> None:
    view, tape = view_at(length)
    known = getattr(ASKED.market, name)[:length, 1]
    series = getattr(view, name)
    if place >= length:
        with pytest.raises(LookAheadError):
            series[place]
        assert len(tape.peeks) == 1
    elif place < -length:
        with pytest.raises(IndexError):
            series[place]
    else:
        np.testing.assert_equal(series[place], known[place])


@given(st.integers(1, 30), st.sampled_from(BARS), BOUND, BOUND, st.sampled_from([None, -2, -1, 3]))
def test_a_slice_is_of_the_past_or_refused(
    length: int, name: str, start: int | None, stop: int | None, step: int | None
) -> None:
    view, tape = view_at(length)
    known = getattr(ASKED.market, name)[:length, 1]
    if any(bound is not None and bound > length for bound in (start, stop)):
        with pytest.raises(LookAheadError):
            getattr(view, name)[start:stop:step]
    else:
        found = getattr(view, name)[start:stop:step]
        np.testing.assert_array_equal(found, known[start:stop:step])
        found[:] = -1.0
        np.testing.assert_array_equal(getattr(view, name)[:], known, "what is handed out is a copy")
    assert len(tape.peeks) <= 1


@given(st.integers(1, 30), st.integers(0, 60))
def test_a_moment_is_of_the_past_or_refused_and_that_is_kept(length: int, row: int) -> None:
    view, tape = view_at(length)
    at = tape.moment(row)
    with suppress(LookAheadError):
        view.forecast(at=at)
    assert bool(tape.peeks) == (row >= length)
    if row < length:
        told = view.forecast(at=at)
        mean = ASKED.beliefs.mean[row, 1]
        assert np.isnan(mean) if told is None else told.mean == mean
        np.testing.assert_equal(view.close.at(at), ASKED.market.close[row, 1])
