"""A stand-in for IB Gateway on localhost: serves hourly bars of BTC and ETH over TWS's protocol.

Whatever it serves is marked: its one account is ``SIMULATED``, by which our client knows it. It
holds its clients to IBKR's pacing, and goes wrong on demand.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias, get_args

import polars as pl

from barograph.core.errors import InputError, SettingsError, SourceError
from barograph.simulator import ibkr_wire as wire
from barograph.simulator.tape import Tape
from barograph.sources.ibkr import SIMULATED_ACCOUNT

HOST: Final = "127.0.0.1"
PATIENCE: Final = 10.0
LEGS: Final = ("BTC", "ETH")
QUOTES: Final = ("USD", "USDT", "USDC")
SAID: Final = "Historical Market Data Service error message:"

Row: TypeAlias = tuple[float | int, ...]
Kind: TypeAlias = Literal["complain", "hang_up", "cut", "silence", "lost", "twice", "spoilt"]
KINDS: Final = get_args(Kind)
"""An error message; the connection closed, before the answer or in its middle; no answer; IBKR's
own line lost (1100) and back (1102); each bar sent twice; one bar with its high below its low."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with questions for history.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    after : int
        How many of them are answered well first.
    times : int
        How many it happens to.
    code, text : int, str
        Of a ``complain``.
    back : bool
        Whether a ``lost`` line comes back.
    """

    kind: Kind
    after: int = 0
    times: int = 1
    code: int = 162
    text: str = "Historical Market Data Service error message:HMDS query cancelled"
    back: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")


@dataclass(slots=True)
class Book:
    """What a gateway was asked and what goes wrong next; safe to touch from any thread.

    Attributes
    ----------
    asked : list of Bars
        Questions for history.
    violations : list of str
        Questions that came too soon, in words.
    clients : int
        Connections that were made.
    """

    faults: list[Fault] = field(default_factory=list)
    asked: list[wire.Bars] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    clients: int = 0
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, asked: wire.Bars, now: float) -> tuple[Fault | None, str]:
        """Fault that happens to a question, and the pacing rule it breaks, in words."""
        with self.lock:
            broken = self._broken(asked, now)
            self.asked.append(asked)
            self.times.append(now)
            if broken:
                self.violations.append(f"{asked.everything}: {broken}")
            return self._next(), broken

    def _broken(self, asked: wire.Bars, now: float) -> str:
        past = list(zip(self.times, self.asked, strict=True))
        if sum(now - at < 600 for at, _ in past) >= 60:
            return "more than 60 requests in ten minutes"
        if sum(now - at < 2 and one.series == asked.series for at, one in past) >= 5:
            return "six requests of one contract in two seconds"
        if any(now - at < 15 and one.everything == asked.everything for at, one in past):
            return "an identical request within 15 seconds"
        return ""

    def _next(self) -> Fault | None:
        for place, fault in enumerate(self.faults):
            if fault.after > 0:
                self.faults[place] = replace(fault, after=fault.after - 1)
                continue
            if fault.times > 1:
                self.faults[place] = replace(fault, times=fault.times - 1)
            else:
                del self.faults[place]
            return fault
        return None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Bars a gateway has.

    Attributes
    ----------
    rows : Mapping of str to list of Row
        Leg to bars, oldest first: opening in seconds since 1970, open, high, low, close, volume,
        average, count.
    exchanges : tuple of str
        Venues it lists the legs on.
    """

    rows: Mapping[str, Sequence[Row]]
    exchanges: tuple[str, ...] = ("PAXOS", "ZEROHASH")


def shelf_of(tape: Tape, exchanges: tuple[str, ...] = ("PAXOS", "ZEROHASH")) -> Shelf:
    """Hourly bars of both legs of a tape, recorded or invented.

    Raises
    ------
    InputError
        If the tape lacks a leg.
    """
    rows: dict[str, Sequence[Row]] = {}
    for leg in LEGS:
        names = [f"{leg}{quote}" for quote in QUOTES if (f"{leg}{quote}", "1h") in tape.bars]
        if not names:
            raise InputError(f"no hourly bars of {leg} to serve; name a folder that has them")
        rows[leg] = rows_of(tape.bars[names[0], "1h"])
    return Shelf(rows, exchanges)


def rows_of(bars: pl.DataFrame) -> list[Row]:
    """Bars as a gateway sends them; -1 stands for what is not known."""
    average = pl.col("quote_volume") / pl.col("volume")
    told = bars.sort("open_time").select(
        pl.col("open_time").dt.epoch("s"), "open", "high", "low", "close",
        pl.col("volume").fill_null(-1.0),
        pl.when(average.is_finite()).then(average).otherwise(-1.0),
        pl.col("trades").fill_null(-1),
    )  # fmt: skip
    return list(told.iter_rows())


@dataclass(frozen=True, slots=True)
class Running:
    """A stand-in that answers.

    Attributes
    ----------
    port : int
    book : Book
        Plan what goes wrong; see what was asked.
    """

    port: int
    book: Book


@contextmanager
def serve(
    shelf: Shelf, *faults: Fault, port: int = 0, clock: Callable[[], float] = time.time
) -> Iterator[Running]:
    """Serve from a thread of its own until the block ends.

    Parameters
    ----------
    shelf : Shelf
        What there is.
    faults : Fault
        What goes wrong, in this order.
    port : int
        Zero for any free one.
    clock : callable
        Seconds by which pacing is judged.

    Raises
    ------
    SourceError
        If the port is taken.
    """
    book = Book(list(faults))
    server = _Server(_Desk(shelf, book, clock), port)
    server.start()
    try:
        yield Running(server.wait(), book)
    finally:
        server.stop()


class _HangUpError(Exception):
    """The gateway closes the connection."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """Answers questions."""

    shelf: Shelf
    book: Book
    clock: Callable[[], float]
    clients: dict[str, asyncio.StreamWriter] = field(default_factory=dict)
    late: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with one client until it leaves."""
        gone = (asyncio.IncompleteReadError, ConnectionError, _HangUpError, asyncio.CancelledError)
        with suppress(*gone):
            if await wire.greeted(reader):
                self.book.clients += 1
                writer.write(wire.frame([wire.VERSION, "20240101 00:00:00 UTC"]))
                while True:
                    cells = await wire.question(reader)
                    self._admit(cells, writer)
                    for part in self.answer(cells):
                        writer.write(part)
                    await writer.drain()
        for name in [one for one, theirs in self.clients.items() if theirs is writer]:
            del self.clients[name]
        writer.close()

    def _admit(self, cells: list[str], writer: asyncio.StreamWriter) -> None:
        """Turn away a client whose number another one has."""
        if int(cells[0]) == wire.START and self.clients.setdefault(cells[2], writer) is not writer:
            text = "Unable to connect as the client id is already in use. Retry with a unique one."
            writer.write(wire.complaint(-1, 326, text))
            raise _HangUpError

    def answer(self, cells: list[str]) -> Iterator[bytes]:
        """What a question is answered with; nothing where it is one we do not know."""
        kind = int(cells[0])
        if kind == wire.START:
            yield wire.frame([wire.SAID_ACCOUNTS, 1, SIMULATED_ACCOUNT])
            yield wire.frame([wire.SAID_ID, 1, 1])
        elif kind == wire.POSITIONS:
            yield wire.frame([wire.SAID_POSITIONS_END, 1])
        elif kind == wire.SUMMARY:  # a client asks for it when the line is back
            yield wire.frame([wire.SAID_SUMMARY_END, 1, cells[2]])
        elif kind == wire.DETAILS:
            yield self._details(cells)
        elif kind == wire.HEAD:
            yield self._head(cells)
        elif kind == wire.CANCEL:  # told as late as can be: when the next question is open
            text = f"{SAID}API historical data query cancelled: {cells[2]}"
            self.late.append(wire.complaint(int(cells[2]), 162, text))
        elif kind == wire.HISTORY:
            yield from self.late
            self.late.clear()
            yield from self._history(wire.bars_of(cells))

    def _details(self, cells: list[str]) -> bytes:
        number, symbol, kind, exchange, currency = wire.contract_of(cells)
        listed = exchange in self.shelf.exchanges and symbol in self.shelf.rows
        if kind != "CRYPTO" or currency != "USD" or not listed:
            text = "No security definition has been found for the request"
            return wire.complaint(number, 200, text)
        return wire.details(number, symbol, exchange, currency, 479_624_278 + LEGS.index(symbol))

    def _head(self, cells: list[str]) -> bytes:
        number, symbol, what = wire.head_of(cells)
        rows = self.shelf.rows.get(symbol)
        if not rows or what != "AGGTRADES":
            return wire.complaint(number, 162, f"HMDS query returned no data: {symbol} {what}")
        return wire.frame([wire.SAID_HEAD, number, rows[0][0]])

    def _history(self, asked: wire.Bars) -> Iterator[bytes]:
        fault, broken = self.book.take(asked, self.clock())
        if broken:
            text = f"{SAID}Historical data request pacing violation"
            yield wire.complaint(asked.number, 162, text)
            return
        if asked.what != "AGGTRADES" or asked.size != "1 hour":
            text = f"Error validating request.-'bT' : cause - {asked.what} {asked.size}"
            yield wire.complaint(asked.number, 321, text)
            return
        present = self.clock()
        end = present if asked.end is None else min(present, asked.end.timestamp())
        rows = [
            row
            for row in self.shelf.rows.get(asked.symbol, ())
            if end - asked.seconds <= row[0] < end
        ]
        if fault is not None:
            yield from _gone_wrong(fault, asked, rows)
        elif rows:
            yield wire.history(asked.number, asked, rows)
        else:
            text = f"{SAID}HMDS query returned no data: {asked.symbol}@{asked.exchange} AggTrades"
            yield wire.complaint(asked.number, 162, text)


def _gone_wrong(fault: Fault, asked: wire.Bars, rows: Sequence[Row]) -> Iterator[bytes]:
    """What is sent instead of a good answer."""
    whole = wire.history(asked.number, asked, rows)
    if fault.kind == "complain":
        yield wire.complaint(asked.number, fault.code, fault.text)
    elif fault.kind == "lost":
        gone = wire.complaint(-1, 1100, "Connectivity between IBKR and Trader Workstation lost")
        back = wire.complaint(-1, 1102, "Connectivity restored - data maintained")
        yield gone + back if fault.back else gone
    elif fault.kind == "twice":
        yield wire.history(asked.number, asked, [row for row in rows for _ in range(2)])
    elif fault.kind == "spoilt":
        low_high = [(row[0], row[1], row[3] / 2, *row[3:]) for row in rows[:1]]
        yield wire.history(asked.number, asked, [*low_high, *rows[1:]])
    elif fault.kind in {"hang_up", "cut"}:
        if fault.kind == "cut":
            yield whole[: len(whole) // 2]
        raise _HangUpError


class _Server(threading.Thread):
    """An event loop of its own, with one listening socket in it."""

    def __init__(self, desk: _Desk, port: int) -> None:
        super().__init__(name="simulated-gateway", daemon=True)
        self._desk = desk
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None

    def run(self) -> None:
        """Serve until ``stop``."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            server = await asyncio.start_server(self._desk.serve, HOST, self._port)
            self._port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._done.wait()
            server.close()
        except OSError as error:
            self._failure = error
            self._ready.set()

    def wait(self) -> int:
        """Port, once it answers."""
        if not self._ready.wait(PATIENCE) or self._failure is not None:
            raise SourceError(f"cannot serve on {HOST}:{self._port}: {self._failure or 'too slow'}")
        return self._port

    def stop(self) -> None:
        """Close everything and wait for it."""
        if self._loop is not None:
            with suppress(RuntimeError):  # closed already, where it never came to serve
                self._loop.call_soon_threadsafe(self._done.set)
        self.join(PATIENCE)
