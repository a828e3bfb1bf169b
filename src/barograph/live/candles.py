"""Bars on their way to the terminal: open ones as they change, closed ones once."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from barograph.sources.streams.messages import Kline
from barograph.store.store import Bar, Store


class Candles:
    """Open bars by series, so that a closed one is never followed by its open state.

    ``_gate`` is held while candles are written, taken before the database so that two writers
    cannot wait for each other; ``_lock`` only while a dictionary is touched, so that the stream
    is never held up by a disk.
    """

    def __init__(self) -> None:
        self._gate, self._lock = threading.Lock(), threading.Lock()
        self._open: dict[tuple[str, str], Kline] = {}
        self._closed: dict[tuple[str, str], int] = {}

    def show(self, kline: Kline) -> None:
        """Keep the newest state of an open bar for the next flush."""
        with self._lock:
            self._open[kline.symbol, kline.interval] = kline

    def flush(self, store: Store) -> None:
        """Write the open bars that changed, in a transaction of their own."""
        with self._gate:
            with self._lock:
                held, self._open = self._open, {}
            fresh = [
                bar_of(kline)
                for series, kline in held.items()
                if kline.open_time > self._closed.get(series, -1)
            ]
            if fresh:
                with store.transaction():
                    store.put_bars(fresh)
                    store.publish([candle(bar) for bar in fresh])

    def close(self, store: Store, bars: Iterable[Bar], *, tell: bool) -> None:
        """Write closed bars in a transaction, told to the terminal where ``tell``."""
        held = list(bars)
        with self._gate:
            with store.transaction():
                store.put_bars(held)
                if tell:
                    store.publish([candle(bar) for bar in held])
            for bar in held:
                series = bar.symbol, bar.interval
                self._closed[series] = max(self._closed.get(series, -1), bar.open_time)


def bar_of(kline: Kline) -> Bar:
    """A message as a row of the store."""
    return Bar(
        kline.symbol,
        kline.interval,
        kline.open_time,
        kline.open,
        kline.high,
        kline.low,
        kline.close,
        kline.volume,
        kline.quote_volume,
        kline.trades,
        kline.taker_buy_base,
        kline.taker_buy_quote,
        kline.final,
    )


def bars_of(rows: pl.DataFrame) -> Iterator[Bar]:
    """Silver rows as closed bars of the store."""
    columns = [
        name for name in Bar._fields if name not in {"symbol", "interval", "open_time", "closed"}
    ]
    picked = rows.select("symbol", "interval", pl.col("open_time").dt.epoch("ms"), *columns)
    return (Bar._make((*row, True)) for row in picked.iter_rows())


def candle(bar: Bar) -> tuple[str, Mapping[str, Any]]:
    """Topic and body of a bar's event; ``t`` in seconds."""
    body = {
        "t": bar.open_time // 1000,
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": bar.volume,
        "closed": bool(bar.closed),
    }
    return f"candle:{bar.symbol}:{bar.interval}", body
