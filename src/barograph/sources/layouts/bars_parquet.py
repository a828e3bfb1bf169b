"""Our own bars as Parquet: ``ts`` (or ``open_time``) is the OPEN time, then the four prices."""

import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells, headers, parquet


def recognises(content: bytes) -> bool:
    """Whether the file's columns name a moment and the four prices."""
    return headers.is_bars([name.lower() for name in parquet.columns(content)])


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows; a moment without a zone is UTC, an epoch is taken by its size."""
    table = parquet.table(content)
    table = table.rename({name: name.lower() for name in table.columns})
    return cells.bars(headers.ours(table.drop(cells.FAULT, strict=False), table.columns))


LAYOUTS = (Layout("bars_parquet", "bars", recognises, parse, FINAL_AT_CLOSE),)
