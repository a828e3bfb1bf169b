"""A forecast as plain rows: what is published, hashed and later compared bit for bit."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Final, TypeAlias

import polars as pl

from barograph.core.errors import AuditError, InputError
from barograph.core.levels import LEVELS, column

Value: TypeAlias = str | float | int | bool | None
Row: TypeAlias = dict[str, Value]

REQUIRED: Final = (
    "horizon_hours",
    "target_time",
    "mean",
    "vol",
    "variance",
    "p_up",
    *(column(level) for level in LEVELS),
)
"""What every published horizon states; price, regime and confidence ride along where given."""


def forecast_payload(forecast: pl.DataFrame) -> tuple[Row, ...]:
    """Turn one forecast into the rows the ledger keeps.

    Parameters
    ----------
    forecast : DataFrame
        One symbol, one origin, one row per horizon: the columns of ``forecasts.parquet`` and
        any other of text, numbers or moments (``price``, ``regime``, ``confidence``). Null
        stays null.

    Returns
    -------
    rows : tuple of dict
        By horizon, ascending; moments as ISO text in UTC; floats as they are, to the last bit.

    Raises
    ------
    InputError
        If a column of ``REQUIRED`` is missing or unknown, a horizon comes twice, or a number is
        not finite.
    """
    if missing := [name for name in REQUIRED if name not in forecast.columns]:
        raise InputError(f"the forecast lacks {', '.join(missing)}; publish whole forecasts only")
    if forecast.is_empty():
        raise InputError("the forecast has no horizon; nothing to publish")
    rows = forecast.sort("horizon_hours").to_dicts()
    hours = [row["horizon_hours"] for row in rows]
    if len(set(hours)) != len(hours):
        raise InputError(f"horizons {hours}: each may come once; publish one model's forecast")
    return tuple(
        {name: plain(value, f"{name} at {row['horizon_hours']} h") for name, value in row.items()}
        for row in rows
    )


def plain(value: object, place: str) -> Value:
    """Return a value that JSON keeps exactly.

    Raises
    ------
    InputError
        If it is a NaN, an infinity, or of a kind JSON does not know.
    """
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float) and not isfinite(value):
        raise InputError(f"{place} is {value}; a forecast that is not a number is not published")
    if place.split(" ", 1)[0] in REQUIRED and value is None:
        raise InputError(f"{place} is unknown; publish whole forecasts only")
    if value is None or isinstance(value, str | int | float):
        return value
    raise InputError(f"{place} is {type(value).__name__}, wanted text, a number or a moment")


def iso(moment: datetime) -> str:
    """Write a moment in UTC, ``2024-01-01T00:00:00Z``; fractions of a second only where there are.

    Raises
    ------
    InputError
        If the moment has no zone.
    """
    if moment.tzinfo is None:
        raise InputError(f"{moment} has no time zone; moments are UTC and aware")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compare(
    recorded: Sequence[Mapping[str, Value]], rebuilt: Sequence[Mapping[str, Value]]
) -> None:
    """Hold a rebuilt forecast against the recorded one, bit for bit.

    Parameters
    ----------
    recorded, rebuilt : sequences of rows
        As ``forecast_payload`` makes them.

    Raises
    ------
    AuditError
        At the first difference, naming the horizon, the column and both values.
    """
    hours = [row["horizon_hours"] for row in recorded]
    if hours != (seen := [row["horizon_hours"] for row in rebuilt]):
        raise AuditError(f"recorded horizons {hours}, rebuilt {seen}")
    for old, new in zip(recorded, rebuilt, strict=True):
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name), new.get(name)
            if name not in old or name not in new or not identical(before, after):
                raise AuditError(
                    f"{name} at {old['horizon_hours']} h: recorded {shown(before)}, "
                    f"rebuilt {shown(after)}"
                )


def identical(one: Value, other: Value) -> bool:
    """Same kind and same bits; ``0.0`` is not ``-0.0`` and ``1`` is not ``1.0``."""
    if isinstance(one, float) and isinstance(other, float):
        return one.hex() == other.hex()
    return type(one) is type(other) and one == other


def shown(value: Value) -> str:
    """Write a value so that the last bit shows."""
    return f"{value!r} ({value.hex()})" if isinstance(value, float) else repr(value)
