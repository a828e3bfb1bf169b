"""Binance's ``/fapi/v1/fundingRate``: a list of objects, one per settlement.

Reference: https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data
"""

import polars as pl

from barograph.core.payload import SETTLED, Layout
from barograph.sources import cells, json_text


def recognises(content: bytes) -> bool:
    """Whether the first row names a settlement and its rate."""
    row = json_text.first(content)
    return isinstance(row, dict) and {"fundingTime", "fundingRate"} <= set(row)


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows of one page; the rate is a fraction of the position per interval."""
    lists: list[object] = [
        [row.get("fundingTime"), row.get("fundingRate")] if isinstance(row, dict) else row
        for row in json_text.rows(content)
    ]
    return cells.observations(cells.rows_of(lists, ("event_time", "value")))


LAYOUTS = (Layout("binance_funding_json", "observations", recognises, parse, SETTLED),)
