"""Binance's funding-rate archive: ``calc_time,funding_interval_hours,last_funding_rate``.

Reference: https://github.com/binance/binance-public-data (data/futures/um/monthly/fundingRate)
"""

from typing import Final

import polars as pl

from barograph.core.payload import SETTLED, Layout
from barograph.sources import cells, csv_text

NAMES: Final = {"calc_time": "event_time", "last_funding_rate": "value"}


def recognises(content: bytes) -> bool:
    """Whether the header names the settlement and its rate."""
    return set(NAMES) <= set(csv_text.header(content))


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows; the rate is a fraction of the position per funding interval."""
    names = csv_text.header(content)
    table = csv_text.table(csv_text.lines(content)[1:], names)
    return cells.observations(table.rename(NAMES).select("event_time", "value", cells.FAULT))


LAYOUTS = (Layout("binance_funding_csv", "observations", recognises, parse, SETTLED),)
