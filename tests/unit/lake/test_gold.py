"""Gold is kept once for each state it was made from."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from barograph.core.errors import LakeError
from barograph.lake import gold
from barograph.lake.lake import Lake

TABLE = pl.DataFrame(
    {"as_of": [datetime(2024, 1, 1, h, tzinfo=UTC) for h in (2, 1)], "x": [1.0, 2.0]}
)


def test_the_same_identity_is_not_written_twice(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert gold.write(lake, "BTCUSDT", TABLE, "one") == 0
    assert gold.write(lake, "BTCUSDT", TABLE, "one") == 0
    wider = TABLE.with_columns(y=pl.lit(3))
    assert gold.write(lake, "BTCUSDT", wider, "two") == 1
    assert gold.read(lake, "BTCUSDT").equals(wider.sort("as_of"))
    assert gold.read(lake, "BTCUSDT", 0).columns == ["as_of", "x"]


def test_gold_needs_its_clock(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="needs a column as_of"):
        gold.write(Lake(tmp_path), "BTCUSDT", TABLE.drop("as_of"), "one")
