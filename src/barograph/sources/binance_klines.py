"""Binance's spot klines over its own REST interface: all twelve cells, where ccxt keeps six.

Reference: https://developers.binance.com/docs/binance-spot-api-docs/rest-api (``GET
/api/v3/klines``: at most 1000 bars that open at or after ``startTime``, oldest first).
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from barograph.core.errors import LayoutError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import interval_length
from barograph.sources import json_text
from barograph.sources.http import HttpGet
from barograph.sources.request import USUAL, Manner, Wanted
from barograph.sources.retry import TransientError

URL: Final = "https://data-api.binance.vision"
"""The base for public market data alone; reachable from more places than ``api.binance.com``."""
PATH: Final = "/api/v3/klines"
PAGE: Final = 1000
LAYOUT: Final = "binance_klines_json"
EMPTY_ANSWERS: Final = 3
"""An empty page is believed when it has come so many times."""


def fetch(
    get: HttpGet, wanted: Wanted, base_url: str = URL, manner: Manner = USUAL
) -> Iterator[Payload]:
    """Yield pages of complete bars, oldest first, as Binance sent them.

    Raises
    ------
    SourceError
        If Binance does not know the symbol, or fails after every retry.
    """
    length = int(interval_length(wanted.interval).total_seconds() * 1000)
    stop = int(manner.clock().timestamp() * 1000) - length + 1
    if wanted.end is not None:
        stop = min(stop, int(wanted.end.timestamp() * 1000))
    key = SeriesKey("bars", "binance_spot", wanted.symbol, wanted.interval)
    cursor = int(wanted.start.timestamp() * 1000)
    empty = 0
    while cursor < stop and empty < EMPTY_ANSWERS:
        query: dict[str, str | int] = {
            "symbol": wanted.symbol,
            "interval": wanted.interval,
            "startTime": cursor,
            "endTime": stop - 1,
            "limit": PAGE,
        }
        ask = partial(_page, get, base_url + PATH, query)
        content, last = manner.retry.call(f"klines of {wanted.symbol}", ask)
        if last is None or last < cursor:
            empty += 1
            manner.retry.sleep(manner.retry.pause(empty))
            continue
        empty = 0
        name = f"{PATH} {wanted.symbol} {wanted.interval} since {cursor}"
        yield Payload(key, "binance_rest", name, LAYOUT, content)
        cursor = last + length


def _page(get: HttpGet, url: str, query: dict[str, str | int]) -> tuple[bytes, int | None]:
    """One page and the last opening time in it (epoch in ms); None where it is empty."""
    content = get(url, query)
    try:
        times = [int(row[0]) for row in json_text.rows(content) if isinstance(row, list)]
    except (LayoutError, IndexError, TypeError, ValueError) as error:
        raise TransientError(f"malformed answer ({error})") from error
    return content, max(times, default=None)
