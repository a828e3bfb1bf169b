"""What a strategy sees at a close, and nothing else.

A view's memory is filled hour by hour as the backtest goes: what is later is not hidden in it but
is not there. Asking for it by name is an error all the same, and one that cannot be caught away:
it is noted, and raised when the strategy has answered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import index as whole
from typing import Final, NoReturn, overload

import numpy as np

from barograph.core.errors import InputError, LookAheadError
from barograph.core.types import Floats
from barograph.trading.market import Market
from barograph.trading.strategies.base import Beliefs

BARS: Final = ("open", "high", "low", "close", "volume", "funding")
BELIEFS: Final = ("mean", "vol", "p_up", "source")
START: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was forecast from a close.

    Attributes
    ----------
    mean, vol, p_up : float
        Expected log return to the horizon, its standard deviation, the chance of a rise.
    hours : int
        The horizon.
    source : int
        Number in the ledger; 0 where it has none.
    """

    mean: float
    vol: float
    p_up: float
    hours: int
    source: int


class Tape:
    """Bars and forecasts of ``m`` symbols as far as they have come.

    Parameters
    ----------
    symbols : tuple of str
    first : int
        Hour of the first bar, hours since 1970.
    rows : int
        How many bars will come.
    horizon : int
        Of the forecasts, hours.
    cost : float
        Of a round trip, a fraction.
    """

    def __init__(
        self, symbols: tuple[str, ...], first: int, rows: int, horizon: int, cost: float
    ) -> None:
        self.symbols, self.first, self.horizon, self.cost = symbols, first, horizon, cost
        shape = (len(symbols), rows)
        self.values: Mapping[str, Floats] = {
            name: np.full(shape, np.nan) for name in (*BARS, *BELIEFS)
        }
        self.length = 0
        self.peeks: list[LookAheadError] = []

    def reveal(self, market: Market, beliefs: Beliefs) -> None:
        """Take the next bar and what was believed at its close."""
        row = self.length
        for name in BARS:
            self.values[name][:, row] = getattr(market, name)[row]
        for name in BELIEFS:
            self.values[name][:, row] = getattr(beliefs, name)[row]
        self.length = row + 1

    def moment(self, row: int) -> datetime:
        """Close of a bar."""
        return START + timedelta(hours=self.first + row)

    def refuse(self, what: str) -> NoReturn:
        """Note and raise that something later was touched."""
        error = LookAheadError(
            f"{what} is later than the close it was asked at, "
            f"{self.moment(self.length - 1):%Y-%m-%dT%H:%M}; use no later hour"
        )
        self.peeks.append(error)
        raise error

    def row_of(self, at: datetime, what: str) -> int:
        """Row of a close.

        Raises
        ------
        LookAheadError
            If it is still to come.
        InputError
            If it is before the first bar, or no full hour.
        """
        if at.tzinfo is None:
            raise InputError(f"{what} has no time zone; moments are UTC and aware")
        passed, rest = divmod(at - START, timedelta(hours=1))
        row = passed - self.first
        if at > self.moment(self.length - 1):
            self.refuse(what)
        if row < 0 or rest:
            raise InputError(f"{what} is no close of the bars from {self.moment(0):%Y-%m-%dT%H:%M}")
        return row


class Series:
    """One column of bars up to now: ``[-1]`` is the newest, ``[-24:]`` the last day.

    A slice, ``numpy.asarray`` and iteration give copies; a missing bar is NaN. An index or a bound
    beyond the newest bar is a ``LookAheadError``, one before the first an ``IndexError``.
    """

    __slots__ = ("_column", "_name", "_tape")

    def __init__(self, tape: Tape, name: str, column: int) -> None:
        self._tape, self._name, self._column = tape, name, column

    def __len__(self) -> int:
        """How many bars have come."""
        return self._tape.length

    def __iter__(self) -> Iterator[float]:
        """From the first to the newest."""
        return iter(self[:].tolist())

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Floats:
        """All of it, for numpy."""
        return self[:] if dtype is None else self[:].astype(dtype)  # type: ignore[call-overload]

    @overload
    def __getitem__(self, place: int) -> float: ...
    @overload
    def __getitem__(self, place: slice) -> Floats: ...
    def __getitem__(self, place: int | slice) -> float | Floats:
        """Bars by number from the first, or from the newest where negative."""
        count = self._tape.length
        known = self._tape.values[self._name][self._column, :count]
        if isinstance(place, slice):
            for bound in (place.start, place.stop):
                if bound is not None and whole(bound) > count:
                    self._tape.refuse(f"{self._label()}[{_shown(place)}]")
            return known[place].copy()
        if whole(place) >= count:
            self._tape.refuse(f"{self._label()}[{place}]")
        return float(known[place])

    def at(self, moment: datetime) -> float:
        """Value at a close."""
        label = f"{self._label()}.at({moment:%Y-%m-%dT%H:%M})"
        return self[self._tape.row_of(moment, label)]

    def _label(self) -> str:
        return f"{self._tape.symbols[self._column]} {self._name}"


def _shown(place: slice) -> str:
    return ":".join("" if bound is None else str(bound) for bound in (place.start, place.stop))


class View:
    """One symbol at a close, as its strategy sees it.

    Attributes
    ----------
    symbol : str
    open, high, low, close, volume, funding : Series
        Bars up to now; funding is the rate settled at a bar's opening.
    """

    __slots__ = ("_column", "_tape", "close", "funding", "high", "low", "open", "symbol", "volume")

    def __init__(self, tape: Tape, column: int) -> None:
        self._tape, self._column, self.symbol = tape, column, tape.symbols[column]
        self.open, self.high, self.low, self.close, self.volume, self.funding = (
            Series(tape, name, column) for name in BARS
        )

    @property
    def now(self) -> datetime:
        """The close, UTC."""
        return self._tape.moment(self._tape.length - 1)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that is traded."""
        return self._tape.symbols

    @property
    def cost(self) -> float:
        """Of a round trip at the market, a fraction."""
        return self._tape.cost

    def of(self, symbol: str) -> "View":
        """Another symbol at the same close.

        Raises
        ------
        InputError
            If it is not traded.
        """
        if symbol not in self.symbols:
            raise InputError(f"{symbol} is not traded; there are {', '.join(self.symbols)}")
        return View(self._tape, self.symbols.index(symbol))

    def forecast(self, at: datetime | None = None) -> Forecast | None:
        """Forecast that became known at a close, this one where none is named; None without one.

        Raises
        ------
        LookAheadError
            If the close is still to come.
        """
        label = (
            f"{self.symbol} forecast"
            if at is None
            else f"{self.symbol} forecast of {at:%Y-%m-%dT%H:%M}"
        )
        row = self._tape.length - 1 if at is None else self._tape.row_of(at, label)
        mean, vol, p_up, source = (
            float(self._tape.values[name][self._column, row]) for name in BELIEFS
        )
        if np.isnan(mean):
            return None
        return Forecast(mean, vol, p_up, self._tape.horizon, int(source))
