"""What a record cites of the lake stays the same, unless a byte of it changes."""

from pathlib import Path
from shutil import rmtree

import polars as pl
import pytest
from deltalake import write_deltalake
from tests import tiny_layout as tiny

from barograph.core.errors import LakeError
from barograph.core.time import HOUR
from barograph.lake import tables
from barograph.lake.fingerprint import Known, Log, fingerprint
from barograph.lake.lake import Lake, silver_table
from barograph.lake.tables import MarkMovedError, Note, opened
from barograph.pipelines.ingest import ingest

TABLE = silver_table(tiny.KEY)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    for hour in range(3):
        ingest(
            made, [tiny.payload([tiny.bar(hour)])], tiny.LAYOUTS, tiny.at(tiny.LATER + hour * HOUR)
        )
    return made


def test_later_versions_leave_it_as_it_was(lake: Lake) -> None:
    cited = lake.data_versions()
    before = fingerprint(lake, cited)
    assert list(before) == [TABLE]
    ingest(lake, [tiny.payload([tiny.bar(3)])], tiny.LAYOUTS, tiny.at(tiny.LATER + 9 * HOUR))
    lake.compact(TABLE)
    assert fingerprint(lake, cited) == before
    assert fingerprint(lake, lake.data_versions()) != before


@pytest.mark.parametrize("what", ["*.parquet", "_delta_log/*.json"])
def test_a_flipped_byte_shows(lake: Lake, what: str) -> None:
    cited = lake.data_versions()
    before = fingerprint(lake, cited)
    file = next(lake.path(TABLE).glob(what))
    content = bytearray(file.read_bytes())
    content[-10] ^= 1
    file.write_bytes(content)
    try:
        assert fingerprint(lake, cited) != before
    except LakeError as error:
        assert "cannot" in str(error)  # noqa: PT017 - the log may not be readable any more


def test_a_missing_file_is_named(lake: Lake) -> None:
    next(lake.path(TABLE).glob("*.parquet")).unlink()
    with pytest.raises(LakeError, match="is gone; restore it"):
        fingerprint(lake, lake.data_versions())


def test_a_log_leads_to_the_files_that_the_engine_reads(lake: Lake) -> None:
    """At every version, compacted ones among them; and step by step as at once."""
    lake.compact(TABLE)
    ingest(lake, [tiny.payload([tiny.bar(4)])], tiny.LAYOUTS, tiny.at(tiny.LATER + 9 * HOUR))
    path, log, known = lake.path(TABLE), Log(), Known()
    newest = lake.data_versions()[TABLE]
    assert newest >= 4
    for version in range(newest + 1):
        log.read(path, TABLE)
        engine = {uri.rsplit("/", 1)[-1] for uri in opened(path, version).file_uris()}
        assert set(log.files) == engine
        at_once = fingerprint(lake, {TABLE: version})
        assert fingerprint(lake, {TABLE: version}, known) == at_once
    assert fingerprint(lake, {TABLE: 0}, known) == fingerprint(lake, {TABLE: 0})


def test_versions_are_counted_as_the_engine_counts_them(lake: Lake) -> None:
    """Also where the table was deleted and made anew behind our back."""
    path = lake.path(TABLE)
    assert tables.version(path) == opened(path).version() > 0
    rmtree(path)
    assert tables.version(path) is None
    rows = pl.DataFrame({"a": [1]})
    tables.append(path, rows)
    assert tables.version(path) == 0
    tables.append(path, rows)
    rmtree(path)
    tables.append(path, rows)
    assert tables.version(path) == opened(path).version() == 0
    assert tables.read(path).height == 1


def test_another_writer_of_the_table_is_noticed(lake: Lake) -> None:
    """A handle kept open sees what was committed elsewhere before it commits itself."""
    path = lake.path("silver/bars/shared")
    rows = pl.DataFrame({"a": [1]})
    tables.append(path, rows, Note(seen={"mark": 1}))
    write_deltalake(str(path), rows, mode="append")
    tables.append(path, rows, Note(seen={"mark": 2}, expects={"mark": 1}))
    assert tables.read(path).height == 3
    with pytest.raises(MarkMovedError):
        tables.append(path, rows, Note(expects={"mark": 1}))
    tables.append(path, rows, Note(expects={"mark": 2}))
    assert tables.version(path) == 3
