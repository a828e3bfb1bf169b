"""Binance's kline messages as its WebSocket sent them, one JSON object a line.

Only final messages (``x`` is true) are kept as payloads. Reference:
https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams (``<symbol>@kline_``;
a combined stream wraps the message in ``{"stream": ..., "data": ...}``).
"""

from typing import Any, Final

import orjson
import polars as pl

from barograph.core.payload import FINAL_AT_CLOSE, Layout
from barograph.sources import cells

KEYS: Final = {
    "open_time": "t",
    "open": "o",
    "high": "h",
    "low": "l",
    "close": "c",
    "volume": "v",
    "quote_volume": "q",
    "trades": "n",
    "taker_buy_base": "V",
    "taker_buy_quote": "Q",
}
"""Our name of each cell of ``k`` to Binance's."""


def recognises(content: bytes) -> bool:
    """Whether the first line is a kline message."""
    head = content.lstrip()[:1]
    return head == b"{" and kline_of(content.lstrip().split(b"\n", 1)[0]) is not None


def parse(content: bytes) -> pl.DataFrame:
    """Read every line; one that is no kline message is a faulty row."""
    lines = [line for line in content.splitlines() if line.strip()]
    return cells.bars(cells.rows_of([_row(line) for line in lines], tuple(KEYS)))


def kline_of(line: bytes) -> dict[str, Any] | None:
    """The object ``k`` of a message, wrapped or not; None where it is none."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if isinstance(message, dict) and isinstance(message.get("data"), dict):
        message = message["data"]
    if not isinstance(message, dict) or message.get("e") != "kline":
        return None
    kline = message.get("k")
    return kline if isinstance(kline, dict) else None


def _row(line: bytes) -> object:
    kline = kline_of(line)
    if kline is None:
        return line[:40].decode("utf-8", errors="replace")
    return [kline.get(name) for name in KEYS.values()]


LAYOUTS = (Layout("binance_kline_stream_json", "bars", recognises, parse, FINAL_AT_CLOSE),)
