"""Real prints (single trades), and the aggregates Binance makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from barograph.core.types import Bools, Floats, Ints
from barograph.simulator.series import text

MARKETS: Final = {"spot": "spot", "usdm": "futures"}
"""Markets in a file of prints, and what they are called here."""


@dataclass(frozen=True, slots=True)
class Prints:
    """Trades of one symbol, in the order in which they happened.

    Every array has shape ``(n,)``; ``first`` and ``last`` are the ids of the trades a row is made
    of (the same id where it is a single trade).

    Attributes
    ----------
    moment : Ints
        Epoch in ms, ascending.
    first, last : Ints
        Ids of trades, ascending.
    price, quantity : Floats
        In quote and base units.
    sold : Bools
        Whether the buyer was the maker, so that the taker sold.
    """

    moment: Ints
    first: Ints
    last: Ints
    price: Floats
    quantity: Floats
    sold: Bools

    @classmethod
    def of(cls, table: pl.DataFrame) -> "Prints":
        """Single trades of rows ``trade_ms, trade_id, price, qty, buyer_is_maker``."""
        rows = table.sort("trade_ms", "trade_id")
        ids = rows["trade_id"].to_numpy().astype(np.int64)
        return cls(
            rows["trade_ms"].to_numpy().astype(np.int64),
            ids,
            ids,
            rows["price"].to_numpy().astype(np.float64),
            rows["qty"].to_numpy().astype(np.float64),
            rows["buyer_is_maker"].to_numpy().astype(np.bool_),
        )

    def aggregated(self) -> "Prints":
        """Rows that follow one another at the same time, price and side as one, as Binance does."""
        if not len(self.moment):
            return self
        same = (
            (np.diff(self.moment) == 0) & (np.diff(self.price) == 0)
            & (self.sold[1:] == self.sold[:-1])
        )  # fmt: skip
        begins = np.flatnonzero(np.concatenate(([True], ~same)))
        ends = np.append(begins[1:], len(self.moment)) - 1
        sums: Floats = np.add.reduceat(self.quantity, begins).astype(np.float64)
        return Prints(
            self.moment[begins], self.first[begins], self.last[ends], self.price[begins],
            np.round(sums, 8), self.sold[begins],
        )  # fmt: skip

    def by(self, moment: int) -> int:
        """How many rows there are up to a moment."""
        return int(np.searchsorted(self.moment, moment, side="right"))

    def page(
        self, start: int | None, end: int | None, from_id: int | None, limit: int
    ) -> Iterator[int]:
        """Places of the rows that a REST request asks for; the latest ones without a start.

        Parameters
        ----------
        start, end : int or None
            First and last moment, epoch in ms; ``end`` is never after the present.
        from_id : int or None
            First id, instead of ``start``.
        limit : int
            Rows at most.
        """
        stop = len(self.moment) if end is None else self.by(end)
        if from_id is not None:
            begin = int(np.searchsorted(self.first, from_id, side="left"))
        elif start is not None:
            begin = int(np.searchsorted(self.moment, start, side="left"))
        else:
            begin = max(0, stop - limit)
        yield from range(begin, min(stop, begin + limit))

    def aggregate(self, place: int) -> dict[str, Any]:
        """Aggregated trade as REST gives it; its id is the id of its first trade."""
        return {
            "a": int(self.first[place]),
            "p": text(float(self.price[place])),
            "q": text(float(self.quantity[place])),
            "f": int(self.first[place]),
            "l": int(self.last[place]),
            "T": int(self.moment[place]),
            "m": bool(self.sold[place]),
        }

    def trade(self, place: int) -> dict[str, Any]:
        """Single trade as REST gives it."""
        price, quantity = float(self.price[place]), float(self.quantity[place])
        return {
            "id": int(self.first[place]),
            "price": text(price),
            "qty": text(quantity),
            "quoteQty": text(round(price * quantity, 8)),
            "time": int(self.moment[place]),
            "isBuyerMaker": bool(self.sold[place]),
        }


def read(folder: Path) -> dict[tuple[str, str], Prints]:
    """Prints of every file ``microstructure/trades_*.parquet`` of a data folder.

    Returns
    -------
    prints : dict of (str, str) to Prints
        ``("spot" or "futures", symbol)`` to its single trades; empty where there are no files.
    """
    found: dict[tuple[str, str], Prints] = {}
    paths = sorted((folder / "microstructure").glob("trades_*.parquet"))
    if not paths:
        return found
    table = pl.concat([pl.read_parquet(path) for path in paths])
    for (market, symbol), rows in table.group_by("market", "symbol"):
        if market in MARKETS:
            found[MARKETS[str(market)], str(symbol)] = Prints.of(rows)
    return found
