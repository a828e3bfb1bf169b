"""The read model: nothing is replaced that must stay, nothing of an older program is read."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from barograph.core.errors import LakeError
from barograph.store.beliefs import Belief, Layout, unpack
from barograph.store.schema import FORMAT
from barograph.store.store import FILE, KEPT_EVENTS, Bar, BeliefRow, Store

LAYOUT = Layout((1, 24), ("base", "trend"), ("base",), ("return_1h",))


def bar(opened: int, close: float, closed: bool, interval: str = "1h") -> Bar:
    return Bar("BTCUSDT", interval, opened, 1.0, 2.0, 0.5, close, 1.0, None, 5, None, None, closed)


def belief(rng: np.random.Generator) -> Belief:
    return Belief(
        price=100.0,
        regime=-1,
        confidence=np.array([0, 2]),
        variance=rng.normal(size=2),
        quantiles=rng.normal(size=(2, 13)),
        terms=rng.normal(size=(2, 2)),
        odds=rng.normal(size=(2, 1)),
        inputs=np.array([np.nan]),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.writer(tmp_path)


def test_an_open_bar_never_replaces_a_closed_one(store: Store) -> None:
    store.put_bars([bar(0, 1.5, closed=False)])
    store.put_bars([bar(0, 1.6, closed=True)])
    store.put_bars([bar(0, 1.7, closed=False)])
    ((*_, closed),) = store.bars("BTCUSDT", "1h", 0, 1)
    assert closed == 1
    assert store.bars("BTCUSDT", "1h", 0, 1)[0][6] == 1.6


def test_bars_of_a_range_are_its_last_ones_ascending(store: Store) -> None:
    store.put_bars([bar(hour, 1.0, closed=True) for hour in (3, 1, 2, 5)])
    assert [row[2] for row in store.bars("BTCUSDT", "1h", 1, 5, limit=2)] == [2, 3]
    assert store.span("BTCUSDT", "1h") == (1, 5)
    assert store.span("ETHUSDT", "1h") is None


def test_every_series_is_found(store: Store) -> None:
    store.put_bars([bar(0, 1.0, closed=True, interval=name) for name in ("5m", "1h", "1m")])
    store.put_bars([bar(0, 1.0, closed=True)._replace(symbol="ETHUSDT")])
    assert store.series() == [
        ("BTCUSDT", "1h"),
        ("BTCUSDT", "1m"),
        ("BTCUSDT", "5m"),
        ("ETHUSDT", "1h"),
    ]


def test_a_walk_forward_never_replaces_what_was_published(store: Store) -> None:
    store.put_beliefs([BeliefRow("BTCUSDT", 3600, None, None, b"walked")])
    store.put_beliefs([BeliefRow("BTCUSDT", 3600, 7, 3601, b"published")])
    store.put_beliefs([BeliefRow("BTCUSDT", 3600, None, None, b"walked again")])
    found = store.belief("BTCUSDT", 3600)
    assert found is not None
    assert (found.sequence, found.body) == (7, b"published")


def test_a_belief_comes_back_to_the_last_bit() -> None:
    said = belief(np.random.default_rng(1))
    read = unpack(said.pack(), LAYOUT)
    for name in ("confidence", "variance", "quantiles", "terms", "odds", "inputs"):
        assert np.array_equal(getattr(read, name), getattr(said, name), equal_nan=True), name
    assert (read.price, read.regime) == (said.price, said.regime)


def test_a_belief_of_another_layout_is_refused() -> None:
    body = belief(np.random.default_rng(1)).pack()
    with pytest.raises(ValueError, match="wanted"):
        unpack(body, Layout((1,), ("base",), ("base",), ()))


def test_events_are_numbered_without_a_hole_and_old_ones_go(store: Store) -> None:
    first = store.event_span()
    assert first == (0, 0)
    store.publish([("status", {"n": n}) for n in range(KEPT_EVENTS + 5)])
    oldest, newest = store.event_span()
    assert newest - oldest + 1 == KEPT_EVENTS
    after = store.events(newest - 3)
    assert [event.seq for event in after] == [newest - 2, newest - 1, newest]


def test_a_store_made_anew_never_reuses_a_number(tmp_path: Path) -> None:
    store = Store.writer(tmp_path)
    store.publish([("status", {})])
    _, before = store.event_span()
    store.close()
    for path in tmp_path.iterdir():
        path.unlink()
    again = Store.writer(tmp_path)
    again.publish([("status", {})])
    assert again.event_span()[0] > before


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def cut_short() -> None:
        with store.transaction():
            store.put_meta("market", {"kind": "live"})
            store.put_meta("status", object())

    with pytest.raises(TypeError):
        cut_short()
    assert store.meta("market") is None


def test_a_reader_sees_what_was_committed_and_cannot_write(tmp_path: Path, store: Store) -> None:
    reader = Store.reader(tmp_path)
    before = reader.data_version
    with store.transaction():
        store.put_forecast("BTCUSDT", 3600, {"price": 1.0})
    assert reader.data_version != before
    assert reader.forecast("BTCUSDT") == {"price": 1.0}
    with pytest.raises(sqlite3.OperationalError):
        reader.put_meta("market", {})


def test_no_store_and_one_of_another_program_are_said(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no store"):
        Store.reader(tmp_path)
    store = Store.writer(tmp_path)
    store.connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    store.put_meta("market", {"kind": "live"})
    store.close()
    with pytest.raises(LakeError, match="no store"):
        Store.reader(tmp_path)
    assert Store.writer(tmp_path).meta("market") is None, "made anew"
    assert (tmp_path / FILE).exists()
