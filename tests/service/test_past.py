"""A cone of the past is drawn with what was known then, and with nothing that came later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.service.world import BELIEVED_HOURS, DAYS, END, HOUR, build

from barograph.cone.season import seasons
from barograph.service.past import predicted
from barograph.service.problems import Problem
from barograph.service.reading import Reading
from barograph.service.seasons import season_then
from barograph.service.view import read_view
from barograph.store.store import Bar, Store
from barograph.targets.garman_klass import hourly_gk_variance

AS_OF = END - 10 * 24 * HOUR
"""Walked forward, a Monday 00:00 UTC; 50 days of bars lie before it."""
WEEK = 168


def loud(opened: int, factor: float) -> Bar:
    """A bar that ends where it began, and swings ``factor`` times as far at 14 h UTC."""
    swing = 0.002 * (1.0 + opened // HOUR % 5 / 10.0) * (factor if opened // HOUR % 24 == 14 else 1)
    prices = (100.0, 100.0 * (1.0 + swing), 100.0 * (1.0 - swing), 100.0)
    return Bar("BTCUSDT", "1h", opened * 1000, *prices, 1.0, 100.0, 1, 0.5, 50.0, True)


@contextmanager
def known(folder: Path, after: float) -> Iterator[Reading]:
    """A store whose 14 o'clock is loud up to ``AS_OF``, and ``after`` times as loud from then."""
    with_bars = build(folder)
    with with_bars.transaction():
        for opened in range(END - DAYS * 24 * HOUR, END, HOUR):
            with_bars.put_bars([loud(opened, 4.0 if opened < AS_OF else after)])
        with_bars.put_meta("cone:BTCUSDT", {"season": (np.arange(WEEK) * after / WEEK).tolist()})
    with_bars.close()
    store = Store.reader(folder)
    view = read_view(store)
    assert view.market is not None
    yield Reading(store, view, view.market.wall + (END + 10 - view.market.market) / 60.0)
    store.close()


def cone(reading: Reading, as_of: int) -> list[dict[str, Any]]:
    told = predicted(reading, "BTC", 168, str(as_of), "calibrated")
    assert told["source"] == "walk_forward"
    drawn: list[dict[str, Any]] = told["cone"]
    return drawn


@pytest.mark.parametrize("as_of", [AS_OF, AS_OF - 30 * HOUR, AS_OF - 8 * 24 * HOUR])
def test_what_came_later_changes_nothing_about_a_past_cone(tmp_path: Path, as_of: int) -> None:
    with known(tmp_path / "calm", 1.0) as calm, known(tmp_path / "wild", 50.0) as wild:
        assert cone(calm, as_of) == cone(wild, as_of)
        assert cone(calm, END - 13 * HOUR) != cone(wild, END - 13 * HOUR), "the week after it does"


def test_a_past_cone_widens_most_in_the_hours_known_to_be_loud(tmp_path: Path) -> None:
    """From 24 h to 72 h ahead no quantile was kept: the season decides how the way is gone."""
    with known(tmp_path, 1.0) as reading:
        drawn = cone(reading, AS_OF)
    width = np.log([one["upper_1sigma"] / one["mid"] for one in drawn])
    steps = np.diff(width**2)[24:72]  # from hour 24 + k to the one after
    assert set(np.argsort(steps)[-2:].tolist()) == {14, 38}
    assert steps[14] > 4.0 * np.median(steps)


def test_the_season_is_the_one_the_models_knew(tmp_path: Path) -> None:
    with known(tmp_path, 1.0) as reading:
        rows = reading.store.bars("BTCUSDT", "1h", 0, 1 << 62)
        hours = np.array([row[2] for row in rows]) // (HOUR * 1000) + 1
        variance = hourly_gk_variance(*np.array([row[3:7] for row in rows], dtype=float).T)
        pattern = seasons(hours, variance)
        monday = pattern[np.searchsorted(hours, AS_OF // HOUR)]
        assert np.ptp(monday) > 1.0
        for later in (0, 1, WEEK - 1):
            found = season_then(reading.store, "BTCUSDT", AS_OF + later * HOUR)
            np.testing.assert_array_equal(found, monday)
        before = season_then(reading.store, "BTCUSDT", AS_OF - HOUR)
        assert not np.array_equal(before, monday)


def test_an_hour_that_has_its_forecast_is_no_future(tmp_path: Path) -> None:
    """The exchange's clock has run ahead of what the service was last told of it."""
    with known(tmp_path, 1.0) as reading:
        newest = reading.hour("BTCUSDT", None)
        market = reading.view.market
        assert market is not None
        behind = replace(reading, wall=reading.wall - (reading.now - newest + 900.0) / market.speed)
        assert behind.now < newest
        assert behind.hour("BTCUSDT", str(newest)) == newest
        for ahead in (newest + 1, newest + HOUR):
            with pytest.raises(Problem, match="lies ahead of the market"):
                behind.hour("BTCUSDT", str(ahead))


def test_too_few_bars_know_no_season(tmp_path: Path) -> None:
    with known(tmp_path, 1.0) as reading:
        first = END - DAYS * 24 * HOUR
        for as_of in (0, first, first + 5 * 24 * HOUR):
            assert not season_then(reading.store, "BTCUSDT", as_of).any()
        assert not season_then(reading.store, "DOGEUSDT", END).any()
        assert len(cone(reading, END - BELIEVED_HOURS * HOUR)) == 169
