"""Whether the exchange's clock can be believed, and whether a replay still runs as we think.

Every ten seconds the exchange is asked what time it is. The answer is held against the market's
clock with the time the question took taken off; more than two seconds apart, what it says of time
is not to be trusted, and the status says so. A simulated exchange is asked for its own clock too,
since its speed can be changed and it may have been started anew.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import orjson

from barograph.core.errors import SourceError
from barograph.live.board import Board
from barograph.live.clock import MarketClock, simulated_clock
from barograph.sources.http import HttpGet

LOG: Final = logging.getLogger(__name__)
EVERY: Final = 10.0
TOLERATED: Final = 2.0
"""Seconds of the market two clocks may differ, beside what the question itself took."""
JUMP: Final = timedelta(seconds=1.0)
ENDED: Final = "the recording has ended"


async def keep_time(
    get: HttpGet, exchange: str, clock: MarketClock, board: Board, every: float = EVERY
) -> None:
    """Look at the clocks until cancelled.

    Parameters
    ----------
    get : HttpGet
        Transport; called on another thread.
    exchange : str
        Address of the REST interface.
    clock : MarketClock
        The market's clock; follows a simulated exchange's.
    board : Board
        Told of what is found.
    every : float
        Seconds between two looks.
    """
    while True:
        try:
            await asyncio.to_thread(look, get, exchange, clock, board)
        except SourceError as error:
            LOG.info("the exchange's clock cannot be read: %s", error)
        board.concern("stale", "end", ENDED if clock.over else None)
        await asyncio.sleep(every)


def look(get: HttpGet, exchange: str, clock: MarketClock, board: Board) -> None:
    """Read the clocks once.

    Raises
    ------
    SourceError
        If the exchange does not answer.
    """
    if clock.kind != "live":
        theirs = simulated_clock(get, exchange, clock.seconds)
        if abs(theirs() - clock()) > JUMP * clock.speed or theirs.speed != clock.speed:
            LOG.warning("the market's clock was set: it is %s there", theirs().isoformat())
        clock.follow(theirs)
    offset, sure = offset_of(get, exchange, clock)
    wrong = abs(offset) > TOLERATED + sure
    words = f"the exchange's clock is {abs(offset):.0f} s {'ahead' if offset > 0 else 'behind'}"
    board.concern("unreliable", "clock", words if wrong else None)
    for symbol in board.symbols:
        board.put(symbol, clock_offset_s=round(offset, 3) if wrong else 0.0)


def offset_of(
    get: HttpGet,
    exchange: str,
    clock: MarketClock,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[float, float]:
    """How far the exchange's clock is ahead of the market's, and how far off that may be; seconds.

    Raises
    ------
    SourceError
        If the exchange does not answer with a time.
    """
    asked, before = monotonic(), clock()
    content = get(exchange.rstrip("/") + "/api/v3/time", {})
    took = monotonic() - asked
    try:
        theirs = int(orjson.loads(content)["serverTime"]) / 1000
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{exchange} gave no time: {content[:60]!r}") from error
    half = took * clock.speed / 2.0
    return theirs - before.timestamp() - half, half
