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
        Prices, shape ``(n, m)``; NaN where a bar is missing. One that is not finite makes the whole
        bar a missing one.
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
        If shapes disagree, hours are not consecutive, a price is not positive, a volume negative,
        or funding not finite.
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
        if (self.volume < 0).any():
            raise InputError("a volume is negative; leave one that is unknown NaN")
        if not np.isfinite(self.funding).all():
            raise InputError("funding holds a value that is not finite; write 0 where none is due")
        whole = np.logical_and.reduce([np.isfinite(getattr(self, name)) for name in PRICES])
        object.__setattr__(self, "present", whole)

    @property
    def moves(self) -> Floats:
        """Largest move of any symbol's close in the hour, as a fraction, shape ``(n,)``.

        A symbol whose bar is missing here or an hour before moved by nothing.
        """
        found = np.zeros(len(self.hours))
        if len(found) > 1:
            both = self.present[1:] & self.present[:-1]
            moved = np.abs(self.close[1:] / self.close[:-1] - 1.0)
            found[1:] = np.where(both, moved, 0.0).max(axis=1)
        return found

    def bridged(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Open, high, low and close; where a bar is missing each is the last close.

        NaN before the first bar of a symbol.
        """
        prices = (self.open, self.high, self.low, self.close)
        if self.present.all():
            return prices
        rows = np.arange(len(self.hours))[:, None]
        last = np.maximum.accumulate(np.where(self.present, rows, -1), axis=0)
        known = np.take_along_axis(self.close, np.maximum(last, 0), axis=0)
        known = np.where(last < 0, np.nan, known)
        first, top, bottom, close = (np.where(self.present, price, known) for price in prices)
        return first, top, bottom, close

    def since(self, start: int, stop: int | None = None) -> "Market":
        """Rows ``[start, stop)``."""
        rows = slice(start, stop)
        parts = (self.open, self.high, self.low, self.close, self.volume, self.funding)
        return Market(self.symbols, self.hours[rows], *(part[rows] for part in parts))
