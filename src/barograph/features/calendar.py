"""What the clock and the calendar say about the coming hour (R-F5, R-D11).

``as_of`` is the moment of the forecast: the hour described is the one that begins there.
"""

import math
from datetime import date

import polars as pl

from barograph.features.base import Feature

YEARS = range(2009, 2041)
"""Years whose holidays are listed; an hour outside them is no holiday."""

AS_OF = pl.col("as_of")
HOUR_OF_DAY = AS_OF.dt.hour()
WEEKDAY = AS_OF.dt.weekday() - 1
FUNDING_INTERVAL = 8


def _feature(name: str, expr: pl.Expr, formula: str, unit: str = "1") -> Feature:
    return Feature(name, expr, lookback=1, unit=unit, formula=formula, group="calendar")


def _cycle(name: str, position: pl.Expr, length: int, formula: str) -> tuple[Feature, Feature]:
    angle = position.cast(pl.Float64) * (2 * math.pi / length)
    return (
        _feature(f"{name}_sine", angle.sin(), f"sin(2π {formula} / {length})"),
        _feature(f"{name}_cosine", angle.cos(), f"cos(2π {formula} / {length})"),
    )


def _session(name: str, start: int, stop: int) -> Feature:
    inside = HOUR_OF_DAY.is_between(start, stop - 1)
    return _feature(f"session_{name}", inside, f"1 if {start} <= hour of as_of < {stop}, UTC")


def _holidays(calendar: str) -> list[date]:
    """Dates of a market's or country's holidays, ascending."""
    import holidays

    if calendar == "NYSE":
        return sorted(holidays.financial_holidays("NYSE", years=YEARS))
    return sorted(holidays.country_holidays(calendar, years=YEARS))


def _holiday(name: str, calendar: str, formula: str) -> Feature:
    return _feature(name, AS_OF.dt.date().is_in(_holidays(calendar)), formula)


def _wall_street_open() -> Feature:
    """Whether the New York stock exchange trades in the hour after ``as_of``."""
    local = AS_OF.dt.convert_time_zone("America/New_York")
    minutes = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute()
    trading = (local.dt.weekday() <= 5) & ~local.dt.date().is_in(_holidays("NYSE"))
    # The hour from 9:00 holds the open at 9:30.
    return _feature(
        "wall_street_open",
        trading & minutes.is_between(9 * 60, 16 * 60 - 1),
        "1 if NYSE trades within [as_of, as_of + 1 h), New York time and holidays",
    )


FEATURES = (
    *_cycle("hour", HOUR_OF_DAY, 24, "hour"),
    *_cycle("weekday", WEEKDAY, 7, "weekday"),
    *_cycle("hour_of_week", WEEKDAY.cast(pl.Int32) * 24 + HOUR_OF_DAY, 168, "hour of week"),
    _session("asia", 0, 8),
    _session("europe", 8, 16),
    _session("us", 16, 24),
    _feature("is_weekend", WEEKDAY >= 5, "1 on Saturday and Sunday, UTC"),
    _holiday("is_us_holiday", "US", "1 on a US federal holiday"),
    _holiday("is_nyse_holiday", "NYSE", "1 on a holiday of the New York stock exchange"),
    _wall_street_open(),
    _feature(
        "hours_to_funding",
        FUNDING_INTERVAL - HOUR_OF_DAY.cast(pl.Int32) % FUNDING_INTERVAL,
        "8 - hour of as_of mod 8: hours to the next of 00, 08, 16 UTC, 8 at a settlement",
        "hours",
    ),
)
