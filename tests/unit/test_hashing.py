"""Canonical bytes: the same for the same content, another for another."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from barograph.core.errors import InputError
from barograph.core.hashing import canonical, digest, frame_hash, value_hash

FRAME = pl.DataFrame(
    {
        "moment": [datetime(2024, 5, 1, h, tzinfo=UTC) for h in range(4)],
        "day": [date(2024, 5, 1), None, date(2024, 5, 2), date(2024, 5, 3)],
        "span": [timedelta(hours=h) for h in range(4)],
        "value": [0.1, None, float("nan"), -0.0],
        "count": [1, 2, None, 2**62],
        "flag": [True, None, False, True],
        "name": ["a", "", None, "ü"],
        "raw": [b"a", b"", None, b"\xff"],
    }
)


def test_canonical_json_is_sorted_and_exact() -> None:
    assert canonical({"b": 0.1 + 0.2, "a": [1, None]}) == b'{"a":[1,null],"b":0.30000000000000004}'
    assert value_hash({}) == digest(b"{}") == hashlib.sha256(b"{}").hexdigest()
    with pytest.raises(InputError, match="cannot hash the value"):
        canonical({1j})


def test_the_hash_of_a_table_never_changes() -> None:
    """Frozen: ledger entries of years ago hold hashes made by this rule."""
    assert frame_hash(FRAME) == ("f6b5b46c224f4c3c99842de98c82d05a2fd4b3d6438368919b5f835bb170e459")


def test_neither_chunks_nor_the_order_of_columns_count() -> None:
    chunked = pl.concat([FRAME[:1], FRAME[1:3], FRAME[3:]], rechunk=False)
    assert frame_hash(chunked) == frame_hash(FRAME)
    assert frame_hash(FRAME.select(sorted(FRAME.columns))) == frame_hash(FRAME)
    assert frame_hash(FRAME.with_columns(pl.col("name").cast(pl.Categorical))) == frame_hash(FRAME)


@pytest.mark.parametrize(
    "changed",
    [
        FRAME.reverse(),
        FRAME.head(3),
        FRAME.rename({"value": "price"}),
        FRAME.with_columns(value=pl.Series([0.1, float("nan"), None, -0.0])),
        FRAME.with_columns(value=pl.Series([0.1, None, float("nan"), 0.0])),
        FRAME.with_columns(value=pl.Series([0.1 + 2e-16, None, float("nan"), -0.0])),
        FRAME.with_columns(count=pl.Series([1, 2, 0, 2**62])),
        FRAME.with_columns(count=pl.col("count").cast(pl.UInt64)),
        FRAME.with_columns(count=pl.col("count").cast(pl.Float64)),
        FRAME.with_columns(flag=pl.col("flag").cast(pl.Int8)),
        FRAME.with_columns(value=pl.col("value").cast(pl.Float32)),
        FRAME.with_columns(name=pl.Series(["", "a", None, "ü"])),
        FRAME.with_columns(raw=pl.Series([b"", b"a", None, b"\xff"])),
        FRAME.with_columns(moment=pl.col("moment").dt.replace_time_zone(None)),
        FRAME.with_columns(span=pl.col("span").cast(pl.Int64)),
        FRAME.drop("day"),
    ],
)
def test_every_other_change_counts(changed: pl.DataFrame) -> None:
    assert frame_hash(changed) != frame_hash(FRAME)


def test_a_null_counts_by_its_flag_alone() -> None:
    hidden = (
        pl.Series("x", [1.0, 2.0])
        .to_frame()
        .with_columns(pl.when(pl.Series([True, False])).then("x").alias("x"))
    )
    assert frame_hash(hidden) == frame_hash(pl.DataFrame({"x": [1.0, None]}))


def test_a_kind_without_canonical_bytes_is_refused() -> None:
    with pytest.raises(InputError, match=r"column 'x' is List\(Int64\)"):
        frame_hash(pl.DataFrame({"x": [[1]]}))
