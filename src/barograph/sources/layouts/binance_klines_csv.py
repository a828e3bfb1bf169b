"""Binance's klines as CSV: the public archives, with or without a header.

Reference: https://github.com/binance/binance-public-data (spot archives are in microseconds from
2025-01-01 on, in milliseconds before).
"""

from typing import Final

import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells, csv_text, headers

COLUMNS: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "trades",
    "taker_buy_base",
    "taker_buy_quote",
    "ignore",
)
LOOKED_AT: Final = 20


def is_kline(line: str) -> bool:
    """Whether a line is twelve numbers, the first one an epoch."""
    written = csv_text.split(line)
    if len(written) != len(COLUMNS) or not all(csv_text.is_number(cell) for cell in written):
        return False
    return float(written[0]) >= cells.EPOCHS[0][0]


def has_header(content: bytes) -> bool:
    """Whether the first line names the columns of a kline."""
    names = csv_text.header(content)
    return headers.is_bars(names) and "close_time" in names


def recognises(content: bytes) -> bool:
    """Whether there is a header, or a quarter of the first lines are klines (some may be bad)."""
    if has_header(content):
        return True
    first = csv_text.lines(content, limit=LOOKED_AT)
    return bool(first) and sum(map(is_kline, first)) * 4 >= len(first)


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows; epochs in s, ms or µs, each row by itself."""
    rows = csv_text.lines(content)
    if not has_header(content):
        return cells.bars(csv_text.table(rows, COLUMNS).drop("close_time", "ignore"))
    names = csv_text.header(content)
    return cells.bars(headers.ours(csv_text.table(rows[1:], names), names))


LAYOUTS = (Layout("binance_klines_csv", "bars", recognises, parse, FINAL_AT_CLOSE),)
