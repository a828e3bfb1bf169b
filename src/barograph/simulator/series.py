"""Bars of one series as arrays, so that a page of them is found by bisection."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.time import interval_length
from barograph.core.types import Floats, Ints

Kline: TypeAlias = list[int | str]
VALUES: Final = tuple(name for name in BAR_VALUES if name != "open_time")
"""Order of a bar's nine numbers: prices, volume, quote volume, trades, what takers bought."""
DECIMALS: Final = 8
"""Digits after the point in everything the exchange writes."""
ZERO: Final = f"{0:.{DECIMALS}f}"


class Bar(NamedTuple):
    """One bar as the exchange knows it at some moment.

    Attributes
    ----------
    opened, closes : int
        Opening time and the end of the bar (the first moment that is no longer in it), epoch in
        ms.
    values : tuple of float
        The nine numbers of ``VALUES``; a flow that nobody recorded is 0.
    final : bool
        Whether the bar has ended.
    """

    opened: int
    closes: int
    values: tuple[float, ...]
    final: bool


@dataclass(frozen=True, slots=True)
class Series:
    """All recorded bars of one symbol and interval.

    Attributes
    ----------
    interval : str
        For instance ``1h``.
    length : int
        Milliseconds of a bar.
    opened : Ints
        Opening times, epoch in ms, shape ``(n,)``, ascending, none twice.
    columns : tuple of Floats
        The nine of ``VALUES``, each of shape ``(n,)``; they share the memory of the table they
        come from.
    """

    interval: str
    length: int
    opened: Ints
    columns: tuple[Floats, ...]

    @classmethod
    def of(cls, table: pl.DataFrame, interval: str) -> "Series":
        """Series of a table with the columns of ``BAR_VALUES``; flows may be missing."""
        length = int(interval_length(interval).total_seconds() * 1000)
        is_plain = bool((table["open_time"].diff().drop_nulls() > timedelta(0)).all())
        kept = table if is_plain else table.unique("open_time", keep="last").sort("open_time")
        opened = kept["open_time"].dt.epoch("ms").to_numpy().astype(np.int64)
        columns = tuple(_column(kept, name) for name in VALUES)
        return cls(interval, length, opened, columns)

    def __len__(self) -> int:
        return len(self.opened)

    def place(self, moment: int) -> int:
        """Place of the first bar that opens at or after a moment."""
        return int(np.searchsorted(self.opened, moment, side="left"))

    def opened_by(self, moment: int) -> int:
        """How many bars have opened by a moment, the open one included."""
        return int(np.searchsorted(self.opened, moment, side="right"))

    def closed_by(self, moment: int) -> int:
        """How many bars have ended by a moment."""
        return self.opened_by(moment - self.length)

    def recorded(self, place: int) -> Bar:
        """A bar as it ended."""
        return self.ended(place, place + 1)[0]

    def ended(self, first: int, stop: int) -> list[Bar]:
        """Bars of some places as they ended."""
        opened = self.opened[first:stop].tolist()
        rows = zip(*(column[first:stop].tolist() for column in self.columns), strict=True)
        return [
            Bar(begin, begin + self.length, row, final=True)
            for begin, row in zip(opened, rows, strict=True)
        ]


def _column(table: pl.DataFrame, name: str) -> Floats:
    """Numbers of a column, 0 where there is none; without a copy where it can be."""
    if name not in table.columns:
        return np.broadcast_to(np.float64(0.0), table.height)
    return table[name].cast(pl.Float64).fill_null(0.0).to_numpy()


def as_kline(bar: Bar) -> Kline:
    """Row of twelve cells as REST gives it."""
    prices = bar.values
    return [
        bar.opened,
        *(text(value) for value in prices[:5]),
        bar.closes - 1,
        text(prices[5]),
        int(prices[6]),
        text(prices[7]),
        text(prices[8]),
        "0",
    ]


def text(value: float | None) -> str:
    """Number as the exchange writes it: eight decimals, and more only where they are needed."""
    if not value:
        return ZERO
    short = f"{value:.{DECIMALS}f}"
    if float(short) == value:
        return short
    return format(value, ".17g") if abs(value) < 1e-4 else repr(value)
