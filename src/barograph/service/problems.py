"""What can go wrong with a question, as one exception with a typed code (R-A6)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias

Details: TypeAlias = dict[str, str | int | float | bool | list[str] | None]

RETRY_SECONDS: Final = 1
"""What a client is told to wait after a 503: the store is looked for four times a second."""


class Problem(Exception):  # noqa: N818 - an answer, not a fault of the program
    """A question that gets a failure for an answer.

    Parameters
    ----------
    status : int
        Of HTTP.
    code : str
        For machines.
    message : str
        One line: value seen, value wanted, next step.
    details : dict or None
        The same for machines.
    last : dict or None
        The last valid prediction, already flagged stale.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Details | None = None,
        last: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details or {}
        self.last = last

    def body(self) -> dict[str, Any]:
        """As ``schemas.Failure``."""
        return failure(self.code, self.message, self.details, self.last)


def failure(
    code: str, message: str, details: Details, last: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Body of an answer that is not a success; what it quotes of a client is made text."""
    told = {
        name: _text(value) if isinstance(value, str) else value for name, value in details.items()
    }
    return {
        "error": {"code": code, "message": _text(message), "details": told},
        "fallback": {
            "regime": "unknown" if last is None else last["regime"],
            "confidence": "low",
            "recommendation": "wait",
            "last_prediction": last,
        },
    }


def _text(said: str) -> str:
    """Replace lone surrogates, which JSON can say and UTF-8 cannot."""
    return said.encode("utf-8", "replace").decode()


def unknown_asset(asset: str, known: Sequence[str]) -> Problem:
    """No bars of it are kept here."""
    wanted = ", ".join(known) or "none yet"
    return Problem(
        404,
        "UNKNOWN_ASSET",
        f"no asset {asset!r} here; there are: {wanted}",
        {"asset": asset, "known": list(known)},
    )


def bad_horizon(hours: int, known: Sequence[int]) -> Problem:
    """No model answers that many hours ahead."""
    wanted = ", ".join(map(str, known))
    return Problem(
        422,
        "BAD_HORIZON",
        f"horizon_hours={hours} is not forecast; choose one of {wanted}",
        {"horizon_hours": str(hours), "known": [str(one) for one in known]},
    )


def bad_range(message: str, **details: str | float | None) -> Problem:
    """A span of time that makes no sense."""
    return Problem(422, "BAD_RANGE", message, dict(details))


def range_too_long(asked: int, allowed: int, each: timedelta) -> Problem:
    """More bars than one answer may hold."""
    span = each * allowed
    return Problem(
        422,
        "RANGE_TOO_LONG",
        f"the range holds {asked} bars, at most {allowed} ({span}) at once; ask for less, "
        "or without `start` and page back by `end` = `next_before`",
        {"bars_asked": asked, "bars_allowed": allowed, "span_allowed": str(span)},
    )


def not_found(message: str, **details: str | float | None) -> Problem:
    """Well asked, but there is nothing."""
    return Problem(404, "NOT_FOUND", message, dict(details))


def validation(message: str, **details: str | float | None) -> Problem:
    """A parameter that cannot be read."""
    return Problem(422, "VALIDATION", message, dict(details))


def prediction_unavailable(waiting_for: str) -> Problem:
    """No forecast has been published yet."""
    return Problem(
        503,
        "PREDICTION_UNAVAILABLE",
        f"no forecast yet: {waiting_for}; ask again in {RETRY_SECONDS} s",
        {"waiting_for": waiting_for},
    )


def store_unavailable(reason: str, last: dict[str, Any] | None = None) -> Problem:
    """The read model cannot be read now."""
    return Problem(
        503,
        "STORE_UNAVAILABLE",
        f"{reason}; it is looked for all the time, ask again in {RETRY_SECONDS} s",
        {"reason": reason},
        last,
    )
