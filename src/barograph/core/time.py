"""The clock, the hourly grid and the horizons. Every moment is UTC and aware."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import polars as pl

from barograph.core.errors import InputError

Clock: TypeAlias = Callable[[], datetime]

HOUR: Final = timedelta(hours=1)
MOMENT: Final = pl.Datetime("us", "UTC")
"""The one type of a moment in every table."""

HORIZONS: Final[tuple[int, ...]] = (1, 4, 8, 24, 72, 168)
"""Default forecast horizons, hours."""

INTERVALS: Final[dict[str, timedelta]] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": HOUR,
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
}
"""Bar intervals by name; a bar is labelled by its open and known at its close."""


def now() -> datetime:
    """Return the present moment, UTC; handed in as a ``Clock`` wherever it matters."""
    return datetime.now(UTC)


def interval_length(name: str) -> timedelta:
    """Length of a named interval.

    Raises
    ------
    InputError
        If the interval is not one of ``INTERVALS``.
    """
    if name not in INTERVALS:
        raise InputError(f"unknown interval {name!r}; known: {', '.join(INTERVALS)}")
    return INTERVALS[name]


def parse_moment(text: str) -> datetime:
    """Read ``2021-01-01`` or an ISO date-time; a moment without a zone is taken as UTC.

    Raises
    ------
    InputError
        If the text is not a date.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is not a date; write YYYY-MM-DD or YYYY-MM-DDTHH:MM") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
