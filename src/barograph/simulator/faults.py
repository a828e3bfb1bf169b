"""What the simulated exchange does wrong, and when.

A fault happens to requests whose path, or to stream messages whose stream, holds its ``path``:
``/klines`` is REST, ``@kline`` every stream of bars, ``btcusdt@kline_1h`` one of them. Some faults
are states of the exchange instead: ``wrong_clock``, ``gap`` and ``spike`` change what it says until
they are cleared, on REST and streams alike.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, get_args

from aiohttp import web

from barograph.core.errors import SettingsError
from barograph.simulator.series import Bar

Kind: TypeAlias = Literal[
    "limited", "banned", "error", "silence", "cut", "malformed", "empty", "duplicate", "shuffled",
    "corrupt", "drop", "delay", "reorder", "disconnect", "wrong_clock", "gap", "spike",
]  # fmt: skip
KINDS: Final = get_args(Kind)
"""429, 418, 5xx, no answer, connection cut in the middle, broken JSON, no rows, the page (or
message) before once more, rows out of order, one byte changed; a message that never comes, comes
late, or comes after the next one; the connection closed; serverTime and event times shifted; bars
that do not exist until later; a bar whose high and close are far too high."""

ON_STREAMS: Final = frozenset(
    {"silence", "malformed", "duplicate", "drop", "delay", "reorder", "disconnect"}
)
STREAM_ONLY: Final = frozenset({"drop", "delay", "reorder", "disconnect", "gap", "spike"})
STATES: Final = frozenset({"wrong_clock", "gap", "spike"})
REQUESTS_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    path : str
        Requests whose path, or messages whose stream, holds this; by default ``/klines``, and
        ``@kline`` for what only streams can do.
    times : int
        How many of them it happens to.
    after : int
        How many of them are let through first.
    retry_after : str or None
        ``Retry-After`` of a 429 or 418.
    status : int
        Of an ``error``.
    seconds : float
        Of a ``silence`` or ``delay``; shift of a ``wrong_clock`` (0: right again); length of a
        ``gap``, which begins now, in seconds of the market.
    later : float or None
        Seconds of the market after its end at which a ``gap`` is filled; None: never.
    factor : float
        Of a ``spike``, which hits the bar that is open now.
    finals : bool or None
        Whether only messages of ended bars count; by default so for everything but ``silence``
        and ``disconnect``.
    """

    kind: Kind
    path: str = ""
    times: int = 1
    after: int = 0
    retry_after: str | None = None
    status: int = 503
    seconds: float = 5.0
    later: float | None = 3600.0
    factor: float = 10.0
    finals: bool | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")
        if not self.path:
            usual = "@kline" if self.kind in STREAM_ONLY else "/klines"
            object.__setattr__(self, "path", usual)
        if self.finals is None:
            object.__setattr__(self, "finals", self.kind not in {"silence", "disconnect"})


@dataclass(frozen=True, slots=True)
class _State:
    """A fault that lasts, and the market's moment at which it was planned, epoch in ms."""

    fault: Fault
    since: int


class Faults:
    """The faults still to come, and what was asked; safe to touch from any thread."""

    def __init__(self, *faults: Fault) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []
        self._states: list[_State] = []
        self._silent: dict[str, float] = {}
        self.requests: list[str] = []
        self.present: Callable[[], int] = lambda: int(time.time() * 1000)
        """Present moment of the market, epoch in ms; the exchange sets it to its own."""
        self.plan(*faults)

    def plan(self, *faults: Fault) -> None:
        """Add faults behind those planned; those that are states begin at once."""
        with self._lock:
            for fault in faults:
                if fault.kind in STATES:
                    self._states.append(_State(fault, self.present()))
                else:
                    self._planned.append(fault)

    def clear(self) -> None:
        """Forget what was planned and what was asked; every state ends."""
        with self._lock:
            self._planned.clear()
            self._states.clear()
            self._silent.clear()
            self.requests.clear()

    @property
    def planned(self) -> list[Fault]:
        """Faults still to come, and those that last."""
        with self._lock:
            return [*self._planned, *(state.fault for state in self._states)]

    @property
    def shift(self) -> int:
        """By how many ms the exchange's clock is wrong."""
        wrong = [state.fault.seconds for state in self._states if state.fault.kind == "wrong_clock"]
        return int(1000 * wrong[-1]) if wrong else 0

    def take(self, path: str) -> Fault | None:
        """Fault that happens to this request; None where it is answered well."""
        with self._lock:
            self.requests.append(path)
            if len(self.requests) > REQUESTS_KEPT:
                del self.requests[: REQUESTS_KEPT // 2]
            return self._next(lambda fault: fault.path in path)

    def befall(self, stream: str, *, final: bool) -> Fault | None:
        """Fault that happens to this message of a stream; None where it is sent well.

        Parameters
        ----------
        stream : str
            For instance ``btcusdt@kline_1h``.
        final : bool
            Whether it tells of an ended bar (or of anything that is no bar).
        """
        if not self._planned and not self._silent:
            return None
        with self._lock:
            wall = time.monotonic()
            self._silent = {path: end for path, end in self._silent.items() if end > wall}
            if any(path in stream for path in self._silent):
                return Fault("drop", stream)
            found = self._next(
                lambda fault: (
                    fault.kind in ON_STREAMS
                    and fault.path in stream
                    and (final or not fault.finals)
                )
            )
            if found is not None and found.kind == "silence":
                self._silent[found.path] = wall + found.seconds
                return Fault("drop", stream)
        return found

    def seen(self, stream: str, bar: Bar, now: int) -> Bar | None:
        """Bar as the exchange shows it; None while a gap hides it.

        Parameters
        ----------
        stream : str
            Name of the stream that the bar belongs to, also where REST asks for it.
        bar : Bar
            As recorded.
        now : int
            The market's present moment, epoch in ms.
        """
        for state in self._states:
            fault = state.fault
            if fault.path not in stream:
                continue
            if fault.kind == "gap" and _hidden(state, bar, now):
                return None
            if fault.kind == "spike" and bar.final and bar.opened <= state.since < bar.closes:
                start, high, low, end, *flows = bar.values
                values = (start, high * fault.factor, low, end * fault.factor, *flows)
                bar = bar._replace(values=values)
        return bar

    def _next(self, is_meant: Callable[[Fault], bool]) -> Fault | None:
        """First planned fault that is meant, counted down; the lock is held."""
        for place, fault in enumerate(self._planned):
            if not is_meant(fault):
                continue
            if fault.after > 0:
                self._planned[place] = replace(fault, after=fault.after - 1)
                return None
            left = replace(fault, times=fault.times - 1)
            self._planned[place : place + 1] = [left] if left.times > 0 else []
            return fault
        return None


def _hidden(state: _State, bar: Bar, now: int) -> bool:
    stop = state.since + int(1000 * state.fault.seconds)
    later = state.fault.later
    filled = later is not None and now >= stop + int(1000 * later)
    return not filled and bar.opened < stop and bar.closes > state.since


async def refuse(request: web.Request, fault: Fault) -> web.StreamResponse | None:
    """Answer of a fault that needs no data; None for the faults that spoil data."""
    if fault.kind in {"limited", "banned"}:
        status = 429 if fault.kind == "limited" else 418
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        body = {"code": -1003, "msg": "Too many requests; current limit of IP is 6000 per minute."}
        return web.json_response(body, status=status, headers=headers)
    if fault.kind == "error":
        return web.Response(status=fault.status, text="upstream is not well")
    if fault.kind == "silence":
        await asyncio.sleep(fault.seconds)
        return web.Response(status=504)
    if fault.kind == "cut":
        return await _cut(request)
    return None


async def _cut(request: web.Request) -> web.StreamResponse:
    reply = web.StreamResponse(headers={"Content-Length": "100000"})
    await reply.prepare(request)
    await reply.write(b'[[1733011200000,"96407.99","966')
    if request.transport is not None:
        request.transport.abort()
    return reply


def spoil_rows(kind: str, rows: list[Any], before: list[Any]) -> list[Any]:
    """Page of a fault that spoils rows: emptied, replaced by the page before, or shuffled."""
    if kind == "empty":
        return []
    if kind == "duplicate":
        return before
    if kind == "shuffled":
        return rows[1::2][::-1] + rows[::2]
    return rows


def spoil_bytes(kind: str, body: bytes) -> bytes:
    """Body of a fault that spoils bytes: cut in the middle, or one byte changed."""
    middle = len(body) // 2
    if kind == "malformed":
        return body[:middle]
    if kind == "corrupt":
        return body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]
    return body
