"""What a record cites of the lake stays the same, unless a byte of it changes."""

from pathlib import Path

import pytest
from tests import tiny_layout as tiny

from barograph.core.errors import LakeError
from barograph.core.time import HOUR
from barograph.lake.fingerprint import fingerprint
from barograph.lake.lake import Lake, silver_table
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
