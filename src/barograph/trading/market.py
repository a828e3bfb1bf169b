"""Prices a backtest runs over: hourly bars of some symbols on one axis of hours."""

from dataclasses import dataclass, field

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Bools, Floats, Ints

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Market:
    """Bars of ``m`` symbols over ``n`` consecutive hours.

    Attributes
    ----------
    symbols : tuple of str
        Names, in the order of the columns.
    hours : Ints
        End of each bar, hours since 1970, consecutive, shape ``(n,)``.
    open, high, low, close : Floats
        Prices, shape ``(n, m)``; NaN where a bar is missing.
    volume : Floats
        In units of the base, shape ``(n, m)``; NaN where unknown, which limits nothing.
    funding : Floats
        Rate settled at the opening of the bar, as a fraction, shape ``(n, m)``; 0 where none is,
        or where nothing is known of it.
    present : Bools
        Whether a bar is whole, shape ``(n, m)``; made of the prices.

    Raises
    ------
    InputError
        If shapes disagree, hours are not consecutive, or a price is not positive.
    """

    symbols: tuple[str, ...]
    hours: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    funding: Floats
    present: Bools = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.hours), len(self.symbols))
        for name in (*PRICES, "volume", "funding"):
            found = getattr(self, name).shape
            if found != shape:
                raise InputError(f"{name} has shape {found}, wanted {shape}")
        if len(self.hours) > 1 and (np.diff(self.hours) != 1).any():
            raise InputError("hours must be consecutive; leave a missing bar NaN")
        for name in PRICES:
            if (getattr(self, name) <= 0).any():
                raise InputError(f"a price in {name} is not positive")
        if not np.isfinite(self.funding).all():
            raise InputError("funding holds a value that is not finite; write 0 where none is due")
        whole = np.logical_and.reduce([np.isfinite(getattr(self, name)) for name in PRICES])
        object.__setattr__(self, "present", whole)

    def since(self, start: int, stop: int | None = None) -> "Market":
        """Rows ``[start, stop)``."""
        rows = slice(start, stop)
        parts = (self.open, self.high, self.low, self.close, self.volume, self.funding)
        return Market(self.symbols, self.hours[rows], *(part[rows] for part in parts))
