"""What an account holds, and what is written down of it."""

from dataclasses import dataclass, field
from math import nan

import numpy as np

from barograph.core.types import Floats
from barograph.trading.record import EVENTS


@dataclass(slots=True)
class Order:
    """What is still to be traded."""

    left: float
    limit: float
    end: int


@dataclass(slots=True)
class Position:
    """One symbol's holding, its levels and its order.

    ``wish`` is the bar of the wish that stands, -1 where none does; ``waits`` says that a breaker
    keeps it, or a part of it, from being an order.
    """

    quantity: float = 0.0
    stop: float = nan
    take: float = nan
    order: Order | None = None
    source: int = 0
    trip: float = 0.0
    wish: int = -1
    waits: bool = False

    def forget(self) -> None:
        """Drop the wish, its order and its levels."""
        self.order, self.stop, self.take = None, nan, nan
        self.wish, self.waits = -1, False


class Book:
    """Cash, and what the account was worth at each close.

    Parameters
    ----------
    capital : float
        Cash at the start.
    rows : int
        Bars there will be.
    """

    def __init__(self, capital: float, rows: int) -> None:
        self.cash = capital
        self.exhausted = False
        self.equity: Floats = np.empty(rows)
        self.exposure: Floats = np.empty(rows)
        self.carried: Floats = np.zeros(rows)

    def pay(self, bar: int, position: Position, cost: float) -> None:
        """Pay what a position costs while it is held."""
        self.cash = self.cash - cost
        position.trip = position.trip - cost
        self.carried[bar] = self.carried[bar] + cost


@dataclass(slots=True)
class Log:
    """What is written down."""

    places: list[tuple[int, int, int, int]] = field(default_factory=list)
    amounts: list[tuple[float, float, float]] = field(default_factory=list)
    events: list[tuple[int, int, int]] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def event(self, bar: int, name: str, value: float, until: int = -1) -> None:
        """Note a breaker, what tripped it and the hour of its release."""
        self.events.append((bar, EVENTS.index(name), until))
        self.values.append(value)
