"""One way to hash values and tables, so that a hash written years ago can be checked today."""

import hashlib
from collections.abc import Iterable
from typing import Final

import numpy as np
import orjson
import polars as pl

from barograph.core.errors import InputError

FRAME_RULE: Final = b"barograph frame 1\n"
"""Begins every frame hash; the number changes when the rule below does."""


def canonical(value: object) -> bytes:
    """Write a value as JSON with sorted keys, no spaces and every float to the last bit.

    Floats are the shortest decimal that reads back as the same 64 bits.

    Parameters
    ----------
    value : object
        Dicts with string keys, lists, strings, ints, finite floats, booleans and None.

    Raises
    ------
    InputError
        If the value is of another kind. A NaN would come out as ``null``: keep it away.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise InputError(f"cannot hash the value: {error}; write it as plain JSON") from error


def digest(content: bytes) -> str:
    """SHA-256 of some bytes, 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def value_hash(value: object) -> str:
    """SHA-256 of the canonical form of a value."""
    return digest(canonical(value))


def frame_hash(frame: pl.DataFrame) -> str:
    """SHA-256 of a table's content, the same however the table lies on disk or in memory.

    Parameters
    ----------
    frame : DataFrame
        Columns of numbers, booleans, strings, bytes, dates or moments. The order of the rows
        counts (sort before hashing); the order of the columns, the chunks in memory and the row
        groups of the file it came from do not.

    Returns
    -------
    hash : str
        64 hex digits.

    Raises
    ------
    InputError
        If a column is of a kind that has no canonical bytes here (lists, structs, objects).

    Notes
    -----
    Per column, in order of name: the name, the kind, the number of rows, which rows are null
    (one byte each), and the values as little-endian 64-bit words (text as lengths and UTF-8).
    A null counts by its flag alone. Every NaN is one NaN; ``-0.0`` differs from ``0.0``.
    """
    state = hashlib.sha256(FRAME_RULE)
    for name in sorted(frame.columns):
        for part in column_parts(frame[name]):
            state.update(len(part).to_bytes(8, "little"))
            state.update(part)
    return state.hexdigest()


def monthly_hashes(frame: pl.DataFrame, time: str) -> dict[str, str]:
    """Hash of the rows of every calendar month, so that growth at the end costs one month only.

    Parameters
    ----------
    frame : DataFrame
        As for ``frame_hash``.
    time : str
        Column of moments that says which month a row belongs to.

    Returns
    -------
    hashes : dict
        ``2024-03`` to ``frame_hash`` of that month's rows, in their order, months ascending.
    """
    months = frame[time].dt.strftime("%Y-%m").alias("_month")
    parts = frame.with_columns(months).partition_by("_month", as_dict=True, include_key=False)
    return {str(month): frame_hash(part) for (month,), part in sorted(parts.items())}


def column_parts(column: pl.Series) -> Iterable[bytes]:
    """Canonical bytes of one column: name, kind, rows, nulls, values."""
    kind, values = canonical_values(column)
    yield column.name.encode()
    yield kind.encode()
    yield len(column).to_bytes(8, "little")
    yield column.is_null().to_numpy().astype(np.uint8).tobytes()
    yield from values


def canonical_values(column: pl.Series) -> tuple[str, list[bytes]]:
    """Name the kind of a column, independent of the program's version, with its bytes."""
    dtype = column.dtype
    if dtype.is_float():
        values = column.cast(pl.Float64).fill_null(0.0).to_numpy().astype("<f8")
        return f"float{dtype_bits(dtype)}", [np.where(np.isnan(values), np.nan, values).tobytes()]
    if dtype.is_integer() or dtype == pl.Boolean:
        kind = "boolean" if dtype == pl.Boolean else str(dtype).lower()
        word = "<u8" if dtype == pl.UInt64 else "<i8"
        filled = column.cast(pl.UInt64 if dtype == pl.UInt64 else pl.Int64).fill_null(0)
        return kind, [filled.to_numpy().astype(word).tobytes()]
    if isinstance(dtype, pl.Datetime | pl.Duration | pl.Date):
        physical = column.to_physical().cast(pl.Int64).fill_null(0)
        return moment_kind(dtype), [physical.to_numpy().astype("<i8").tobytes()]
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        texts = column.cast(pl.String).fill_null("")
        sizes = texts.str.len_bytes().to_numpy().astype("<i8").tobytes()
        return "string", [sizes, "".join(texts.to_list()).encode()]
    if dtype == pl.Binary:
        chunks = [b"" if chunk is None else chunk for chunk in column.to_list()]
        return "binary", [lengths(chunks), b"".join(chunks)]
    raise InputError(f"column {column.name!r} is {dtype}: it has no canonical bytes; leave it out")


def moment_kind(dtype: pl.Datetime | pl.Duration | pl.Date) -> str:
    """Name a kind of time, with its unit and zone."""
    if isinstance(dtype, pl.Datetime):
        return f"datetime[{dtype.time_unit},{dtype.time_zone or ''}]"
    return f"duration[{dtype.time_unit}]" if isinstance(dtype, pl.Duration) else "date"


def dtype_bits(dtype: pl.DataType) -> int:
    """Width of a float."""
    return 32 if dtype == pl.Float32 else 64


def lengths(parts: list[bytes]) -> bytes:
    """Lengths of texts as 64-bit words, so that ``ab, c`` differs from ``a, bc``."""
    return np.array([len(part) for part in parts], dtype="<i8").tobytes()
