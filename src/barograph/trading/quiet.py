"""Pass over bars in which nothing can happen to an account, all at once.

While no order is open and no level, liquidation or breaker in reach, a bar changes an account in
two ways only: funding is paid, and positions are marked. That is done here for a stretch of bars,
with every sum in the order in which one bar after the other would make it.
"""

from bisect import bisect_left

import numpy as np

from barograph.core.types import Bools, Floats
from barograph.trading.account import Book, Position
from barograph.trading.market import Market

MAX_BARS = 512
"""Longest stretch looked at in one go; something in reach often ends it early."""
Held = list[tuple[int, Position]]


class Quiet:
    """The quiet bars of a market.

    Parameters
    ----------
    market : Market
    maintenance : float
        Part of the exposure that equity must exceed.
    """

    def __init__(self, market: Market, maintenance: float) -> None:
        self.maintenance, self.funding = maintenance, market.funding
        self.open, self.high, self.low, self.close = market.bridged()
        self.settled = np.flatnonzero(market.funding.any(axis=1)).tolist()

    def passed(
        self, book: Book, positions: list[Position], bar: int, stop: int, water: float
    ) -> int:
        """Mark the quiet bars from ``bar`` on; the first that may not be quiet.

        Parameters
        ----------
        book : Book
            Of the account; brought up to the bar returned.
        positions : list of Position
            With their levels, and no order open.
        bar, stop : int
            First bar, and the one to end at in any case.
        water : float
            Equity below which a breaker trips; a bar that ends there is the last one passed.
        """
        held = [(j, one) for j, one in enumerate(positions) if one.quantity != 0.0]
        if not held:
            book.equity[bar:stop], book.exposure[bar:stop] = book.cash, 0.0
            return stop
        stop = min(stop, bar + MAX_BARS)
        costs = self.costs(held, bar, stop)
        cash = cash_after(book.cash, costs, bar, stop)
        value, total = np.zeros(stop - bar), cash
        for j, one in held:
            close = self.close[bar:stop, j]
            value, total = value + abs(one.quantity) * close, total + one.quantity * close
        busy = self.in_reach(held, cash, bar, stop)
        if not book.exhausted:
            busy |= total <= 0.0
        count = min(first(busy), first(total < water) + 1, stop - bar)
        stop, value, total = bar + count, value[:count], total[:count]
        book.equity[bar:stop] = total
        # Without equity there is no multiple of it.
        divisor = np.where(total > 0.0, total, np.inf) if book.exhausted else total
        np.divide(value, divisor, out=book.exposure[bar:stop])
        for at, position, cost in costs:
            if at < stop:
                book.pay(at, position, cost)
        return stop

    def costs(self, held: Held, bar: int, stop: int) -> list[tuple[int, Position, float]]:
        """Funding due in ``[bar, stop)``: when, for which position, how much."""
        due = self.settled[bisect_left(self.settled, bar) : bisect_left(self.settled, stop)]
        return [
            (at, one, one.quantity * self.open.item(at, j) * self.funding.item(at, j))
            for at in due
            for j, one in held
        ]

    def in_reach(self, held: Held, cash: Floats, bar: int, stop: int) -> Bools:
        """Bars in which a level or a liquidation may be met."""
        gross, worst = np.zeros(stop - bar), cash
        levels: list[Bools] = []
        for j, one in held:
            low, high = self.low[bar:stop, j], self.high[bar:stop, j]
            near, far, side = (low, high, 1.0) if one.quantity > 0.0 else (high, low, -1.0)
            gross, worst = gross + abs(one.quantity) * near, worst + one.quantity * near
            # A level that is none is NaN, which nothing reaches.
            if one.stop == one.stop:
                levels.append(side * near <= side * one.stop)
            if one.take == one.take:
                levels.append(side * far > side * one.take)
        busy: Bools = worst <= self.maintenance * gross
        for level in levels:
            busy |= level
        return busy


def cash_after(
    cash: float, costs: list[tuple[int, Position, float]], bar: int, stop: int
) -> Floats:
    """Cash at the end of each bar of ``[bar, stop)``."""
    found = np.empty(stop - bar)
    start = 0
    for at, _, cost in costs:
        found[start : at - bar] = cash
        start, cash = at - bar, cash - cost
    found[start:] = cash
    return found


def first(true: Bools) -> int:
    """Place of the first truth; beyond the end where there is none."""
    place = int(true.argmax())
    return place if true[place] else len(true)
