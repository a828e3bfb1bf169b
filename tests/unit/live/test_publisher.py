"""What is published once and shown for good: owed hours, refused disks, and changed minds."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.ledger.samples import FIRST, forecast_frame, publication

from barograph.core.errors import LakeError
from barograph.core.levels import LEVELS
from barograph.core.time import HOUR
from barograph.ledger.forecasts import Entry, Ledger
from barograph.ledger.payload import forecast_payload
from barograph.live.answer import Beside, quantiles_of
from barograph.live.board import Board
from barograph.live.minds import Thought
from barograph.live.publisher import Publisher, corrected
from barograph.pipelines.append import Made
from barograph.store.beliefs import Belief

ENTRY = Entry(1, "0" * 64, "1" * 64, publication())


def thought_of(as_of: datetime, frame: pl.DataFrame | None = None) -> Thought:
    """What a mind thinks of an hour."""
    frame = forecast_frame(as_of) if frame is None else frame
    quantiles = quantiles_of(forecast_payload(frame))
    belief = Belief(
        float(frame["price"][0]), 1, np.array([1, 1]), frame["variance"].to_numpy(), quantiles,
        np.zeros((2, 3)), np.zeros((2, 2)), np.zeros(4),
    )  # fmt: skip
    made = Made("BTCUSDT", "binance_spot", as_of, frame, "m" * 64)
    return Thought(made, belief, Beside(np.zeros(168)))


class Mind:
    """Steps from hour to hour and thinks what it is told to."""

    symbol, venue = "BTCUSDT", "binance_spot"

    def __init__(self) -> None:
        self.at, self.outdated = FIRST, False
        self.frames: dict[datetime, pl.DataFrame] = {}

    def step(self) -> Thought | None:
        self.at += HOUR
        return self.thought(self.at)

    def thought(self, as_of: datetime) -> Thought | None:
        return thought_of(as_of, self.frames.get(as_of)) if as_of <= self.at else None


class Record:
    """A ledger on disk, refusing when told to."""

    def __init__(self, folder: Path) -> None:
        self.ledger, self.full = Ledger(folder), False
        self.entries: dict[tuple[str, datetime], Entry] = {}

    @property
    def first(self) -> datetime | None:
        return min((as_of for _, as_of in self.entries), default=None)

    def publish(self, made: list[Made], now: datetime) -> list[Entry]:
        if self.full:
            raise LakeError("disk full")
        told = [
            publication(as_of=one.as_of, issued_at=now, forecast=forecast_payload(one.frame))
            for one in made
        ]
        found = list(self.ledger.publish(told, once=True))
        self.entries |= {(one.published.symbol, one.published.as_of): one for one in found}
        return found


class Projection:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.shown: dict[datetime, Thought] = {}

    def has(self, entry: Entry) -> bool:
        return entry.published.as_of in self.shown

    def forecasts(self, pairs: list[tuple[Entry, Thought]]) -> None:
        self.shown |= {entry.published.as_of: thought for entry, thought in pairs}


class Keeper:
    """Distrusts nothing."""

    def distrust(self, *_hour: object) -> tuple[str, ...]:
        return ()


class Clock:
    """A second after the fifth hour."""

    speed = 1.0

    def __call__(self) -> datetime:
        return FIRST + 5 * HOUR + timedelta(seconds=1)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    parts: tuple[Any, ...] = (Record(tmp_path), Projection(), Keeper(), Board(["BTCUSDT"]), Clock())
    return Publisher({"BTCUSDT": Mind()}, *parts)


def test_an_entry_whose_hour_stands_is_not_doubted() -> None:
    assert corrected(ENTRY, 63_123.45) == ()


def test_an_entry_made_from_a_close_that_was_corrected_says_both() -> None:
    (words,) = corrected(ENTRY, 6_312.3)
    assert words == "it was made from a price of 63,123.45, since corrected to 6,312.30"


def test_an_hour_that_the_disk_refused_is_owed_and_published_afterwards(
    publisher: Publisher,
) -> None:
    publisher.publish(FIRST + HOUR)
    publisher.record.full = True  # type: ignore[attr-defined]
    with pytest.raises(LakeError):
        publisher.publish(FIRST + 2 * HOUR)
    publisher.record.full = False  # type: ignore[attr-defined]
    assert publisher.next_hour == FIRST + 3 * HOUR, "the mind has gone on"
    assert publisher.owed() == [FIRST + 2 * HOUR]
    for hour in publisher.owed():
        publisher.publish(hour)
    assert publisher.owed() == []
    assert [as_of for _, as_of in publisher.record.entries] == [FIRST + k * HOUR for k in (1, 2)]


def test_nothing_is_published_from_a_history_that_has_changed(publisher: Publisher) -> None:
    mind = publisher.minds["BTCUSDT"]
    mind.outdated = True  # type: ignore[misc]
    assert publisher.publish(FIRST + HOUR) == []
    assert mind.at == FIRST, "no mind goes on"
    mind.outdated = False  # type: ignore[misc]
    assert len(publisher.publish(FIRST + HOUR)) == 1


def test_what_is_shown_of_an_entry_are_its_own_numbers_whatever_is_thought_today(
    publisher: Publisher,
) -> None:
    """A store that is made again after a bar was corrected, or by another program."""
    hour = FIRST + HOUR
    publisher.publish(hour)
    shown = publisher.projection.shown  # type: ignore[attr-defined]
    assert not shown[hour].beside.anew
    before = shown.pop(hour)
    assert publisher.mend() == 1
    assert not shown[hour].beside.anew, "read back from the ledger it is the same"

    shown.clear()
    wider = [pl.col(name) * 1.5 for name in forecast_frame(hour).columns if name.startswith("q0")]
    publisher.minds["BTCUSDT"].frames[hour] = forecast_frame(hour).with_columns(wider)  # type: ignore[attr-defined]
    publisher.mend()
    after = shown[hour]
    assert after.beside.anew
    np.testing.assert_array_equal(after.belief.quantiles, before.belief.quantiles)
    np.testing.assert_array_equal(after.belief.variance, before.belief.variance)
    assert after.belief.quantiles.shape == (2, len(LEVELS))


def test_an_entry_ahead_of_the_minds_is_shown_once_they_have_come_so_far(
    publisher: Publisher,
) -> None:
    hour = FIRST + HOUR
    publisher.publish(hour)
    shown = publisher.projection.shown  # type: ignore[attr-defined]
    shown.clear()
    mind = publisher.minds["BTCUSDT"]
    mind.at = FIRST  # type: ignore[misc]
    assert publisher.mend() == 0
    mind.step()
    assert publisher.mend() == 1
    assert not shown[hour].beside.anew
