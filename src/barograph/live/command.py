"""``barograph live``: the runner as a process."""

import asyncio
import logging
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from barograph.core.errors import SourceError
from barograph.core.settings import load_settings
from barograph.live.alone import alone
from barograph.live.clock import MarketClock, real_clock, simulated_clock
from barograph.live.job import Exchange, Job
from barograph.live.runner import Runner
from barograph.live.supervise import end_with_parent
from barograph.pipelines.prepare import named
from barograph.sources.http import HttpGet, NotThereError, web
from barograph.sources.retry import Retry
from barograph.sources.simulated import VENUE

LOG: Final = logging.getLogger(__name__)
REST: Final = "https://data-api.binance.vision"
STREAM: Final = "wss://data-stream.binance.vision"
MARKS: Final = "wss://fstream.binance.com"
INTERVALS: Final = ("1h", "5m")
SPOT: Final = "binance_spot"
QUICK: Final = Retry(attempts=2, first_wait=0.2, longest_wait=30.0)
"""The runner itself asks again; a transport that waits long would hold everything up."""


def follow(serving: Path, exchange: str | None, *, with_parent: bool) -> None:
    """Run until a SIGTERM, Ctrl-C or, where asked for, the end of the parent process.

    Parameters
    ----------
    serving : Path
        The serving folder.
    exchange : str or None
        Scheme, host and port of an exchange that speaks Binance's protocol; Binance when None.
    with_parent : bool
        Whether to end with the process that started us.

    Raises
    ------
    SourceError
        If the exchange named does not answer.
    LakeError
        If another runner holds the serving folder and does not end.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if with_parent:
        end_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    with alone(serving), web(QUICK, timeout=10.0) as get:
        clock = real_clock() if exchange is None else clock_of(get, exchange)
        symbols = load_settings(named("small").with_name("live.yaml")).symbols
        job = Job(serving, address(exchange, clock), clock, symbols, INTERVALS, get)
        with suppress(asyncio.CancelledError):
            asyncio.run(until_told(Runner(job)))


async def until_told(runner: Runner) -> None:
    """Run until a signal says stop, then leave everything whole."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - we are in one
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await runner.run()


def clock_of(get: HttpGet, exchange: str, patience: float = 20.0) -> MarketClock:
    """Clock of an exchange: its own where it is a simulated one, else ours.

    Raises
    ------
    SourceError
        If it has not answered within ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return simulated_clock(get, exchange)
        except NotThereError:
            return real_clock()
        except SourceError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def address(exchange: str | None, clock: MarketClock) -> Exchange:
    """Addresses of an exchange: one port for everything, or Binance's own."""
    if exchange is None:
        return Exchange(REST, STREAM, MARKS, SPOT)
    url = exchange.rstrip("/")
    stream = url.replace("http", "ws", 1)
    return Exchange(url, stream, stream, VENUE if clock.kind == "invented" else SPOT)
