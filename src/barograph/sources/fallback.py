"""The chain of exchanges: when one fails, the next is asked, and everybody hears of it (R-D5).

One series comes from one venue: after a switch the next exchange is asked for the whole range
again, since prices of two venues spliced into one series would show a return nobody could earn.
The venue of every payload says who served it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from barograph.core.errors import SourceError
from barograph.core.payload import Payload, SeriesKey
from barograph.sources.ccxt_rest import VENUES, Exchange, Venue, connect, fetch
from barograph.sources.request import USUAL, Manner, Wanted

LOG: Final = logging.getLogger(__name__)

Connect: TypeAlias = Callable[[Venue], AbstractContextManager[Exchange]]
LastStored: TypeAlias = Callable[[SeriesKey], datetime | None]
"""Series to the end of its last stored bar; None where nothing is stored."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One step down the chain.

    Attributes
    ----------
    symbol : str
        As asked for.
    failed, next : str
        Venues; ``next`` is empty at the end of the chain.
    reason : str
        One line.
    """

    symbol: str
    failed: str
    next: str
    reason: str


def nothing_stored(key: SeriesKey) -> None:
    """Answer for an empty lake."""


def log_only(switch: Switch) -> None:
    """Hear of a switch and do nothing; it is in the log already."""


def bars(
    wanted: Wanted,
    manner: Manner = USUAL,
    *,
    venues: Sequence[Venue] = VENUES,
    connect: Connect = connect,
    last_stored: LastStored = nothing_stored,
    on_switch: Callable[[Switch], None] = log_only,
) -> Iterator[Payload]:
    """Yield pages of bars from the first exchange that serves the whole range.

    Parameters
    ----------
    wanted : Wanted
        Which bars.
    manner : Manner
        Patience, clock, and who is told.
    venues : sequence of Venue
        The chain, first choice first.
    connect : Connect
        Opens an exchange; a test opens one at its simulator.
    last_stored : LastStored
        Where to resume; asked for each venue's own series.
    on_switch : Callable[[Switch], None]
        Told of every switch (``list.append`` counts them); each is logged too.

    Raises
    ------
    SourceError
        If every exchange failed; names each and its reason.
    """
    reasons: list[str] = []
    for place, venue in enumerate(venues):
        try:
            resume = last_stored(venue.key(wanted.symbol, wanted.interval))
            since = wanted.start if resume is None else max(wanted.start, resume)
            with connect(venue) as exchange:
                yield from fetch(exchange, venue, replace(wanted, start=since), manner)
        except SourceError as error:
            following = venues[place + 1].name if place + 1 < len(venues) else ""
            LOG.warning(
                "%s failed for %s, next %s: %s", venue.name, wanted.symbol, following, error
            )
            on_switch(Switch(wanted.symbol, venue.name, following, str(error)))
            reasons.append(f"{venue.name} ({error})")
        else:
            return
    raise SourceError(
        f"no exchange gave {wanted.interval} bars of {wanted.symbol}: {'; '.join(reasons)}"
    )
