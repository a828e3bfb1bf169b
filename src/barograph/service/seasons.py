"""The season of the week as it was known at a past hour, out of the bars of the store.

A published cone was made with the pattern of its own hour. Of the walk-forward's hours no cone was
kept, so theirs is drawn with the pattern known at the Monday before: from bars that had closed by
then and no later one, whatever has become known since.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from barograph.calibration.carry import Carry
from barograph.calibration.seasonal import WEEK, hour_of_week
from barograph.cone.season import seasons
from barograph.core.types import Floats, Ints
from barograph.service.moments import HOUR
from barograph.store.store import Store
from barograph.targets.garman_klass import hourly_gk_variance

HOUR_MS: Final = HOUR * 1000
BLOCK: Final = 26 * WEEK
"""Hours walked at once: the pattern of every hour of ten years would be 100 MB."""
WALKS: Final = 8
"""Walks kept: of two assets for each thread that reads, and as many again."""


def season_then(store: Store, symbol: str, as_of: int) -> Floats:
    """Hour-of-week pattern of log variance known at the Monday 00:00 UTC at or before an hour.

    Parameters
    ----------
    store : Store
    symbol : str
    as_of : int
        The hour, seconds since 1970.

    Returns
    -------
    season : Floats
        Log factors as of ``cone.season.seasons``, shape ``(168,)``; zeros (no hour differs from
        another) where there are too few bars before that Monday.
    """
    span = store.span(symbol, "1h")
    monday = _monday(as_of // HOUR)
    if span is None:
        return np.zeros(WEEK)
    mondays, patterns = _walk(store, symbol, span[0], _monday(span[1] // HOUR_MS))
    place = int(np.searchsorted(mondays, monday, "right")) - 1
    return np.zeros(WEEK) if place < 0 else patterns[place]


def _monday(hour: int) -> int:
    """Hours since 1970 of the Monday 00:00 UTC at or before an hour: 1970 began on a Thursday."""
    return hour - (hour + 3 * 24) % WEEK


@lru_cache(maxsize=WALKS)
def _walk(store: Store, symbol: str, first: int, last: int) -> tuple[Ints, Floats]:
    """Every Monday of a store's bars up to ``last`` (hours since 1970) and what was known then.

    One pass, kept for a week of the market; ``first`` (ms) tells when older bars have come.
    """
    rows = store.connection.execute(
        "SELECT open_time, open, high, low, close FROM bars WHERE symbol = ? AND interval = '1h' "
        "AND open_time >= ? AND open_time < ? AND closed = 1 ORDER BY open_time",
        (symbol, first, last * HOUR_MS),
    ).fetchall()
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros((0, WEEK))
    bars = np.array(rows, dtype=float)
    ends = (bars[:, 0] // HOUR_MS).astype(np.int64) + 1
    hours = np.arange(ends[0], last + 1)
    variance = np.full(len(hours), np.nan)  # a hole stays unknown, and changes nothing
    variance[ends - ends[0]] = hourly_gk_variance(*bars[:, 1:].T)
    carry, known = Carry(), []
    for start in range(0, len(hours), BLOCK):
        part = slice(start, start + BLOCK)
        pattern = seasons(hours[part], variance[part], carry)
        known.append(pattern[hour_of_week(hours[part]) == WEEK - 1])
    mondays = hours[hour_of_week(hours) == WEEK - 1]
    return mondays, np.concatenate(known)
