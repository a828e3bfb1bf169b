"""Closed bars kept in memory as columns: a thousand rows of SQLite cost more than all the rest.

The store says by a revision whether anything but the end of a series has changed; while it is the
same, only what is new at the end, or older than what was wanted so far, is read.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from barograph.core.time import INTERVALS
from barograph.core.types import Floats
from barograph.store.store import Store

LENGTHS: Final = {name: int(1000 * length.total_seconds()) for name, length in INTERVALS.items()}
"""Length of each interval, ms."""
COLUMNS: Final = "open_time, open, high, low, close, volume, taker_buy_base"
WIDTH: Final = 7
CLOSED: Final = (
    f"SELECT {COLUMNS} FROM bars WHERE symbol = ? AND interval = ? "  # noqa: S608 - constants
    "AND open_time >= ? AND open_time < ? AND closed = 1 ORDER BY open_time"
)
OPEN: Final = (
    f"SELECT {COLUMNS} FROM bars WHERE symbol = ? AND interval = ? "  # noqa: S608 - constants
    "AND open_time >= ? AND closed = 0 ORDER BY open_time DESC LIMIT 1"
)
LATEST: Final = 1 << 60
REACH: Final = 20_000
"""Bars that are read at once into memory at most; what lies further back is read as it is asked."""


@dataclass(slots=True)
class _Run:
    """Closed bars of a series from a moment on (ms since 1970), columns first."""

    revision: int
    start: int
    columns: Floats

    @property
    def end(self) -> int:
        """Behind the opening time of the last one."""
        return int(self.columns[0, -1]) + 1 if self.columns.shape[1] else self.start


class BarMemory:
    """The closed bars of one store; shared by the threads that read it."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._runs: dict[tuple[str, str], _Run] = {}

    def bars(self, store: Store, symbol: str, interval: str, span: tuple[int, int]) -> Floats:
        """Bars that open in a span, as columns.

        Parameters
        ----------
        store : Store
            The calling thread's own.
        symbol, interval : str
        span : tuple of int
            ``[start, end)``, ms since 1970.

        Returns
        -------
        columns : Floats
            Shape ``(8, n)``: ``COLUMNS``, NaN where unknown, and whether the bar is closed (1 or
            0). Only the last bar of the series may be open.
        """
        series, (start, end) = (symbol, interval), span
        with self._gate, _snapshot(store):
            run = self._upto_date(store, series, start)
            opened = _columns(store.connection.execute(OPEN, (*series, run.end)).fetchall())
            if start < run.start:
                closed = _closed(store, series, start, end)
            else:
                first, last = np.searchsorted(run.columns[0], (start, end))
                closed = run.columns[:, first:last]
        if not (opened.shape[1] and start <= opened[0, 0] < end):
            opened = opened[:, :0]
        flags = np.repeat((1.0, 0.0), (closed.shape[1], opened.shape[1]))
        return np.vstack((np.hstack((closed, opened)), flags))

    def _upto_date(self, store: Store, series: tuple[str, str], start: int) -> _Run:
        revision, reach = store.revision(*series), REACH * LENGTHS[series[1]]
        run = self._runs.get(series)
        if run is None or run.revision != revision:
            span = store.span(*series)
            first = start if span is None else max(start, span[1] - reach)
            run = self._runs[series] = _Run(revision, first, np.empty((WIDTH, 0)))
        near = run.start - reach <= start < run.start
        older = _closed(store, series, start, run.start) if near else None
        newer = _closed(store, series, run.end, LATEST)
        if older is not None:
            run.columns, run.start = np.hstack((older, run.columns)), start
        if newer.shape[1]:
            run.columns = np.hstack((run.columns, newer))
        return run


@contextmanager
def _snapshot(store: Store) -> Iterator[None]:
    """Let everything be read of one moment."""
    store.connection.execute("BEGIN")
    try:
        yield
    finally:
        store.connection.execute("COMMIT")


def _closed(store: Store, series: tuple[str, str], start: int, end: int) -> Floats:
    return _columns(store.connection.execute(CLOSED, (*series, start, end)).fetchall())


def _columns(rows: list[tuple[Any, ...]]) -> Floats:
    # ms since 1970 are exact as floats; None becomes NaN; an empty list has no columns to turn.
    return np.array(rows, dtype=float).reshape(-1, WIDTH).T
