"""What a strategy wants at each close: the only thing an engine is told of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.trading.market import Market

FOREVER: Final = 1 << 30
"""Bars an order stays open that is to be filled or replaced."""


@dataclass(frozen=True, slots=True)
class Intents:
    """Wishes at the close of each bar; what is wished at ``t`` is acted on from bar ``t + 1``.

    Attributes
    ----------
    target : Floats
        Exposure wanted as a multiple of equity, negative for short, shape ``(n, m)``. NaN leaves
        everything as it is: position, levels and an order that is still open.
    limit : Floats
        Price of a limit order, shape ``(n, m)``; NaN for a market order.
    stop, take : Floats
        Prices at which the position is given up or its profit taken, shape ``(n, m)``; NaN: none.
    expiry : Ints
        Bars an order stays open, at least 1, shape ``(n, m)``.
    source : Ints
        Number of the forecast in the ledger that a wish comes from; 0 where it has none.

    Raises
    ------
    InputError
        If shapes disagree or an order would never be open.
    """

    target: Floats
    limit: Floats
    stop: Floats
    take: Floats
    expiry: Ints
    source: Ints

    def __post_init__(self) -> None:
        for name in ("limit", "stop", "take", "expiry", "source"):
            found = getattr(self, name).shape
            if found != self.target.shape:
                raise InputError(f"{name} has shape {found}, target {self.target.shape}")
        if (self.expiry < 1).any():
            raise InputError("an expiry is below 1: its order would never be open")
        if np.isinf(self.target).any():
            raise InputError("a target is infinite; NaN means no wish")

    @classmethod
    def market(cls, target: Floats, *, stop: Floats | None = None, take: Floats | None = None,
               source: Ints | None = None) -> "Intents":  # fmt: skip
        """Market orders only, open until they are filled or replaced."""
        none = np.full(target.shape, np.nan)
        return cls(
            target=target,
            limit=none,
            stop=none if stop is None else stop,
            take=none if take is None else take,
            expiry=np.full(target.shape, FOREVER, dtype=np.int64),
            source=np.zeros(target.shape, dtype=np.int64) if source is None else source,
        )

    def check(self, market: Market, capital: float) -> None:
        """Refuse to be run over a market of another shape, or without money.

        Raises
        ------
        InputError
        """
        if self.target.shape != market.close.shape:
            raise InputError(
                f"wishes have shape {self.target.shape}, the market {market.close.shape}"
            )
        if not 0.0 < capital < np.inf:
            raise InputError(f"the capital is {capital}; wanted more than 0")
