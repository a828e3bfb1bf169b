"""Bars out of the read model: as they are kept, or made of finer ones that are all there."""

from dataclasses import dataclass, replace
from typing import Any, Final, get_args

import numpy as np

from barograph.core.time import INTERVALS
from barograph.core.types import Floats, Ints
from barograph.service.reading import Reading
from barograph.service.schemas import Resolution
from barograph.store.store import Store

SECONDS: Final = {name: int(length.total_seconds()) for name, length in INTERVALS.items()}
"""Length of each interval, s."""

# Of a coarse bar: the sums and extremes of its finer ones, and the open of the first and the
# close of the last, looked up by key. Flows are unknown where one of theirs is.
AGGREGATE: Final = """
WITH coarse AS (
    SELECT open_time / :length * :length AS t, count(*) AS n, max(high) AS high, min(low) AS low,
        CASE WHEN count(volume) = count(*) THEN sum(volume) END AS volume,
        CASE WHEN count(taker_buy_base) = count(*) THEN sum(taker_buy_base) END AS bought,
        min(open_time) AS first, max(open_time) AS last, sum(closed) AS done
    FROM bars
    WHERE symbol = :symbol AND interval = :finer AND open_time >= :start AND open_time < :end
    GROUP BY t
)
SELECT t, a.open, coarse.high, coarse.low, b.close, coarse.volume, bought, n, last, done
FROM coarse
JOIN bars AS a ON a.symbol = :symbol AND a.interval = :finer AND a.open_time = first
JOIN bars AS b ON b.symbol = :symbol AND b.interval = :finer AND b.open_time = last
WHERE first = t
ORDER BY t
"""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars as columns, ascending; only the last may be open.

    Attributes
    ----------
    t : Ints
        Opening times, seconds since 1970.
    open, high, low, close : Floats
    volume, bought : Floats
        Traded, and the part of it bought by takers; NaN where unknown.
    last_closed : bool
        Whether the last one is complete; True where there is none.
    length : int
        Of a bar, s.
    """

    t: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    bought: Floats
    last_closed: bool
    length: int

    def since(self, moment: int) -> "Bars":
        """Those that open at or after a moment."""
        k = int(np.searchsorted(self.t, moment))
        columns = ("t", "open", "high", "low", "close", "volume", "bought")
        return replace(self, **{name: getattr(self, name)[k:] for name in columns})


def resolutions(intervals: tuple[str, ...]) -> list[Resolution]:
    """Resolutions that can be had of the intervals that are kept, the finest first."""
    return [name for name in get_args(Resolution) if source(name, intervals) is not None]


def source(resolution: str, intervals: tuple[str, ...]) -> str | None:
    """Which kept interval a resolution is made of: itself, else the coarsest that divides it."""
    wanted = SECONDS[resolution]
    fit = [one for one in intervals if one in SECONDS and wanted % SECONDS[one] == 0]
    return max(fit, key=SECONDS.__getitem__, default=None)


def bars(reading: Reading, symbol: str, resolution: str, finer: str, span: tuple[int, int]) -> Bars:
    """Bars that open in a span.

    Parameters
    ----------
    reading : Reading
    symbol : str
    resolution : str
        Wanted.
    finer : str
        What they are made of (``source``).
    span : tuple of int
        Seconds since 1970, ``[start, end)``, multiples of the resolution.

    Returns
    -------
    bars : Bars
        A bar with a finer one missing is left out; so is an open one that is not the last.
    """
    start, end = span[0] * 1000, span[1] * 1000
    if resolution == finer:
        *columns, flags = reading.memory.bars(reading.store, symbol, finer, (start, end))
        closed = not len(flags) or bool(flags[-1])
    else:
        rows, closed = _aggregated(reading.store, symbol, resolution, finer, (start, end))
        # An empty list has no columns to turn; None becomes NaN.
        columns = list(np.array([row[:7] for row in rows], dtype=float).reshape(-1, 7).T.copy())
    times, opened, high, low, close, volume, bought = columns
    t = times.astype(np.int64) // 1000  # ms since 1970 are exact as floats
    return Bars(t, opened, high, low, close, volume, bought, closed, SECONDS[resolution])


def _aggregated(
    store: Store, symbol: str, resolution: str, finer: str, span: tuple[int, int]
) -> tuple[list[tuple[Any, ...]], bool]:
    length, step = SECONDS[resolution] * 1000, SECONDS[finer] * 1000
    given = {"length": length, "symbol": symbol, "finer": finer, "start": span[0], "end": span[1]}
    rows = store.connection.execute(AGGREGATE, given).fetchall()
    each = length // step
    complete = [row for row in rows if row[7] == row[9] == each]
    if not rows or rows[-1][7] == rows[-1][9] == each:
        return complete, True
    t, count, last, done = rows[-1][0], rows[-1][7], rows[-1][8], rows[-1][9]
    # The open bar: nothing missing so far, and only its newest part may be open.
    whole = count == (last - t) // step + 1 and done >= count - 1
    kept = store.span(symbol, finer)
    if whole and kept is not None and kept[1] == last:
        return [*complete, rows[-1]], False
    return complete, True


def gaps(t: Ints, length: int) -> list[tuple[int, int]]:
    """First and last opening time of each run of bars missing between two that are there."""
    places = np.flatnonzero(np.diff(t) != length)
    return [(int(t[k]) + length, int(t[k + 1]) - length) for k in places]
