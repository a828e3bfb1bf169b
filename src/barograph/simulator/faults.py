"""What the simulated exchange does wrong, and when."""

import asyncio
import threading
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, get_args

from aiohttp import web

from barograph.core.errors import SettingsError

Kind: TypeAlias = Literal[
    "limited", "banned", "error", "silence", "cut", "malformed", "empty", "duplicate", "shuffled",
    "corrupt",
]  # fmt: skip
KINDS: Final = get_args(Kind)
"""429, 418, 5xx, no answer, connection cut in the middle, broken JSON, no rows, the page before
once more, rows out of order, one byte changed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    path : str
        Requests whose path holds this.
    times : int
        How many of them it happens to.
    after : int
        How many of them are let through first.
    retry_after : str or None
        ``Retry-After`` of a 429 or 418.
    status : int
        Of an ``error``.
    seconds : float
        Of a ``silence``.
    """

    kind: Kind
    path: str = "/klines"
    times: int = 1
    after: int = 0
    retry_after: str | None = None
    status: int = 503
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")


class Faults:
    """The faults still to come, and what was asked; safe to touch from any thread."""

    def __init__(self, *faults: Fault) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = list(faults)
        self.requests: list[str] = []

    def plan(self, *faults: Fault) -> None:
        """Add faults behind those planned."""
        with self._lock:
            self._planned.extend(faults)

    def clear(self) -> None:
        """Forget what was planned and what was asked."""
        with self._lock:
            self._planned.clear()
            self.requests.clear()

    def take(self, path: str) -> Fault | None:
        """Fault that happens to this request; None where it is answered well."""
        with self._lock:
            self.requests.append(path)
            for place, fault in enumerate(self._planned):
                if fault.path not in path:
                    continue
                if fault.after > 0:
                    self._planned[place] = replace(fault, after=fault.after - 1)
                    return None
                left = replace(fault, times=fault.times - 1)
                self._planned[place : place + 1] = [left] if left.times > 0 else []
                return fault
        return None


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
