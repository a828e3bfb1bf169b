"""The simulated exchange as a command: choose what to play, serve it, stop when told to."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final

import orjson

from barograph.core.errors import InputError
from barograph.core.time import HOUR, now, parse_moment
from barograph.lake.lake import Lake
from barograph.simulator import tape
from barograph.simulator.clock import MarketClock, checked
from barograph.simulator.server import serve
from barograph.simulator.tape import Tape

SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
USUAL_LAKE: Final = Path("lake")
BEFORE_THE_END: Final = timedelta(days=30)
LOOK: Final = 0.1
"""Seconds between two looks whether to stop."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the command was told; see its help."""

    data: Path | None
    lake: Path | None
    symbols: list[str] | None
    begin: str | None
    speed: float
    since: float | None
    port: int
    invented: bool
    seed: int
    with_parent: bool
    as_json: bool


def play(order: Order) -> None:
    """Serve until Ctrl-C, a SIGTERM or, where asked for, the end of the parent process."""
    heard: list[int] = []

    def told(number: int, _: FrameType | None) -> None:
        heard.append(number)

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    checked(order.speed)
    parent = os.getppid()
    chosen = choose(order)
    begin = start_of(order, chosen)
    market = chosen.market(MarketClock(begin, order.speed, since=order.since))
    with serve(market, port=order.port) as running:
        _say(order, running.url, chosen, begin)
        while not heard:
            time.sleep(LOOK)
            if order.with_parent and os.getppid() != parent:
                return
    if not order.as_json:
        print("stopped", file=sys.stderr)  # noqa: T201


def choose(order: Order) -> Tape:
    """Tape to play: the lake named, else the data folder named, else the lake that is there.

    Where there is none of them, prices are invented.

    Raises
    ------
    InputError, LakeError
        If what is named cannot be played.
    """
    symbols = list(dict.fromkeys(symbol.upper() for symbol in order.symbols or SYMBOLS))
    if order.lake is not None and not order.invented:
        return tape.recorded(Lake(order.lake, create=False), symbols, order.data)
    if order.data is not None and not order.invented:
        return tape.from_files(order.data, symbols)
    if (USUAL_LAKE / "lake.json").exists() and not order.invented:
        return tape.recorded(Lake(USUAL_LAKE, create=False), symbols)
    begin = now() if order.begin is None else parse_moment(order.begin)
    return tape.invented(symbols, begin + tape.AHEAD, seed=order.seed)


def start_of(order: Order, chosen: Tape) -> datetime:
    """Moment to start at.

    Raises
    ------
    InputError
        If there are no bars then.
    """
    first, last = chosen.span
    present = now()
    made_up_now = chosen.kind == "invented" and first <= present <= last - HOUR
    usual = present if made_up_now else max(first, last - BEFORE_THE_END)
    begin = usual if order.begin is None else parse_moment(order.begin)
    if not first <= begin <= last - HOUR:
        raise InputError(
            f"--from {begin:%Y-%m-%d %H:%M} is outside of the bars there are, "
            f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        )
    return begin


def _say(order: Order, url: str, chosen: Tape, begin: datetime) -> None:
    symbols = sorted({symbol for symbol, _ in chosen.bars})
    ends = chosen.span[1]
    if order.as_json:
        told = {
            "url": url,
            "simulated": True,
            "market_kind": chosen.kind,
            "symbols": symbols,
            "from": begin.isoformat(),
            "speed": order.speed,
            "ends": ends.isoformat(),
        }
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
        sys.stdout.flush()
        return
    what = "made-up prices of" if chosen.kind == "invented" else "history of"
    print(  # noqa: T201
        f"SIMULATED exchange at {url}: {what} {', '.join(symbols)} "
        f"from {begin:%Y-%m-%d %H:%M} UTC at {order.speed:g}x, "
        f"until {ends:%Y-%m-%d %H:%M}; Ctrl-C stops it",
        flush=True,
    )
