"""Parquet: what columns a file has before it is read, and the reading, damage said in a line."""

from io import BytesIO
from typing import Final

import polars as pl

from barograph.core.errors import LayoutError

MAGIC: Final = b"PAR1"


def columns(content: bytes) -> dict[str, pl.DataType]:
    """Columns and their types; empty where the content is no Parquet at all.

    Raises
    ------
    LayoutError
        If it begins as Parquet and cannot be read, for instance because it was cut short.
    """
    if not content.startswith(MAGIC):
        return {}
    try:
        return pl.read_parquet_schema(BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LayoutError(_damaged(content, error)) from error


def table(content: bytes) -> pl.DataFrame:
    """All of a file.

    Raises
    ------
    LayoutError
        If a part of it cannot be read.
    """
    try:
        return pl.read_parquet(BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LayoutError(_damaged(content, error)) from error


def _damaged(content: bytes, error: Exception) -> str:
    reason = " ".join(str(error).split())[:120]
    return f"Parquet file of {len(content)} bytes is damaged ({reason}); fetch it again"
