"""Bars of every resolution, against a plain twin; pages that cover a range once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.service.world import END, HOLE, bar

from barograph.service.candles import Bars, bars, gaps, resolutions, source
from barograph.service.market import Wanted, market_data
from barograph.service.reading import Reading
from barograph.service.view import View
from barograph.store.store import Bar, Store

MINUTES = {"5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440}
START = END - 86_400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.writer(tmp_path)
    yield made
    made.close()


def reading(store: Store) -> Reading:
    """A store as a request reads it."""
    return Reading(store, View(), 0.0)


def fives(start: int, count: int) -> list[Bar]:
    return [bar("BTCUSDT", "5m", start + 300 * k) for k in range(count)]


def twin(rows: list[Bar], length: int) -> dict[int, tuple[float, ...]]:
    """Coarse bars the plain way: only of groups that are whole and closed."""
    groups: dict[int, list[Bar]] = {}
    for row in rows:
        groups.setdefault(row.open_time // 1000 // length * length, []).append(row)
    whole = length // 300
    return {
        t: (
            group[0].open,
            max(one.high for one in group),
            min(one.low for one in group),
            group[-1].close,
            sum(one.volume or 0.0 for one in group),
        )
        for t, group in groups.items()
        if len(group) == whole and all(one.closed for one in group)
    }


def columns(made: Bars) -> dict[int, tuple[float, ...]]:
    rows = zip(made.open, made.high, made.low, made.close, made.volume, strict=True)
    return {int(t): tuple(map(float, row)) for t, row in zip(made.t, rows, strict=True)}


@pytest.mark.parametrize("resolution", ["15m", "30m", "1h", "4h"])
@pytest.mark.parametrize("missing", [None, 0, 7, 100, 287])
def test_a_coarse_bar_is_made_of_all_its_fine_ones_or_not_at_all(
    store: Store, resolution: str, missing: int | None
) -> None:
    rows = fives(START, 288)
    if missing is not None:
        del rows[missing]
    store.put_bars(rows)
    made = bars(reading(store), "BTCUSDT", resolution, "5m", (START, END))
    expected = twin(rows, MINUTES[resolution] * 60)
    if missing == 287:  # the last group is cut short: it is the open bar
        assert not made.last_closed
        made = made.since(0)
        expected[int(made.t[-1])] = columns(made)[int(made.t[-1])]
    got = columns(made)
    assert got.keys() == expected.keys()
    for t, row in expected.items():
        assert got[t] == pytest.approx(row, rel=1e-12)


def test_the_open_bar_is_the_last_one_and_grows(store: Store) -> None:
    store.put_bars([*fives(START, 12), bar("BTCUSDT", "5m", START + 3600, closed=False)])
    made = bars(reading(store), "BTCUSDT", "1h", "5m", (START, END))
    assert list(made.t) == [START, START + 3600]
    assert not made.last_closed
    assert made.close[-1] == bar("BTCUSDT", "5m", START + 3600).close


def test_an_open_bar_with_a_hole_before_it_is_not_shown(store: Store) -> None:
    rows = [*fives(START, 13), bar("BTCUSDT", "5m", START + 3600 + 600, closed=False)]
    store.put_bars(rows)
    made = bars(reading(store), "BTCUSDT", "1h", "5m", (START, END))
    assert list(made.t) == [START]
    assert made.last_closed


def test_a_bar_left_open_long_ago_is_not_shown(store: Store) -> None:
    """The runner died in it and its end was never learnt."""
    store.put_bars([bar("BTCUSDT", "5m", START, closed=False), *fives(START + 300, 3)])
    assert list(bars(reading(store), "BTCUSDT", "5m", "5m", (START, END)).t) == [
        START + 300,
        START + 600,
        START + 900,
    ]
    assert len(bars(reading(store), "BTCUSDT", "15m", "5m", (START, START + 900)).t) == 0


def test_the_end_of_a_page_is_no_open_bar(store: Store) -> None:
    """A page that stops inside a day asks for the day's first hours only; that is not the day."""
    store.put_bars(fives(START, 288))
    made = bars(reading(store), "BTCUSDT", "1d", "5m", (START, START + 43_200))
    assert len(made.t) == 0


def test_what_can_be_had_of_what_is_kept() -> None:
    assert resolutions(("1h",)) == ["1h", "4h", "1d"]
    assert resolutions(("5m", "1h")) == ["5m", "15m", "30m", "1h", "4h", "1d"]
    assert resolutions(()) == []
    assert source("4h", ("5m", "1h")) == "1h"
    assert source("15m", ("1m", "5m", "1h")) == "5m"
    assert source("5m", ("1h",)) is None


def test_gaps_name_the_first_and_last_missing_bar() -> None:
    t = np.array([0, 60, 240, 300, 420])
    assert gaps(t, 60) == [(120, 180), (360, 360)]
    assert gaps(t[:0], 60) == []


def asked(reading: Reading, **query: Any) -> dict[str, Any]:
    return market_data(reading, Wanted("BTC", **query))


def shown(answer: dict[str, Any]) -> list[int]:
    return [int(t) for t in answer["candles"]["t"]]


@pytest.mark.parametrize(("resolution", "limit"), [("1h", 100), ("4h", 7), ("5m", 333), ("1d", 1)])
def test_pages_cover_everything_once(reading: Reading, resolution: str, limit: int) -> None:
    whole = shown(asked(reading, resolution=resolution, limit=10_000))
    pages: list[int] = []
    before: str | None = None
    while True:
        page = asked(reading, resolution=resolution, limit=limit, end=before)
        assert len(shown(page)) <= limit
        pages = shown(page) + pages
        if page["next_before"] is None:
            break
        before = str(page["next_before"])
    assert pages == whole
    assert len(whole) == len(set(whole))


def test_a_hole_of_the_exchange_is_named_and_not_filled(reading: Reading) -> None:
    answer = asked(reading, resolution="1h", limit=48)
    assert HOLE not in shown(answer)
    assert answer["gaps"] == [(HOLE, HOLE)]


def test_a_page_reaches_across_a_hole_longer_than_itself(reading: Reading) -> None:
    """Ten bars back from three days after the last of them is the last ten, not nothing."""
    answer = asked(reading, resolution="1h", limit=10, end=str(END + 3 * 86_400))
    assert shown(answer) == [END - 3600 * k for k in range(10, 0, -1)]


def test_start_and_end_are_what_they_say(reading: Reading) -> None:
    first, last = END - 10 * 3600, END - 5 * 3600
    answer = asked(reading, resolution="1h", start=str(first), end="2025-06-18T19:00Z")
    assert shown(answer) == list(range(first, last, 3600))
    assert answer["next_before"] is None
    odd = asked(reading, resolution="1h", start=str(first + 1), end=str(last - 1))
    assert shown(odd) == list(range(first + 3600, last, 3600))
