"""The bars of one market (spot, perpetuals, mark prices), asked for at a moment."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from barograph.simulator.growth import state
from barograph.simulator.series import Bar, Kline, Series, as_kline, text

DAY: Final = 86_400_000


class Board:
    """Series by symbol and interval, and what of them may be known at a moment.

    Parameters
    ----------
    bars : Mapping of (str, str) to DataFrame
        ``(symbol, interval)`` to rows with the columns of ``BAR_VALUES``; flows may be missing.
    """

    def __init__(self, bars: Mapping[tuple[str, str], pl.DataFrame]) -> None:
        self._series = {key: Series.of(table, key[1]) for key, table in bars.items()}
        self._finest: dict[str, tuple[Series, ...]] = {}
        for symbol in {symbol for symbol, _ in bars}:
            own = [series for (name, _), series in self._series.items() if name == symbol]
            self._finest[symbol] = tuple(sorted(own, key=lambda series: series.length))

    @property
    def symbols(self) -> list[str]:
        """Symbols that have bars, sorted."""
        return sorted(self._finest)

    def series(self, symbol: str, interval: str) -> Series | None:
        """Recorded bars; None where there are none."""
        return self._series.get((symbol, interval))

    def bar(self, symbol: str, series: Series, place: int, now: int) -> Bar:
        """Bar at a place of a series as it stands now."""
        return state(series, place, now, self._finest[symbol])

    def open_bar(self, symbol: str, interval: str, now: int) -> Bar | None:
        """Bar that is open now; None where none is recorded."""
        series = self._series.get((symbol, interval))
        if series is None or (count := series.opened_by(now)) == 0:
            return None
        bar = self.bar(symbol, series, count - 1, now)
        return None if bar.final else bar

    def bars(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int, now: int
    ) -> list[Bar]:
        """Bars that a REST request asks for, ascending.

        Parameters
        ----------
        symbol, interval : str
            Which series; there are no rows where it is not recorded.
        start, end : int or None
            First and last opening time, epoch in ms; without ``start`` the latest bars.
        limit : int
            Rows at most.
        now : int
            Nothing that opens later is given, and the bar that is open now is as it stands.
        """
        series = self._series.get((symbol, interval))
        if series is None:
            return []
        stop = series.opened_by(now if end is None else min(end, now))
        first = max(0, stop - limit) if start is None else series.place(start)
        stop = min(stop, first + limit)
        ended = max(first, min(stop, series.closed_by(now)))
        found = series.ended(first, ended)
        return found + [self.bar(symbol, series, place, now) for place in range(ended, stop)]

    def klines(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int, now: int
    ) -> list[Kline]:
        """Bars as rows of REST; parameters are those of :meth:`bars`."""
        return [as_kline(bar) for bar in self.bars(symbol, interval, start, end, limit, now)]

    def price(self, symbol: str, now: int) -> float | None:
        """Last price: of the finest bar that is open, else of the last one that ended."""
        last: tuple[int, float] | None = None
        for series in self._finest.get(symbol, ()):
            if (count := series.opened_by(now)) == 0:
                continue
            bar = self.bar(symbol, series, count - 1, now)
            if not bar.final:
                return bar.values[3]
            if last is None or bar.closes > last[0]:
                last = (bar.closes, bar.values[3])
        return None if last is None else last[1]

    def day(self, symbol: str, now: int) -> dict[str, Any] | None:
        """Statistics of the last 24 hours as ``ticker/24hr`` gives them; None without bars."""
        for series in self._finest.get(symbol, ()):
            rows = self.bars(
                symbol, series.interval, now - DAY, None, DAY // series.length + 1, now
            )
            if rows:
                return _ticker(symbol, rows, now)
        return None


def _ticker(symbol: str, rows: Sequence[Bar], now: int) -> dict[str, Any]:
    first, last = rows[0].values[0], rows[-1].values[3]
    volume, quote = (sum(row.values[column] for row in rows) for column in (4, 5))
    return {
        "symbol": symbol,
        "priceChange": text(round(last - first, 8)),
        "priceChangePercent": f"{100 * (last / first - 1):.3f}",
        "weightedAvgPrice": text(round(quote / volume, 8) if volume and quote else last),
        "lastPrice": text(last),
        "openPrice": text(first),
        "highPrice": text(max(row.values[1] for row in rows)),
        "lowPrice": text(min(row.values[2] for row in rows)),
        "volume": text(round(volume, 8)),
        "quoteVolume": text(round(quote, 8)),
        "openTime": rows[0].opened,
        "closeTime": now,
        "firstId": -1,
        "lastId": -1,
        "count": int(sum(row.values[6] for row in rows)),
    }
