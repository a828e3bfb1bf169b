"""What a reader must know before believing an answer, and how old everything is (R-D13, R-A6).

Limits: a price is stale after 5 s without a word from the exchange, funding after 60 s, the runner
after 3 s without a heartbeat: all on this machine's clock. A forecast is stale when the next one
is overdue: 1 h and 60 s of market time after the bar it used; where the market runs faster than
life, two seconds of this machine's clock are granted for making it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from barograph.service.moments import HOUR, iso, seconds_of
from barograph.service.view import Market, View

PRICE_LIMIT: Final = 5.0
FUNDING_LIMIT: Final = 60.0
HEARTBEAT_LIMIT: Final = 3.0
FORECAST_GRACE: Final = 60.0
MAKING_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Age:
    """How old one kind of data is; seconds of this machine's clock.

    Attributes
    ----------
    name : str
    age : float or None
        None where there never was any.
    limit : float
    words : str
        What to say when it is stale.
    needed : bool
        Whether having none at all is stale too.
    """

    name: str
    age: float | None
    limit: float
    words: str
    needed: bool = True

    @property
    def stale(self) -> bool:
        """Whether it is older than it should be."""
        return self.needed if self.age is None else self.age > self.limit


def runner_state(view: View, wall: float) -> str:
    """``running``, ``starting`` or ``down``."""
    if heartbeat_age(view, wall).stale:
        return "down"
    return "running" if view.heartbeat.get("state") == "running" else "starting"


def heartbeat_age(view: View, wall: float) -> Age:
    """How long ago the runner was heard."""
    age = _since(view.heartbeat.get("wall"), wall)
    said = "has never run" if age is None else f"has not been heard for {_span(age)}"
    return Age("runner", age, HEARTBEAT_LIMIT, f"the runner {said}; it is being restarted")


def ages(view: View, symbol: str, wall: float) -> tuple[Age, ...]:
    """Ages of everything an answer about a symbol rests on, the gravest first."""
    status = view.statuses.get(symbol, {})
    price = _since(status.get("last_message_wall"), wall)
    funding = _since(status.get("funding_wall"), wall)
    said = "no price yet" if price is None else f"no word from the exchange for {_span(price)}"
    return (
        heartbeat_age(view, wall),
        Age("price", price, PRICE_LIMIT, said),
        _forecast_age(view, symbol, wall),
        Age("funding", funding, FUNDING_LIMIT, f"funding is {_span(funding or 0)} old", False),
    )


def truth(view: View, symbol: str, wall: float) -> dict[str, Any]:
    """Truth of an answer about now, as ``schemas.Truth``."""
    status = view.statuses.get(symbol, {})
    stale = [view.problem] if view.problem else []
    if status.get("connected") is False:
        stale.append("not connected to the exchange")
    stale += [age.words for age in ages(view, symbol, wall) if age.stale]
    stale += status.get("stale") or ()
    doubts = [*(status.get("unreliable") or ()), *_doubts(view.newest.get(symbol, {}))]
    return _truth(view, wall, stale, doubts)


def truth_of_past(view: View, wall: float, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Truth of an answer about the past: it cannot grow old.

    Parameters
    ----------
    view : View
    wall : float
        This machine's clock, seconds since 1970.
    body : Mapping or None
        The published answer; None for a walk-forward's.
    """
    doubts = [] if body is None else _doubts(body)
    if body is not None and body.get("late"):
        doubts.append(f"published late, at {iso(seconds_of(body['issued_at']))}")
    return _truth(view, wall, [view.problem] if view.problem else [], doubts)


def truth_of_all(view: View, wall: float) -> dict[str, Any]:
    """Truth of an answer about the whole service."""
    each = [truth(view, symbol, wall) for symbol in view.symbols]
    alone = [] if each else [heartbeat_age(view, wall).words]
    stale = [reason for one in each if one["stale"] for reason in one["reasons"]]
    doubts = [reason for one in each if one["unreliable"] for reason in one["reasons"]]
    told = _truth(view, wall, [*([view.problem] if view.problem else []), *alone, *stale], doubts)
    return told | {"unreliable": any(one["unreliable"] for one in each)}


def truth_if_known(view: View, wall: float) -> dict[str, Any] | None:
    """Truth of what is no answer yet; None before the runner has said where prices are from."""
    return None if view.market is None else truth_of_all(view, wall)


def _truth(view: View, wall: float, stale: list[str], doubts: list[str]) -> dict[str, Any]:
    market = view.market
    kind = "invented" if market is None else market.kind
    return {
        "simulated": kind != "live",
        "market": kind,
        "stale": bool(stale),
        "unreliable": bool(doubts),
        "reasons": list(dict.fromkeys([*stale, *doubts])),
        "market_time": iso(wall if market is None else market.time(wall)),
    }


def _forecast_age(view: View, symbol: str, wall: float) -> Age:
    body, market = view.newest.get(symbol), view.market
    if body is None or market is None:
        return Age("forecast", None, 0.0, "no forecast yet")
    age = (market.time(wall) - seconds_of(body["as_of"])) / market.speed
    limit = HOUR / market.speed + max(FORECAST_GRACE / market.speed, MAKING_SECONDS)
    hours = age * market.speed / HOUR
    return Age("forecast", age, limit, f"the newest forecast is from {hours:.1f} h ago")


def _doubts(body: Mapping[str, Any]) -> list[str]:
    return list(body.get("unreliable") or ())


def _since(moment: float | None, wall: float) -> float | None:
    return None if moment is None else max(0.0, wall - float(moment))


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.0f} h"


def clock(market: Market | None, wall: float) -> float:
    """Time at the exchange; this machine's where it is not known."""
    return wall if market is None else market.time(wall)
