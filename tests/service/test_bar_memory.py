"""Bars in memory are the store's, whatever is written between two looks."""

import random
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tests.service.world import END, bar

from barograph.core.types import Floats
from barograph.service.bar_memory import BarMemory
from barograph.store.store import Bar, Store

HOURS = 60
BEGIN = END - HOURS * 3600


def plain(store: Store, start: int, end: int) -> Floats:
    """The same bars, read anew: closed ones, and an open one behind them all."""
    every = [Bar(*row) for row in store.bars("BTCUSDT", "1h", 0, 1 << 60)]
    last = max((one.open_time for one in every if one.closed), default=-1)
    opened = [one for one in every if not one.closed and one.open_time > last][-1:]
    rows = [
        (*one[2:8], np.nan if one.taker_buy_base is None else one.taker_buy_base, float(one.closed))
        for one in (*(one for one in every if one.closed), *opened)
        if start <= one.open_time < end
    ]
    return np.array(rows, dtype=float).reshape(-1, 8).T


def put(store: Store, hour: int, close: float, *, closed: bool = True) -> None:
    one = bar("BTCUSDT", "1h", BEGIN + hour * 3600)
    with store.transaction():
        store.put_bars([one._replace(close=close, closed=closed, volume=None if hour % 7 else 2.0)])


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_written_between_two_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Growth, open bars, corrections, late bars and removals, looked at through any span."""
    monkeypatch.setattr("barograph.service.bar_memory.REACH", 10 if seed % 2 else 20_000)
    rng, memory = random.Random(seed), BarMemory()
    with closing(Store.writer(tmp_path)) as store, closing(Store.reader(tmp_path)) as mine:
        end = 0
        for _ in range(80):
            what = rng.choice(["grow", "grow", "open", "skip", "change", "remove", "same"])
            if what == "grow":
                put(store, end, rng.random())
                end += 1
            elif what == "open":
                put(store, end, rng.random(), closed=False)
            elif what == "skip":
                end += 1
            elif what == "change" and end:  # or a late one
                put(store, rng.randrange(end), rng.random())
            elif what == "remove" and end:
                opened = (BEGIN + rng.randrange(end) * 3600) * 1000
                with store.transaction():
                    store.connection.execute("DELETE FROM bars WHERE open_time = ?", (opened,))
            first = BEGIN + rng.randrange(-2, end + 2) * 3600
            span = first * 1000, (first + rng.randrange(1, 40) * 3600) * 1000
            found = memory.bars(mine, "BTCUSDT", "1h", span)
            np.testing.assert_array_equal(found, plain(mine, *span))


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """Bars at the end and the same bars again leave the revision as it is."""
    with closing(Store.writer(tmp_path)) as store:
        for hour in range(5):
            put(store, hour, 1.0, closed=False)
            put(store, hour, 2.0)
        before = store.revision("BTCUSDT", "1h")
        put(store, 2, 2.0)
        put(store, 5, 2.0)
        assert store.revision("BTCUSDT", "1h") == before
        put(store, 2, 3.0)
        assert store.revision("BTCUSDT", "1h") == before + 1
        assert store.revision("ETHUSDT", "1h") == 0
