"""CryptoDataDownload: a link on the first line (or none), a header, the newest bar first.

The moment is written as an epoch (``1604646000.0``), as a date (``2020-11-06 07-AM``), or both;
where both are readable and differ the row is faulty.

Reference: https://www.cryptodatadownload.com/data/
"""

import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells, csv_text, headers


def recognises(content: bytes) -> bool:
    """Whether the header names a date, a symbol and the four prices."""
    names = csv_text.header(content)
    return headers.is_bars(names) and {"date", "symbol"} <= set(names)


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows, in the order of the file (newest first)."""
    names = csv_text.header(content)
    return cells.bars(headers.ours(csv_text.table(csv_text.lines(content)[1:], names), names))


LAYOUTS = (Layout("cryptodatadownload_csv", "bars", recognises, parse, FINAL_AT_CLOSE),)
