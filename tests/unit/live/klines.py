"""Messages to test with."""

import orjson

from barograph.sources.streams.messages import Kline, read

HOUR_MS = 3_600_000


def frame(
    open_time: int,
    *,
    symbol: str = "BTCUSDT",
    interval: str = "1h",
    final: bool = True,
    close: float = 100.5,
    event_time: int | None = None,
) -> bytes:
    """A message as Binance's combined stream sends it."""
    length = HOUR_MS if interval == "1h" else HOUR_MS // 12
    return orjson.dumps(
        {
            "stream": f"{symbol.lower()}@kline_{interval}",
            "data": {
                "e": "kline",
                "E": open_time + length if event_time is None else event_time,
                "s": symbol,
                "k": {
                    "t": open_time,
                    "T": open_time + length - 1,
                    "s": symbol,
                    "i": interval,
                    "f": 1,
                    "L": 9,
                    "o": "100.0",
                    "c": str(close),
                    "h": str(max(close, 102.0)),
                    "l": "99.0",
                    "v": "12.5",
                    "n": 9,
                    "x": final,
                    "q": "1250.0",
                    "V": "6.0",
                    "Q": "600.0",
                    "B": "0",
                },
            },
        }
    )


def kline(
    open_time: int,
    *,
    symbol: str = "BTCUSDT",
    interval: str = "1h",
    final: bool = True,
    close: float = 100.5,
    event_time: int | None = None,
) -> Kline:
    """The same, read."""
    message = read(
        frame(
            open_time,
            symbol=symbol,
            interval=interval,
            final=final,
            close=close,
            event_time=event_time,
        )
    )
    assert isinstance(message, Kline)
    return message
