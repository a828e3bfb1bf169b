"""What gates and breakers leave of a signal on a forecast's likelier side (R-K1, R-K2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from barograph.service.moments import HOUR, iso, seconds_of
from barograph.trading.risk.base import Effect

HALVED: Final = frozenset({Effect.HALF_SIZE.name.lower(), Effect.CONSERVATIVE.name.lower()})
CLOSED: Final = Effect.NO_ENTRIES.name.lower()


def risk(refused: Sequence[Mapping[str, Any]], as_of: int) -> dict[str, Any]:
    """Risk of one forecast, as ``schemas.Risk``; without breakers, which are of now.

    Parameters
    ----------
    refused : sequence of Mapping
        Gates that refuse, as in the published answer; they judge anew with the next forecast.
    as_of : int
        Origin of the forecast, seconds since 1970.
    """
    until = iso(as_of + HOUR)
    return {
        "size": 0.0 if refused else 1.0,
        "refused": [{**one, "until": until} for one in refused],
        "holding": [],
    }


def holdings(holding: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Breakers that hold, each as ``schemas.Holding``."""
    return [
        {
            **one,
            "since": iso(seconds_of(one["since"])),
            "until": None if one["until"] is None else iso(seconds_of(one["until"])),
        }
        for one in holding
    ]


def with_breakers(prediction: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction of now, with the breakers that hold for its symbol by the runner's status."""
    told, holding = prediction["risk"], status.get("risk") or ()
    effects = {one["effect"] for one in holding}
    most = 0.0 if CLOSED in effects else 0.5 if effects & HALVED else 1.0
    found = {**told, "size": min(told["size"], most), "holding": holdings(holding)}
    return {**prediction, "risk": found}
