"""What the simulated exchange knows: bars, funding rates, prints, and what time it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.time import Clock, interval_length, now
from barograph.simulator.board import Board
from barograph.simulator.prints import Prints
from barograph.simulator.series import Kline, text

MOST: Final = 1000
FUNDING_PERIOD: Final = 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class Market:
    """Everything the exchange can be asked about.

    Attributes
    ----------
    bars : Mapping of (str, str) to DataFrame
        ``(symbol, interval)`` to rows with the columns of ``BAR_VALUES`` (flows may be missing).
    funding : Mapping of str to DataFrame
        Symbol to rows of ``ts`` and ``funding_rate``, ascending.
    clock : Clock
        The present at the exchange. A bar that has opened by then is served: as it was recorded
        once it has ended, before that as far as it has grown.
    perpetuals, marks : Mapping of (str, str) to DataFrame
        As ``bars``: of the perpetuals, and of their mark prices.
    prints : Mapping of (str, str) to Prints
        ``("spot" or "futures", symbol)`` to single trades.
    kind : str
        ``recorded``: history is played back; ``invented``: the prices are made up.
    ends : datetime or None
        When the last recorded bar ends; after it nothing more happens.
    spot, futures, mark : Board
        The three kinds of bars, made of the above.
    """

    bars: Mapping[tuple[str, str], pl.DataFrame]
    funding: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    clock: Clock = now
    perpetuals: Mapping[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    marks: Mapping[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    prints: Mapping[tuple[str, str], Prints] = field(default_factory=dict)
    kind: str = "invented"
    ends: datetime | None = None
    spot: Board = field(init=False)
    futures: Board = field(init=False)
    mark: Board = field(init=False)
    aggregates: Mapping[tuple[str, str], Prints] = field(init=False)

    def __post_init__(self) -> None:
        made = {
            "spot": Board(self.bars),
            "futures": Board(self.perpetuals),
            "mark": Board(self.marks),
            "aggregates": {key: prints.aggregated() for key, prints in self.prints.items()},
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def symbols(self) -> list[str]:
        """Symbols that are traded on the spot market."""
        return self.spot.symbols

    @property
    def contracts(self) -> list[str]:
        """Symbols that have a perpetual: those with bars or funding rates of one."""
        return sorted({*self.futures.symbols, *self.funding})

    @property
    def millis(self) -> int:
        """Present moment, epoch in ms."""
        return to_millis(self.clock())

    def klines(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int
    ) -> list[Kline]:
        """Rows as ``/api/v3/klines`` gives them; see :meth:`Board.bars`."""
        return self.spot.klines(symbol, interval, start, end, limit, self.millis)

    def settlements(
        self, symbol: str, start: int | None, end: int | None, limit: int
    ) -> list[dict[str, int | str]]:
        """Rows as ``/fapi/v1/fundingRate`` gives them."""
        table = self.funding.get(symbol)
        if table is None:
            return []
        present = self.millis
        settled = pl.col("ts").dt.epoch("ms")
        kept = table.filter(
            settled <= (present if end is None else min(present, end)),
            settled >= (0 if start is None else start),
        )
        kept = kept.head(limit) if start is not None else kept.tail(limit)
        return [
            {
                "symbol": symbol,
                "fundingTime": (moment := to_millis(when)),
                "fundingRate": f"{rate:.8f}",
                "markPrice": text(self._mark_then(symbol, moment)) if self.marks else "",
            }
            for when, rate in kept.select("ts", "funding_rate").iter_rows()
        ]

    def premium(self, symbol: str, present: int) -> dict[str, Any] | None:
        """Mark price and funding as ``/fapi/v1/premiumIndex`` gives them.

        The rate is the one that was settled last: the next one is not known yet. None where there
        is no such contract, or no price yet.
        """
        mark, index = self._mark_then(symbol, present), self.spot.price(symbol, present)
        if symbol not in self.contracts or mark is None:
            return None
        settled = self.settlements(symbol, None, present, 1)
        rate = settled[0]["fundingRate"] if settled else "0.00000000"
        return {
            "symbol": symbol,
            "markPrice": text(mark),
            "indexPrice": text(mark if index is None else index),
            "estimatedSettlePrice": text(mark),
            "lastFundingRate": rate,
            "interestRate": "0.00010000",
            "nextFundingTime": (present // FUNDING_PERIOD + 1) * FUNDING_PERIOD,
            "time": present,
        }

    def _mark_then(self, symbol: str, moment: int) -> float | None:
        """Mark price, or the nearest to it that is recorded."""
        for board in (self.mark, self.futures, self.spot):
            price = board.price(symbol, moment)
            if price is not None:
                return price
        return None


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


def to_millis(moment: datetime) -> int:
    """Epoch in ms."""
    return int(moment.timestamp() * 1000)
