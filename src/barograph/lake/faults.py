"""Why a parsed row is refused: one expression per rule, the first that speaks is the reason.

A reason reads ``kind: value seen``; the kind is what reports count by.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import polars as pl

from barograph.core.columns import FLOWS, PRICES

EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)
"""Milliseconds read as microseconds, or seconds as milliseconds, land in January 1970."""

OFF_GRID: Final = "off the grid"
NOT_ENDED: Final = "not ended when it came in"


def reason(rules: tuple[pl.Expr, ...]) -> pl.Expr:
    """Text of the first rule a row breaks, null for a good row."""
    return pl.coalesce(rules).alias("reason")


def kind_of(text: pl.Expr) -> pl.Expr:
    """The part of a reason that reports count by."""
    return text.str.split(": ").list.first()


@cache  # expressions are dear to build, and a live bar is one row
def bar_rules(length: timedelta) -> tuple[pl.Expr, ...]:
    """Rules a bar of that length must keep, over ``PARSED_BARS`` with ``ingested_at``."""
    step = int(length.total_seconds() * 1_000_000)
    opened = pl.col("open_time").to_physical()
    return (
        _when(pl.col("fault").is_not_null(), "unreadable", pl.col("fault")),
        *moment_rules("open_time", length),
        _when(opened % step != 0, OFF_GRID, _moment("open_time")),
        *(_missing(name) for name in PRICES),
        *(_not_finite(name) for name in (*PRICES, *FLOWS) if name != "trades"),
        *(_when(pl.col(name) <= 0, f"{name} not positive", _value(name)) for name in PRICES),
        *(_when(pl.col(name) < 0, f"{name} negative", _value(name)) for name in FLOWS),
        _when(pl.col("high") < pl.col("low"), "high below low", _pair("high", "low")),
        *(
            _when(
                ~pl.col(name).is_between(pl.col("low"), pl.col("high")),
                f"{name} outside low to high",
                pl.format("{} not in {} to {}", _value(name), _value("low"), _value("high")),
            )
            for name in ("open", "close")
        ),
    )


@cache
def observation_rules() -> tuple[pl.Expr, ...]:
    """Rules an observation must keep, over ``PARSED_OBSERVATIONS`` with ``ingested_at``."""
    return (
        _when(pl.col("fault").is_not_null(), "unreadable", pl.col("fault")),
        _when(pl.col("event_time").is_null(), "event_time missing", pl.lit("null")),
        _future("event_time", timedelta(0)),
        _missing("value"),
        _not_finite("value"),
    )


def moment_rules(name: str, length: timedelta) -> tuple[pl.Expr, ...]:
    """A time that is there, in a market's era, and whose period has ended."""
    epoch = pl.col(name).to_physical().cast(pl.String)
    return (
        _when(pl.col(name).is_null(), f"{name} missing", pl.lit("null")),
        _when(pl.col(name) < EARLIEST, "before 1971, wrong epoch unit", epoch),
        _future(name, length),
    )


def _future(name: str, length: timedelta) -> pl.Expr:
    """Rows that describe what had not ended when they came in."""
    # Subtracting on the sane side: the row's own time may be near the end of int64.
    beyond = pl.col(name) > pl.col("ingested_at") - length
    seen = pl.format("{} came in at {}", _moment(name), _moment("ingested_at"))
    return _when(beyond, NOT_ENDED, seen)


def _when(broken: pl.Expr, kind: str, seen: pl.Expr) -> pl.Expr:
    return pl.when(broken).then(pl.format("{}: {}", pl.lit(kind), seen.fill_null("null")))


def _missing(name: str) -> pl.Expr:
    return _when(pl.col(name).is_null(), f"{name} missing", pl.lit("null"))


def _not_finite(name: str) -> pl.Expr:
    return _when(~pl.col(name).is_finite(), f"{name} not finite", _value(name))


def _value(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).fill_null("null")


def _pair(first: str, second: str) -> pl.Expr:
    return pl.format("{} < {}", _value(first), _value(second))


def _moment(name: str) -> pl.Expr:
    """A time for people; beyond the calendar's reach, its microseconds since 1970."""
    sane = pl.col(name).to_physical().abs() < 2**52
    text = pl.when(sane).then(pl.col(name)).dt.strftime("%Y-%m-%d %H:%M:%S")
    return pl.coalesce(text, pl.col(name).to_physical().cast(pl.String), pl.lit("null"))
