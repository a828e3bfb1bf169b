"""ccxt's unified OHLCV: a list of ``[epoch ms, open, high, low, close, volume]``.

Reference: https://docs.ccxt.com/#/?id=ohlcv-structure
"""

from typing import Final

import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells, json_text

COLUMNS: Final = ("open_time", "open", "high", "low", "close", "volume")


def recognises(content: bytes) -> bool:
    """Whether the first row has six cells."""
    row = json_text.first(content)
    return isinstance(row, list) and len(row) == len(COLUMNS)


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows of one page; an empty page has none."""
    return cells.bars(cells.rows_of(json_text.rows(content), COLUMNS))


LAYOUTS = (Layout("ccxt_ohlcv_json", "bars", recognises, parse, FINAL_AT_CLOSE),)
