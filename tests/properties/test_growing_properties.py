"""However bars come in, live appends leave the lake that refining leaves."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import tiny_layout as tiny

from barograph.core.errors import LakeError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR
from barograph.lake import silver
from barograph.lake.growing import Growing
from barograph.lake.lake import Lake, quarantine_table, silver_table
from barograph.lake.tables import Note
from barograph.pipelines.ingest import ingest

BAD = (-1.0, 1.0, 1.0, 1.0, 1.0)
TABLES = (silver_table(tiny.KEY), quarantine_table(tiny.KEY))


@st.composite
def rows(draw: st.DrawFn) -> tiny.Row:
    """A good bar, one that jumps, or one that cannot be."""
    hour = draw(st.integers(0, 12))
    if draw(st.integers(0, 9)) == 0:
        return (tiny.START + hour * HOUR, *BAD)
    return tiny.bar(hour, draw(st.sampled_from([100.0, 100.5, 1000.0])))


BATCHES = st.lists(st.lists(rows(), min_size=1, max_size=3), min_size=1, max_size=8)
CONTINUING = st.integers(1, 12).map(lambda count: [[tiny.bar(hour)] for hour in range(count)])


def table(lake: Lake, name: str) -> pl.DataFrame:
    if not lake.exists(name):
        return pl.DataFrame()
    rows = lake.read(name)
    return rows.sort(rows.columns)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BATCHES | CONTINUING)
def test_growing_leaves_what_refining_leaves(batches: list[list[tiny.Row]]) -> None:
    with TemporaryDirectory() as folder:
        slow, fast = Lake(Path(folder) / "slow"), Lake(Path(folder) / "fast")
        growing = Growing(fast, tiny.LAYOUTS)
        for number, batch in enumerate(batches):
            at = tiny.LATER + number * HOUR
            ingest(slow, [tiny.payload(batch)], tiny.LAYOUTS, tiny.at(at))
            growing.append([tiny.payload(batch)], at)
            for name in TABLES:
                assert table(fast, name).equals(table(slow, name)), name
            assert growing.held(tiny.KEY).rows.equals(fast.read(TABLES[0]).sort("open_time"))
        assert silver.pending(fast) == ()


class Refusing(Lake):
    """A lake whose disk refuses to write one table for a while."""

    refused = ""

    def append(self, table: str, rows: pl.DataFrame, note: Note | None = None) -> int:
        if table == self.refused:
            raise LakeError(f"cannot write {table}: no space left")
        return super().append(table, rows, note)


OTHER = replace(tiny.KEY, symbol="ETHUSDT")


@settings(max_examples=12, deadline=None)
@given(again=st.booleans(), restarted=st.booleans(), refused=st.sampled_from([tiny.KEY, OTHER]))
def test_nothing_that_one_series_was_refused_is_lost(
    again: bool, restarted: bool, refused: SeriesKey
) -> None:
    """The disk is full for one of two series, then bars go on, with or without those refused."""

    def bars(hour: int) -> list[Payload]:
        return [replace(tiny.payload([tiny.bar(hour)]), key=key) for key in (tiny.KEY, OTHER)]

    with TemporaryDirectory() as folder:
        lake = Refusing(Path(folder) / "lake")
        growing = Growing(lake, tiny.LAYOUTS)
        growing.append(bars(0), tiny.LATER)
        lake.refused = silver_table(refused)
        with pytest.raises(LakeError, match="no space"):
            growing.append(bars(1), tiny.LATER + HOUR)
        lake.refused = ""
        if restarted:
            growing = Growing(lake, tiny.LAYOUTS)
        growing.append([*(bars(1) if again else []), *bars(2)], tiny.LATER + 2 * HOUR)
        for key in (tiny.KEY, OTHER):
            assert lake.read(silver_table(key)).height == 3, key.symbol
            assert growing.held(key).rows.height == 3
        assert silver.pending(lake) == ()


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 6), st.booleans())
def test_what_was_cut_off_before_silver_is_made_up_for(bars: int, restarted: bool) -> None:
    """Bronze was written, then the power went: the same payloads again put silver right."""
    from barograph.lake import bronze

    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        growing = Growing(lake, tiny.LAYOUTS)
        growing.append([tiny.payload([tiny.bar(0)])], tiny.LATER)
        late = [tiny.payload([tiny.bar(hour)]) for hour in range(1, bars + 1)]
        bronze.add_all(lake, late, tiny.LATER)
        again = Growing(lake, tiny.LAYOUTS) if restarted else growing
        again.append(late, tiny.LATER + HOUR)
        assert lake.read(TABLES[0]).height == bars + 1
        assert silver.pending(lake) == ()
