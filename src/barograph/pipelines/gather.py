"""Get bars into the lake: from files, from the exchanges, or from a simulated market."""

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import Final

from barograph.core.errors import SourceError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.progress import Listener, silent
from barograph.core.settings import Settings
from barograph.core.time import HOUR, Clock, now
from barograph.lake.lake import Lake, silver_table
from barograph.pipelines.dataset import HOURLY, SIMULATED
from barograph.pipelines.ingest import Ingested, ingest
from barograph.sources import fallback, simulated
from barograph.sources.catalogue import layouts
from barograph.sources.ccxt_rest import connect
from barograph.sources.fallback import Connect, Switch
from barograph.sources.files import payloads
from barograph.sources.request import Manner, Wanted
from barograph.sources.retry import Retry

HOSTS: Final = (
    "api.binance.com",
    "api.bybit.com",
    "www.okx.com",
    "api.coinbase.com",
    "api.kraken.com",
)
"""Whom a machine with a network can reach."""

FIRST: Final = datetime(2017, 8, 17, tzinfo=UTC)
"""The first day of the longest history any of the exchanges serves."""

IMPATIENT: Final[Connect] = partial(connect, timeout=8.0)
"""Opens a real exchange; a person waits."""


def wanted(settings: Settings) -> tuple[str, ...]:
    """Symbols a run reads: those it forecasts, and their peers."""
    return tuple(dict.fromkeys((*settings.symbols, *settings.peers)))


def holds(lake: Lake, symbols: Sequence[str], *, real: bool = False) -> bool:
    """Whether the lake has bars of every symbol; of a real market where ``real``."""
    held = {
        key.symbol
        for key in lake.series("bars")
        if key.interval in HOURLY and not (real and key.venue == SIMULATED)
    }
    return held.issuperset(symbols)


def age(lake: Lake, symbol: str, present: datetime) -> timedelta | None:
    """How long ago the last bar of a symbol closed; None where there is none."""
    tables = [
        silver_table(key)
        for key in lake.series("bars")
        if key.interval in HOURLY and key.symbol == symbol
    ]
    ends = [lake.read(table, columns=["close_time"])["close_time"].max() for table in tables]
    known = [end for end in ends if isinstance(end, datetime)]
    return present - max(known) if known else None


def online(hosts: Sequence[str] = HOSTS, patience: float = 3.0) -> bool:
    """Whether any exchange's host can be reached; True behind a proxy, which knows better.

    Parameters
    ----------
    hosts : Sequence[str]
        Asked all at once.
    patience : float
        Seconds until a silent network counts as none.
    """
    if any(name.lower() in {"https_proxy", "all_proxy"} for name in os.environ):
        return True
    answers: Queue[bool] = Queue()

    def knock(host: str) -> None:
        try:
            socket.create_connection((host, 443), patience).close()
        except OSError:
            answers.put(False)
        else:
            answers.put(True)

    for host in hosts:
        Thread(target=knock, args=(host,), daemon=True).start()
    deadline = monotonic() + patience
    for _ in hosts:
        try:
            if answers.get(timeout=max(0.0, deadline - monotonic())):
                return True
        except Empty:
            return False
    return False


def from_files(
    lake: Lake,
    where: Sequence[Path],
    symbols: Sequence[str] | None = None,
    key: SeriesKey | None = None,
    clock: Clock = now,
    progress: Listener = silent,
) -> Ingested:
    """Ingest files and folders.

    Parameters
    ----------
    lake : Lake
        Where to.
    where : Sequence[Path]
        Files or folders.
    symbols : sequence of str or None
        Only these; all when None.
    key : SeriesKey or None
        The series of a file whose name does not say.
    clock, progress
        As for ``ingest``.
    """
    found: Iterable[Payload] = (
        payload for path in where for payload in payloads(path, symbols, key=key)
    )
    return ingest(lake, found, layouts(), clock, progress)


def from_exchanges(
    lake: Lake,
    symbols: Sequence[str],
    progress: Listener = silent,
    manner: Manner | None = None,
    connect: Connect = IMPATIENT,
    on_switch: Callable[[Switch], None] = fallback.log_only,
) -> Ingested:
    """Bring hourly bars up to the last complete one, down the chain of exchanges.

    Parameters
    ----------
    lake : Lake
        Where to; what is stored already is not asked for again.
    symbols : Sequence[str]
        For instance ``BTCUSDT``.
    progress : Listener
        Told how it is getting on.
    manner : Manner or None
        Patience and clock; impatient where None, since a person waits.
    connect : Connect
        Opens an exchange.
    on_switch : Callable[[Switch], None]
        Told of every step down the chain.

    Raises
    ------
    SourceError
        If no exchange answered for a symbol; what came before is in the lake.
    """
    asked = manner or Manner(retry=Retry(attempts=2), listener=progress)

    def stored(key: SeriesKey) -> datetime | None:
        table = silver_table(key)
        if not lake.exists(table):
            return None
        last = lake.read(table, columns=["open_time"])["open_time"].max()
        return last + HOUR if isinstance(last, datetime) else None

    pages = (
        page
        for symbol in symbols
        for page in fallback.bars(
            Wanted(symbol, "1h", FIRST),
            asked,
            connect=connect,
            last_stored=stored,
            on_switch=on_switch,
        )
    )
    try:
        return ingest(lake, pages, layouts(), asked.clock, asked.listener)
    except SourceError:
        ingest(lake, (), layouts(), asked.clock, asked.listener)
        raise


def from_simulation(
    lake: Lake,
    symbols: Sequence[str],
    seed: int,
    clock: Clock = now,
    progress: Listener = silent,
) -> Ingested:
    """Fill the lake with a seeded simulated market, under the venue ``simulated``."""
    end = clock().replace(minute=0, second=0, microsecond=0)
    pages = simulated.payloads(symbols, end, seed=seed)
    done = ingest(lake, pages, layouts(), clock, progress)
    assert all(SIMULATED in report.series for report in done.reports)  # noqa: S101 - never pass as real
    return done
