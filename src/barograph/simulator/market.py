"""What the simulated exchange knows: bars, funding rates, and what time it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.time import Clock, interval_length, now

MOST: Final = 1000
Kline: TypeAlias = list[int | str]


@dataclass(frozen=True, slots=True)
class Market:
    """Everything the exchange can be asked about.

    Attributes
    ----------
    bars : Mapping of (str, str) to DataFrame
        ``(symbol, interval)`` to rows with the columns of ``BAR_VALUES`` (flows may be missing),
        ascending.
    funding : Mapping of str to DataFrame
        Symbol to rows of ``ts`` and ``funding_rate``, ascending.
    clock : Clock
        The present at the exchange; a bar that has opened by then is served, complete or not, as
        the real one does.
    """

    bars: Mapping[tuple[str, str], pl.DataFrame]
    funding: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    clock: Clock = now

    @property
    def symbols(self) -> list[str]:
        """Symbols that are traded."""
        return sorted({symbol for symbol, _ in self.bars})

    @property
    def millis(self) -> int:
        """Present moment, epoch in ms."""
        return to_millis(self.clock())

    def klines(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> list[Kline]:
        """Rows as ``/api/v3/klines`` gives them.

        Parameters
        ----------
        symbol, interval : str
            Which series; an interval without bars has no rows.
        start, end : int or None
            First and last opening time, epoch in ms; without ``start`` the latest bars.
        limit : int
            Rows at most.
        """
        table = self.bars.get((symbol, interval))
        if table is None:
            return []
        opened = pl.col("open_time").dt.epoch("ms")
        kept = table.filter(
            opened <= min(self.millis, self.millis if end is None else end),
            opened >= (0 if start is None else start),
        )
        kept = kept.head(limit) if start is not None else kept.tail(limit)
        return as_klines(kept, interval)

    def settlements(
        self, symbol: str, start: int | None, end: int | None, limit: int
    ) -> list[dict[str, int | str]]:
        """Rows as ``/fapi/v1/fundingRate`` gives them."""
        table = self.funding.get(symbol)
        if table is None:
            return []
        settled = pl.col("ts").dt.epoch("ms")
        kept = table.filter(
            settled <= min(self.millis, self.millis if end is None else end),
            settled >= (0 if start is None else start),
        )
        kept = kept.head(limit) if start is not None else kept.tail(limit)
        return [
            {"symbol": symbol, "fundingTime": to_millis(when), "fundingRate": f"{rate:.8f}"}
            for when, rate in kept.select("ts", "funding_rate").iter_rows()
        ]


def as_klines(bars: pl.DataFrame, interval: str, unit: str = "ms") -> list[Kline]:
    """Rows of twelve cells, prices as text, moments as epochs in ``ms`` or ``us``."""
    length = interval_length(interval)
    flows = [pl.lit(0.0).alias(name) for name in BAR_VALUES if name not in bars.columns]
    scale = {"ms": 1, "us": 1000}[unit]
    rows = bars.with_columns(flows).select(
        *BAR_VALUES,
        opened=pl.col("open_time").dt.epoch("ms") * scale,
        closed=(pl.col("open_time") + length).dt.epoch("ms") * scale - 1,
    )
    return [
        [
            row["opened"],
            *(text(row[name]) for name in ("open", "high", "low", "close", "volume")),
            row["closed"],
            text(row["quote_volume"]),
            int(row["trades"] or 0),
            text(row["taker_buy_base"]),
            text(row["taker_buy_quote"]),
            "0",
        ]
        for row in rows.iter_rows(named=True)
    ]


def text(value: float | None) -> str:
    """Number as the exchange writes it: digits only, exactly the one it has."""
    return format(value or 0.0, ".17g") if value and abs(value) < 1e-4 else repr(value or 0.0)


def to_millis(moment: datetime) -> int:
    """Epoch in ms."""
    return int(moment.timestamp() * 1000)
