"""Trips put together by the compiled loop are those of a plain one, to the last bit."""

from dataclasses import dataclass

import numpy as np
import pytest
from tests.unit.trading.worlds import intents, market

from barograph.trading import kernel
from barograph.trading.intents import Intents
from barograph.trading.record import KINDS, TRADES, Record, trades
from barograph.trading.rules import OFF, Execution


@dataclass(slots=True)
class Trip:
    """One position from flat to flat."""

    bar: int
    source: int
    is_long: bool
    held: float = 0.0
    bought: float = 0.0
    sold: float = 0.0
    paid: float = 0.0
    received: float = 0.0
    fees: float = 0.0
    largest: float = 0.0

    def take(self, quantity: float, price: float, fee: float) -> bool:
        """Add a fill; whether the position is flat now."""
        if quantity > 0:
            self.bought, self.paid = self.bought + quantity, self.paid + quantity * price
        else:
            self.sold, self.received = self.sold - quantity, self.received - quantity * price
        self.fees += fee
        self.held += quantity
        self.largest = max(self.largest, abs(self.held))
        return self.held == 0.0


def plain(record: Record, symbols: tuple[str, ...]) -> list[tuple[object, ...]]:
    """Rows of trips, times as bars."""
    rows: list[tuple[object, ...]] = []
    held: dict[int, Trip] = {}
    for (bar, symbol, kind, source), (quantity, price, fee) in zip(
        record.places.tolist(), record.amounts.tolist(), strict=True
    ):
        trip = held.setdefault(symbol, Trip(bar, source, quantity > 0))
        if trip.take(quantity, price, fee):
            buy, sell = trip.paid / trip.bought, trip.received / trip.sold
            rows.append((
                symbols[symbol], "long" if trip.is_long else "short", bar - trip.bar,
                buy if trip.is_long else sell, sell if trip.is_long else buy, trip.largest,
                trip.fees, trip.received - trip.paid - trip.fees, KINDS[kind], trip.source,
            ))  # fmt: skip
            del held[symbol]
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_trips_are_those_of_the_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = market(rng, 1500, 1 + seed % 3, hole=0.02)
    execution = Execution(participation=0.3, leverage=3.0)
    record = kernel.simulate(made, intents(rng, made), execution, OFF, 1000.0, seed)
    found = trades(record, made.hours, made.symbols)
    wanted = plain(record, made.symbols)
    assert len(wanted) > 50
    assert found.drop("entered", "left").rows() == wanted
    spent = (found["left"] - found["entered"]).dt.total_hours()
    assert spent.to_list() == found["hours"].to_list()


def test_no_fills_make_an_empty_table() -> None:
    made = market(np.random.default_rng(1), 50)
    nothing = Intents.market(np.full(made.close.shape, np.nan))
    found = trades(kernel.simulate(made, nothing, Execution(), OFF), made.hours, made.symbols)
    assert found.height == 0
    assert found.columns == list(TRADES)
