"""A lake that is fed bar by bar stays quick to write, and every version of it readable."""

from pathlib import Path

import pytest
from tests import tiny_layout as tiny

from barograph.core.time import HOUR
from barograph.lake import bronze, silver, tables
from barograph.lake.growing import Growing
from barograph.lake.lake import Lake, silver_table

FEW = 20
BARS = 3 * FEW


def test_a_table_that_grows_by_the_bar_stays_in_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tidied once an hour, whatever the number of its version then is; bronze too."""
    monkeypatch.setattr(silver, "SMALL_FILES", FEW)
    lake = Lake(tmp_path)
    growing = Growing(lake, tiny.LAYOUTS)
    for hour in range(BARS):
        growing.append([tiny.payload([tiny.bar(hour)])], tiny.LATER + hour * HOUR)
        if hour % 7 == 0:
            growing.tidy()
    for table in (silver_table(tiny.KEY), bronze.TABLE):
        assert lake.files(table) < FEW + 7
        path, newest = lake.path(table), lake.version(table)
        assert newest is not None
        checkpoints = list((path / "_delta_log").glob("*.checkpoint.parquet"))
        assert 1 <= len(checkpoints) <= 5
        heights = [tables.read(path, version).height for version in range(0, newest + 1, 11)]
        assert heights[0] == 1
        assert heights == sorted(set(heights)), "no old version lost a row"
        assert lake.read(table).height == BARS


def test_a_table_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert Lake(tmp_path).files("silver/bars/nothing") == 0
