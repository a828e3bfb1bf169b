"""Moments as the API reads and writes them."""

from datetime import UTC, datetime
from typing import Final

from barograph.core.errors import InputError
from barograph.core.time import parse_moment
from barograph.service.problems import validation

HOUR: Final = 3600
FIRST: Final = 0.0
LAST: Final = 253_402_300_799.0
"""The end of the year 9999: what the calendar can write."""


def iso(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def seconds_of(moment: str | float) -> float:
    """Seconds since 1970 of a moment that the program itself wrote, as a number or as ISO 8601."""
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).timestamp()
    return float(moment)


def asked(text: str | None, name: str) -> float | None:
    """Read a parameter: ISO 8601 or seconds since 1970.

    Raises
    ------
    Problem
        If it is neither, or before 1970 or after 9999.
    """
    if text is None:
        return None
    wanted = f"{name}={text!r} is no moment; write 2024-03-01T00:00Z or seconds since 1970"
    try:
        seconds = _number(text)
        if seconds is None:
            # The plus of a zone reads as a space where a client did not escape it.
            whole = text.replace(" ", "+") if "T" in text else text
            seconds = parse_moment(whole).timestamp()
    except (InputError, OverflowError, ValueError) as error:
        raise validation(wanted, **{name: text}) from error
    if not FIRST <= seconds <= LAST:
        raise validation(f"{name}={text!r} is not between 1970 and 9999", **{name: text})
    return seconds


def _number(text: str) -> float | None:
    digits = text.removeprefix("-").replace(".", "", 1)
    return float(text) if digits.isdecimal() and digits.isascii() and len(digits) != 8 else None
