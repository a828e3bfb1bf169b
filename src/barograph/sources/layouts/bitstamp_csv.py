"""Bitstamp style: any CSV whose header names a moment, the four prices and perhaps the volumes.

``timestamp,open,high,low,close,volume`` with Unix seconds is what Bitstamp's own API and the
usual collections of its history write; any epoch unit and ISO dates are read too.

Reference: https://www.bitstamp.net/api/#tag/Market-info/operation/GetOHLCData
"""

import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells, csv_text, headers


def recognises(content: bytes) -> bool:
    """Whether the header names bars and neither Binance's nor CryptoDataDownload's extras."""
    names = csv_text.header(content)
    special = "close_time" in names or {"date", "symbol"} <= set(names)
    return headers.is_bars(names) and not special


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows, in the order of the file."""
    names = csv_text.header(content)
    return cells.bars(headers.ours(csv_text.table(csv_text.lines(content)[1:], names), names))


LAYOUTS = (Layout("bitstamp_csv", "bars", recognises, parse, FINAL_AT_CLOSE),)
