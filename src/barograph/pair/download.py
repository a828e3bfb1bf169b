"""What to ask for, what is there already, and bars of any source in one form.

A gateway is asked a calendar month at a time, the newest first, so that the months of two runs are
the same months. What was asked is kept as it came, a file a month; a month is asked for again only
while it was not over when it was asked for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from barograph.core.errors import InputError
from barograph.core.payload import SeriesKey
from barograph.core.time import HOUR, MOMENT
from barograph.pair.prepare import RAW
from barograph.pair.workspace import SYMBOLS

QUOTES: Final = ("USDT", "USD", "USDC", "BUSD", "FDUSD", "EUR")
"""What a leg may be priced in, in order of preference."""

BAR: Final = ("ts", "open", "high", "low", "close", "volume", "average", "trades")
"""Cells of a gateway's bar, ``ts`` in seconds since 1970; ``average`` is the hour's VWAP."""

UNKNOWN: Final = -1.0
"""What IBKR writes where it has no volume, average or count."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, UTC."""

    year: int
    month: int

    @property
    def name(self) -> str:
        """As in ``2024-03``."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def start(self) -> datetime:
        """Its first hour."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first hour of the next one."""
        return self.after.start

    @property
    def after(self) -> "Month":
        """The next one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> "Month":
        """The one before."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """The month a moment is in."""
        return cls(moment.year, moment.month)


def full_hour(moment: datetime) -> datetime:
    """The end of the last bar that has ended."""
    return moment.replace(minute=0, second=0, microsecond=0)


def months(first: datetime, present: datetime) -> tuple[Month, ...]:
    """Months from that of the last ended bar back to that of ``first``."""
    found = [Month.of(full_hour(present) - HOUR)]
    while found[-1].start > first:
        found.append(found[-1].before)
    return tuple(found)


def settled(month: Month, asked_at: datetime | None, present: datetime) -> bool:
    """Whether an answer of that moment holds all of a month that there is by now.

    Parameters
    ----------
    month : Month
        What was asked for.
    asked_at : datetime or None
        When; None where it was not.
    present : datetime
        Now.
    """
    return asked_at is not None and asked_at >= min(month.end, full_hour(present))


def span_asked(month: Month, present: datetime) -> tuple[datetime, str]:
    """End and duration of the request for a month, as IBKR has them.

    The last hour that has not ended is not asked for. A day more is, because a gateway counts
    days by its own sessions; what lies outside of the month is left to the months beside it.
    """
    end = min(month.end, full_hour(present))
    days = -((month.start - end) // timedelta(days=1)) + 1
    return end, f"{days} D"


def raw_of_chunk(chunk: Mapping[str, Any], month: Month) -> pl.DataFrame:
    """Rows of one answered month, schema ``RAW``; rows of other months are left out."""
    table = pl.DataFrame(chunk["bars"], schema=dict.fromkeys(BAR, pl.Float64()), orient="row")
    known = [
        pl.when(pl.col(name) != UNKNOWN).then(pl.col(name)).alias(name)
        for name in ("volume", "trades")
    ]
    moment = (pl.col("ts") * 1e6).cast(pl.Int64).cast(MOMENT)
    rows = table.with_columns(*known, moment.alias("ts")).filter(
        pl.col("ts").is_between(month.start, month.end, closed="left")
    )
    return as_raw(rows, datetime.fromisoformat(chunk["asked_at"]))


def as_raw(rows: pl.DataFrame, arrived: datetime | None = None) -> pl.DataFrame:
    """Bars of any source under the names of ``RAW``.

    Parameters
    ----------
    rows : DataFrame
        Some of the columns of ``RAW``, or of ``PARSED_BARS`` or ``BARS``; a row out per row in.
    arrived : datetime or None
        When they came in, where no column says so.
    """
    names = {"open_time": "ts", "fault": "unreadable", "ingested_at": "arrived_at"}
    named = rows.rename({old: new for old, new in names.items() if old in rows.columns})
    if arrived is not None:
        named = named.with_columns(arrived_at=pl.lit(arrived, MOMENT))
    absent = [pl.lit(None, kind).alias(n) for n, kind in RAW.items() if n not in named.columns]
    return named.with_columns(absent).select(pl.col(n).cast(kind) for n, kind in RAW.items())


def choose(keys: Collection[SeriesKey], venues: Sequence[str]) -> dict[str, SeriesKey]:
    """Series of both legs: of one venue and in one currency where there are such.

    Parameters
    ----------
    keys : collection of SeriesKey
        What there is.
    venues : sequence of str
        In order of preference; venues that are not among them come after them, by name.

    Raises
    ------
    InputError
        If a leg is missing; the message says what there is.
    """
    usable = {key.name: key for key in keys if key.kind == "bars" and _leg(key) is not None}
    order = list(dict.fromkeys([*venues, *sorted({key.venue for key in usable.values()})]))
    ranked = sorted(
        usable.values(),
        key=lambda key: (order.index(key.venue), QUOTES.index(key.symbol[3:]), key.interval),
    )
    for key in ranked:
        same = [one for one in ranked if (one.venue, one.symbol[3:]) == (key.venue, key.symbol[3:])]
        legs = {symbol: [one for one in same if _leg(one) == symbol] for symbol in SYMBOLS}
        if all(legs.values()):
            return {symbol: found[0] for symbol, found in legs.items()}
    best = {symbol: [key for key in ranked if _leg(key) == symbol] for symbol in SYMBOLS}
    missing = [symbol for symbol, found in best.items() if not found]
    if missing:
        there = ", ".join(sorted({key.name for key in keys if key.kind == "bars"})[:8])
        raise InputError(
            f"no bars of {' and '.join(missing)} in {', '.join(QUOTES[:3])}; there are: "
            f"{there or 'none'}; name a source that has both legs"
        )
    return {symbol: found[0] for symbol, found in best.items()}


def candidates() -> tuple[str, ...]:
    """Symbols a leg may be known by."""
    return tuple(f"{symbol}{quote}" for symbol in SYMBOLS for quote in QUOTES)


def _leg(key: SeriesKey) -> str | None:
    """Leg a series is of; None where it is of none."""
    known = key.symbol in candidates() and not key.venue.endswith("_mark")
    return key.symbol[:3] if known else None
