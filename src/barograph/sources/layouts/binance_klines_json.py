"""Binance's ``/api/v3/klines``: a list of twelve-cell rows, prices as text.

Reference: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells, json_text
from barograph.sources.layouts.binance_klines_csv import COLUMNS


def recognises(content: bytes) -> bool:
    """Whether the first row has twelve cells."""
    row = json_text.first(content)
    return isinstance(row, list) and len(row) == len(COLUMNS)


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows of one page; an empty page has none."""
    table = cells.rows_of(json_text.rows(content), COLUMNS)
    return cells.bars(table.drop("close_time", "ignore"))


LAYOUTS = (Layout("binance_klines_json", "bars", recognises, parse, FINAL_AT_CLOSE),)
