"""Funding-rate history of Binance's perpetuals, over its REST interface.

Reference: https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data
(``GET /fapi/v1/fundingRate``: at most 1000 settlements a page, oldest first).
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

from barograph.core.errors import LayoutError
from barograph.core.payload import Payload
from barograph.sources import json_text
from barograph.sources.http import HttpGet
from barograph.sources.names import funding_key
from barograph.sources.request import USUAL, Manner
from barograph.sources.retry import TransientError

URL: Final = "https://fapi.binance.com"
PATH: Final = "/fapi/v1/fundingRate"
PAGE: Final = 1000
LAYOUT: Final = "binance_funding_json"


def fetch(
    get: HttpGet,
    symbol: str,
    start: datetime,
    base_url: str = URL,
    manner: Manner = USUAL,
) -> Iterator[Payload]:
    """Yield pages of settlements at or after ``start``, until none is new.

    Raises
    ------
    SourceError
        If Binance does not know the symbol, or fails after every retry.
    """
    cursor = int(start.timestamp() * 1000)
    while True:
        ask = partial(_page, get, base_url + PATH, symbol, cursor)
        content, last = manner.retry.call(f"funding of {symbol}", ask)
        if last is None or last < cursor:
            return
        name = f"{PATH} {symbol} since {cursor}"
        yield Payload(funding_key(symbol), "binance_rest", name, LAYOUT, content)
        cursor = last + 1


def _page(get: HttpGet, url: str, symbol: str, cursor: int) -> tuple[bytes, int | None]:
    """One page and its last settlement (epoch in ms); None where the page is empty."""
    content = get(url, {"symbol": symbol, "startTime": cursor, "limit": PAGE})
    try:
        rows = json_text.rows(content)
        times = [int(row["fundingTime"]) for row in rows if isinstance(row, dict)]
    except (LayoutError, KeyError, TypeError, ValueError) as error:
        raise TransientError(f"malformed answer ({error})") from error
    return content, max(times, default=None)
