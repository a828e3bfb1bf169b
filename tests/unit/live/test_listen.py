"""A stream is held open: errors, goodbyes and silence end in a new connection, ever later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from barograph.sources.streams.listen import Patience, Socket, StreamError, listen


class Script:
    """A socket that plays frames, then ends as told."""

    def __init__(self, frames: list[bytes], end: str) -> None:
        self.frames, self.end = frames, end

    async def receive(self) -> bytes:
        if self.frames:
            return self.frames.pop(0)
        if self.end == "silence":
            await asyncio.sleep(60.0)
        raise StreamError("closed by the exchange")


class Ear:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def opened(self) -> None:
        self.told.append("opened")

    def heard(self, frame: bytes) -> None:
        self.told.append(frame.decode())

    def closed(self, why: str) -> None:
        self.told.append(why)


def hear(scripts: list[Script | None], patience: Patience, enough: int) -> list[str]:
    """Listen to connections one after another (None: refused) until so much was told."""
    ear = Ear()

    @asynccontextmanager
    async def connect(_url: str) -> AsyncIterator[Socket]:
        script = scripts.pop(0) if scripts else None
        if script is None:
            raise StreamError("refused")
        yield script

    async def run() -> None:
        task = asyncio.create_task(listen("ws://x", ear, connect, patience))
        while len(ear.told) < enough:
            await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(asyncio.wait_for(run(), 10.0))
    return ear.told[:enough]


QUICK = Patience(first_wait=0.001, longest_wait=0.004, dead=0.05)


def test_every_end_is_told_and_followed_by_a_new_connection() -> None:
    told = hear(
        [Script([b"a"], "goodbye"), None, Script([b"b", b"c"], "silence"), Script([b"d"], "")],
        QUICK,
        10,
    )
    assert told == [
        "opened", "a", "closed by the exchange", "refused", "opened", "b", "c",
        "silent for 0.05 s", "opened", "d",
    ]  # fmt: skip


def test_waits_double_up_to_the_longest_and_are_drawn_from_all_of_it() -> None:
    full = Patience(jitter=lambda: 1.0)
    assert [full.wait(n) for n in (1, 2, 3, 7, 8, 100)] == [0.1, 0.2, 0.4, 6.4, 10.0, 10.0]
    assert Patience(jitter=lambda: 0.0).wait(5) == 0.0
