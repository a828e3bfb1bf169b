"""Messages of Binance's market streams, read and checked one by one.

Reference: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams and, for the
mark price, https://developers.binance.com/docs/derivatives/usds-margined-futures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, TypeAlias

import orjson

from barograph.core.errors import LayoutError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import interval_length

LAYOUT: Final = "binance_kline_stream_json"
SOURCE: Final = "stream:binance_spot"


@dataclass(frozen=True, slots=True)
class Kline:
    """One state of one bar.

    Attributes
    ----------
    symbol, interval : str
        Which series.
    open_time, event_time : int
        Opening of the bar, and when the exchange said it; ms since 1970.
    open, high, low, close, volume, quote_volume, taker_buy_base, taker_buy_quote : float
        Its prices, and what was traded so far.
    trades : int
        How many trades.
    final : bool
        Whether it has closed: this is its last state.
    content : bytes
        The message as sent.
    """

    symbol: str
    interval: str
    open_time: int
    event_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quote_volume: float
    trades: int
    taker_buy_base: float
    taker_buy_quote: float
    final: bool
    content: bytes

    @property
    def close_time(self) -> int:
        """End of the bar, ms since 1970: the opening of the next one."""
        return self.open_time + length_of(self.interval)

    @property
    def values(self) -> tuple[float, ...]:
        """What it says of the bar."""
        return (
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            self.quote_volume,
            self.trades,
            self.taker_buy_base,
            self.taker_buy_quote,
        )

    def payload(self, venue: str) -> Payload:
        """The message as bronze keeps it, under the venue it is traded at."""
        key = SeriesKey("bars", venue, self.symbol, self.interval)
        name = f"{self.symbol.lower()}@kline_{self.interval} {self.open_time}"
        return Payload(key, SOURCE, name, LAYOUT, self.content)


@dataclass(frozen=True, slots=True)
class Mark:
    """Mark price of a perpetual, and the funding rate that is being collected.

    Attributes
    ----------
    symbol : str
        Which one.
    event_time : int
        When the exchange said it, ms since 1970.
    price, funding_rate : float
        In quote currency; per settlement, as a fraction.
    """

    symbol: str
    event_time: int
    price: float
    funding_rate: float


Message: TypeAlias = Kline | Mark


def read(frame: bytes) -> Message | None:
    """Read a frame; None for what is no market message (the answer to a subscription).

    Raises
    ------
    LayoutError
        If it is no JSON, lacks a field, or a number in it is none.
    """
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise LayoutError(f"malformed frame ({error}): {frame[:60]!r}") from error
    if isinstance(message, dict) and isinstance(message.get("data"), dict):
        message = message["data"]
    if not isinstance(message, dict):
        raise LayoutError(f"an object was wanted, got {frame[:60]!r}")
    try:
        if message.get("e") == "kline":
            return _kline(message, frame)
        if message.get("e") == "markPriceUpdate":
            return _mark(message)
    except (KeyError, TypeError, ValueError) as error:
        raise LayoutError(f"malformed message ({error!r}): {frame[:60]!r}") from error
    if "error" in message or "code" in message:
        raise LayoutError(f"the exchange refused: {frame[:120]!r}")
    return None


def streams_of(symbols: Iterable[str], intervals: Iterable[str]) -> list[str]:
    """Names of the kline streams of some series."""
    return [f"{symbol.lower()}@kline_{interval}" for interval in intervals for symbol in symbols]


def marks_of(symbols: Iterable[str]) -> list[str]:
    """Names of the mark price streams of some perpetuals."""
    return [f"{symbol.lower()}@markPrice@1s" for symbol in symbols]


def length_of(interval: str) -> int:
    """Length of an interval, ms."""
    return int(interval_length(interval).total_seconds() * 1000)


def _kline(message: dict[str, Any], frame: bytes) -> Kline:
    bar = message["k"]
    interval, opened = str(bar["i"]), int(bar["t"])
    if opened % length_of(interval):
        raise ValueError(f"a bar of {interval} does not open at {opened}")
    found = Kline(
        symbol=str(bar["s"]),
        interval=interval,
        open_time=opened,
        event_time=int(message["E"]),
        open=float(bar["o"]),
        high=float(bar["h"]),
        low=float(bar["l"]),
        close=float(bar["c"]),
        volume=float(bar["v"]),
        quote_volume=float(bar["q"]),
        trades=int(bar["n"]),
        taker_buy_base=float(bar["V"]),
        taker_buy_quote=float(bar["Q"]),
        final=bool(bar["x"]),
        content=frame,
    )
    if not all(isfinite(value) for value in found.values):
        raise ValueError("a value is not a number")
    if not 0 < found.low <= min(found.open, found.close) <= found.high or found.high < found.close:
        raise ValueError("prices do not make a bar")
    return found


def _mark(message: dict[str, Any]) -> Mark:
    return Mark(
        symbol=str(message["s"]),
        event_time=int(message["E"]),
        price=float(message["p"]),
        funding_rate=float(message["r"]),
    )
