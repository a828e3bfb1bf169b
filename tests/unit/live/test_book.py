"""Bars come out in order and once, however their messages arrive."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.live.klines import HOUR_MS, kline

from barograph.live.book import Book, Hole

SERIES = ("BTCUSDT", "1h")
START = 1_733_011_200_000


def at(hour: int) -> int:
    return START + hour * HOUR_MS


def test_a_final_bar_is_ready_once_and_in_order() -> None:
    book = Book({SERIES: START})
    assert book.take(kline(at(0))) == "final"
    assert book.take(kline(at(0))) == "duplicate"
    assert [bar.open_time for bar in book.ready()] == [at(0)]
    book.done(book.ready())
    assert book.ready() == []
    assert book.next_open(SERIES) == at(1)
    assert book.take(kline(at(0))) == "duplicate"


def test_what_comes_early_waits_and_the_hole_before_it_is_named() -> None:
    book = Book({SERIES: START})
    book.take(kline(at(2)))
    assert book.ready() == []
    assert book.holes() == [Hole(SERIES, at(0), at(2))]
    book.take(kline(at(0)))
    book.take(kline(at(1)))
    assert [bar.open_time for bar in book.ready()] == [at(0), at(1), at(2)]
    assert book.holes() == []


def test_an_older_state_never_overrides_a_newer_one() -> None:
    book = Book({SERIES: START})
    newer = kline(at(0), final=False, close=101.0, event_time=at(0) + 2000)
    older = kline(at(0), final=False, close=100.5, event_time=at(0) + 1000)
    assert book.take(newer) == "open"
    assert book.take(older) == "old"
    assert book.take(kline(at(0))) == "final"
    assert book.take(newer) == "old", "an open state after the last one says nothing"


def test_a_second_last_state_is_a_dispute_and_changes_nothing() -> None:
    book = Book({SERIES: START})
    first = kline(at(0))
    book.take(first)
    assert book.take(replace(first, close=first.close + 1.0, high=first.high + 1.0)) == "dispute"
    assert book.ready() == [first]


def test_bars_that_came_by_rest_are_not_taken_again() -> None:
    book = Book({SERIES: START})
    book.take(kline(at(1)))
    book.move(SERIES, at(3))
    assert book.ready() == []
    assert book.take(kline(at(2))) == "old"
    assert book.take(kline(at(3))) == "final"


def test_other_series_are_not_ours() -> None:
    assert Book({SERIES: START}).take(kline(at(0), symbol="XRPUSDT")) == "unknown"


@given(
    order=st.permutations(range(6)),
    copies=st.lists(st.integers(0, 5), max_size=6),
    opens=st.lists(st.integers(0, 5), max_size=6),
)
def test_any_order_of_any_copies_gives_each_bar_once(
    order: list[int], copies: list[int], opens: list[int]
) -> None:
    """Reordered, doubled and interleaved with open states: the same six bars, ascending."""
    book = Book({SERIES: START})
    stored: list[int] = []
    messages = [kline(at(n)) for n in [*order, *copies]]
    messages[3:3] = [kline(at(n), final=False) for n in opens]
    for message in messages:
        book.take(message)
        ready = book.ready()
        stored += [bar.open_time for bar in ready]
        book.done(ready)
    assert stored == [at(n) for n in range(6)]


@pytest.mark.parametrize("kept", [700])
def test_memory_of_final_bars_is_bounded(kept: int) -> None:
    book = Book({SERIES: START})
    for n in range(kept):
        book.take(kline(at(n)))
        book.done(book.ready())
    line = book._lines[SERIES]
    assert len(line.known) == 600
    assert line.waiting == {}
