"""The breakers of trading, fed by what the runner sees; written by any thread, read by the pulse.

``api_errors`` sees each call to the exchange's REST interface and each stream that is opened or
lost, ``staleness`` the age of each symbol's last message, both on this machine's clock;
``crash`` sees every bar that closes, against the close an hour before, in the time of the market.
Losses in a row and a drawdown need an account, and the runner trades none: those two breakers live
in the backtest alone.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from barograph.core.time import HOUR
from barograph.live.clock import MarketClock
from barograph.sources.http import HttpGet, NotThereError
from barograph.trading.risk.base import RESOLVED, Trip
from barograph.trading.risk.catalogue import breakers
from barograph.trading.risk.guard import Guard

LOOKED_BACK: Final = timedelta(hours=3)
"""How old a bar may be whose move is still looked at after a start: a halt lasts two hours."""
MOST: Final = 64
"""Bars looked at: more than four hours of five minutes each; all there is to see after a bar."""


class Risk:
    """What holds for each symbol.

    Parameters
    ----------
    symbols : sequence of str
    clock : MarketClock
        The present at the exchange.
    seconds : Callable[[], float]
        This machine's clock.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        clock: MarketClock,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        known = breakers()
        self._lock = threading.Lock()
        self._clock, self._seconds = clock, seconds
        self._exchange = Guard.of(known, ("api_errors",))
        self._known = known
        self._crashes: dict[tuple[str, str], Guard] = {}
        self._ages = {symbol: Guard.of(known, ("staleness",)) for symbol in symbols}
        self._looked: dict[tuple[str, str], datetime] = {}

    def called(self, failed: bool) -> None:
        """Note a call to the exchange that was answered, or failed."""
        with self._lock:
            self._exchange.observe("api_errors", self._present, float(failed))

    def watched(self, get: HttpGet) -> HttpGet:
        """The same transport, each call noted; that a thing is not there is an answer."""

        def noted(url: str, query: Mapping[str, str | int]) -> bytes:
            try:
                content = get(url, query)
            except NotThereError:
                self.called(failed=False)
                raise
            except Exception:
                self.called(failed=True)
                raise
            self.called(failed=False)
            return content

        return noted

    def aged(self, symbol: str, heard: float | None) -> None:
        """Note when a symbol was last heard of, seconds since 1970; None where it never was."""
        if heard is not None:
            with self._lock:
                age = max(0.0, self._seconds() - heard)
                self._ages[symbol].observe("staleness", self._present, age)

    def closed(self, symbol: str, rows: pl.DataFrame) -> None:
        """Look at the bars of a series that have closed since it was looked at last.

        Parameters
        ----------
        symbol : str
        rows : DataFrame
            Schema ``BARS``, of one interval, ascending.
        """
        if rows.is_empty():
            return
        tail = rows.select("interval", "close_time", "close").tail(MOST)
        closes = dict(zip(tail["close_time"].to_list(), tail["close"].to_list(), strict=True))
        last, place = max(closes), (symbol, str(tail["interval"][-1]))
        since = self._looked.get(place, last - LOOKED_BACK)
        with self._lock:
            # One a series: an older move of another may be looked at later, and is released sooner.
            guard = self._crashes.setdefault(place, Guard.of(self._known, ("crash",)))
            for at, close in sorted(closes.items()):
                before = closes.get(at - HOUR)
                if at > since and before:
                    guard.observe("crash", at, abs(close / before - 1.0))
        self._looked[place] = max(since, last)

    def holding(self, symbol: str) -> list[dict[str, Any]]:
        """Breakers that hold for a symbol, the oldest first, as the store has them."""
        with self._lock:
            here, there = self._present, self._clock()
            found = [
                self._told(trip, guard, self._moved(trip.at, here, there))
                for guard in (self._exchange, self._ages[symbol])
                for trip in guard.holding(here)
            ]
            halts = [
                (trip, guard) for guard in self._crashes.values() for trip in guard.holding(there)
            ]
            # A halt is of every symbol; the one that lasts longest is told, of equals the largest.
            found += [
                self._told(trip, guard, trip.at) for trip, guard in sorted(halts, key=_weight)[-1:]
            ]
        return sorted(found, key=lambda one: str(one["since"]))

    @staticmethod
    def _told(trip: Trip, guard: Guard, since: datetime) -> dict[str, Any]:
        effect = guard.breakers[trip.breaker].effect
        return {
            "breaker": trip.breaker,
            "effect": effect.name.lower(),
            "does": effect.value,
            "reason": trip.reason,
            "since": since.isoformat(),
            "until": None if trip.until == RESOLVED else trip.until.isoformat(),
        }

    def _moved(self, at: datetime, here: datetime, there: datetime) -> datetime:
        """A moment of this machine's clock in the time of the market."""
        return there - (here - at) * self._clock.speed

    @property
    def _present(self) -> datetime:
        return datetime.fromtimestamp(self._seconds(), UTC)


def _weight(halt: tuple[Trip, Guard]) -> tuple[datetime, float]:
    trip, _ = halt
    return trip.until, trip.value
