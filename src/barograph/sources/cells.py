"""Cells as suppliers wrote them, to typed rows; what cannot be read is null and says so."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import polars as pl

from barograph.core.columns import FLOWS, PARSED_BARS, PARSED_OBSERVATIONS, PRICES
from barograph.core.time import MOMENT

EPOCHS: Final = ((1e8, 1e6), (1e11, 1e3), (1e14, 1.0), (1e17, 1e-3), (1e20, float("nan")))
"""Smallest size of an epoch in s, ms, µs, ns (and of none), and what turns it into µs.

The ranges do not overlap for any moment from March 1973 to the year 5138, so the unit is read
off each row by itself and a file may change its unit half-way (Binance did on 2025-01-01).
"""

DATES: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%d",
)
ZONED: Final = "%Y-%m-%dT%H:%M:%S%.f%#z"
FAULT: Final = "fault"


def number(name: str, dtype: pl.DataType) -> pl.Expr:
    """Cell as a float; null where it is no number (``nan`` and ``inf`` are numbers)."""
    cell = pl.col(name)
    written = cell.str.strip_chars() if isinstance(dtype, pl.String) else cell
    return written.cast(pl.Float64, strict=False)


def epoch(value: pl.Expr) -> pl.Expr:
    """Epoch of unknown unit to a moment, each row by its own size; null where it is none."""
    micros = pl.lit(None, pl.Float64)
    for smallest, factor in EPOCHS:
        micros = pl.when(value >= smallest).then(value * factor).otherwise(micros)
    return micros.round().cast(pl.Int64, strict=False).cast(MOMENT)


def date(text: pl.Expr) -> pl.Expr:
    """Date as suppliers write it to a moment; UTC unless an offset is written.

    Notes
    -----
    CryptoDataDownload's ``2020-11-06 07-AM`` is an hour of a twelve-hour clock.
    """
    plain = text.str.strip_chars().str.replace(r"[ T](\d\d)-(AM|PM)$", " ${1}:00 ${2}")
    spaced = plain.str.replace(r"^(\d{4}-\d\d-\d\d)T", "${1} ").str.replace(r" ?(Z|UTC)$", "")
    tee = plain.str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T")
    read = [spaced.str.to_datetime(form, strict=False, time_unit="us") for form in DATES]
    naive = pl.coalesce(read).dt.replace_time_zone("UTC")
    return pl.coalesce(naive, tee.str.to_datetime(ZONED, strict=False, time_unit="us"))


def moment(name: str, dtype: pl.DataType) -> pl.Expr:
    """Cell of any kind to a moment: a date, an epoch, or either of them as text."""
    if isinstance(dtype, pl.Datetime):
        cell = pl.col(name).cast(pl.Datetime("us", dtype.time_zone))
        return cell.dt.convert_time_zone("UTC") if dtype.time_zone else cell.cast(MOMENT)
    if isinstance(dtype, pl.Date):
        return pl.col(name).cast(pl.Datetime("us")).cast(MOMENT)
    if isinstance(dtype, pl.String):
        return pl.coalesce(epoch(number(name, dtype)), date(pl.col(name)))
    return epoch(pl.col(name).cast(pl.Float64, strict=False))


def said(name: str) -> pl.Expr:
    """Cell as text, for a message: at most 40 characters, empty where null."""
    return pl.col(name).cast(pl.String).str.slice(0, 40).fill_null("")


def is_blank(name: str) -> pl.Expr:
    """Whether nothing was written in the cell."""
    return said(name).str.strip_chars() == ""


def bars(cells: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``PARSED_BARS`` from cells under its names.

    Parameters
    ----------
    cells : DataFrame
        Any of the columns of ``BAR_VALUES`` as text, numbers or dates; ``date`` where the moment
        was written a second time; ``fault`` where a row is already known to be unreadable.

    Returns
    -------
    rows : DataFrame
        As many rows, in the same order. Prices and the moment must be readable; a flow
        (``volume`` ...) may be blank, which means unknown and is no fault.
    """
    return cells.select(_bar_columns(tuple(cells.schema.items())))


@lru_cache(maxsize=64)  # a live bar is one row: building the expressions would cost more than it
def _bar_columns(columns: tuple[tuple[str, pl.DataType], ...]) -> tuple[pl.Expr, ...]:
    schema = dict(columns)
    typed: dict[str, pl.Expr] = {}
    faults: list[pl.Expr] = [pl.col(FAULT)] if FAULT in schema else []
    if "open_time" in schema:
        typed["open_time"] = moment("open_time", schema["open_time"])
        faults.append(_fault("open_time", typed["open_time"], "a moment"))
    for name in (*PRICES, *FLOWS):
        if name in schema:
            typed[name] = number(name, schema[name])
            blank_is_fault = name in PRICES
            faults.append(_fault(name, typed[name], "a number", blank_is_fault=blank_is_fault))
    if "date" in schema and "open_time" in schema:
        faults.append(_disagreement(schema))
    return _finish(typed, faults, PARSED_BARS)


def observations(cells: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``PARSED_OBSERVATIONS`` from the cells ``event_time``, ``value`` and ``fault``."""
    schema = cells.schema
    typed = {
        "event_time": moment("event_time", schema["event_time"]),
        "value": number("value", schema["value"]),
    }
    faults = [pl.col(FAULT)] if FAULT in schema else []
    faults.append(_fault("event_time", typed["event_time"], "a moment"))
    faults.append(_fault("value", typed["value"], "a number"))
    return cells.select(_finish(typed, faults, PARSED_OBSERVATIONS))


def rows_of(lists: Sequence[object], names: Sequence[str]) -> pl.DataFrame:
    """Cells from rows that came as lists (JSON): text under ``names``, and ``fault``."""
    columns: dict[str, list[str | None]] = {name: [] for name in names}
    faults: list[str | None] = []
    for row in lists:
        good = isinstance(row, list) and len(row) == len(names)
        faults.append(None if good else _not_a_row(row, len(names)))
        cells = row if good and isinstance(row, list) else [None] * len(names)
        for name, cell in zip(names, cells, strict=True):
            columns[name].append(None if cell is None else str(cell))
    schema = dict.fromkeys(names, pl.String())
    return pl.DataFrame(columns, schema=schema).with_columns(pl.Series(FAULT, faults, pl.String))


def _not_a_row(row: object, wanted: int) -> str:
    if isinstance(row, list):
        return f"{len(row)} cells, wanted {wanted}"
    return f"{str(row)[:40]!r} is not a row of {wanted} cells"


def _fault(name: str, typed: pl.Expr, wanted: str, *, blank_is_fault: bool = True) -> pl.Expr:
    unreadable = typed.is_null() if blank_is_fault else typed.is_null() & ~is_blank(name)
    message = pl.format("{} '{}' is not {}", pl.lit(name), said(name), pl.lit(wanted))
    return pl.when(unreadable).then(message)


def _disagreement(schema: Mapping[str, pl.DataType]) -> pl.Expr:
    first = moment("open_time", schema["open_time"])
    second = moment("date", schema["date"])
    message = pl.format("'{}' and '{}' are not one moment", said("open_time"), said("date"))
    return pl.when(first != second).then(message)


def _finish(
    typed: Mapping[str, pl.Expr],
    faults: Sequence[pl.Expr],
    schema: Mapping[str, pl.DataType],
) -> tuple[pl.Expr, ...]:
    columns = [
        (typed[name].cast(kind, strict=False) if name in typed else pl.lit(None, kind)).alias(name)
        for name, kind in schema.items()
        if name not in {"row", FAULT}
    ]
    return (
        *columns,
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        pl.coalesce(*faults, pl.lit(None, pl.String)).alias("fault"),
    )
