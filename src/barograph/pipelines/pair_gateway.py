"""Raw bars of both legs from an IBKR gateway: back from the present until there is no more.

1. Both contracts are looked up, and the moment their history begins; where IBKR does not say that,
   three empty months in a row count as the beginning.
2. Month by month, the newest first, what is not on disk is asked for, at the pace IBKR allows
   (:mod:`barograph.pair.pacing`), again and later each time where a failure may pass.
3. Every answer is on disk, as it came, before the next question; a killed run goes on behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import polars as pl

from barograph.core.errors import InputError, NotEnoughDataError, SourceError
from barograph.core.time import Clock, now
from barograph.pair.download import Month, months, raw_of_chunk, settled, span_asked
from barograph.pair.heartbeat import Heartbeat, Stage
from barograph.pair.pacing import Asked, Pacer
from barograph.pair.workspace import SYMBOLS, Workspace, read_json
from barograph.pipelines.dataset import SIMULATED
from barograph.pipelines.pair_download import Leg, store
from barograph.sources.ibkr import (
    BAR_SIZE,
    WHAT,
    Address,
    Gateway,
    Listed,
    NothingThereError,
)
from barograph.sources.retry import Retry, TransientError

T = TypeVar("T")

CHUNKS: Final = "chunks"
EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
"""Before any crypto contract of IBKR."""
EMPTY: Final = 3
"""Months without a bar, in a row, that count as the beginning where IBKR does not tell it."""
LONG_WAIT: Final = 30.0
"""Seconds from which a wait is told."""
PATIENT: Final = Retry(attempts=8, first_wait=5.0, longest_wait=300.0)
"""About ten minutes: IBKR's servers and the gateway start anew every night."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Time as a download knows it; a test's runs ahead.

    Attributes
    ----------
    clock : Clock
        The present.
    sleep : callable
        Waits for so many seconds.
    """

    clock: Clock = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def from_gateway(
    place: Workspace,
    heart: Heartbeat,
    address: Address,
    start: datetime | None = None,
    tempo: Tempo | None = None,
    retry: Retry = PATIENT,
) -> dict[str, Any]:
    """Back-fill both legs from TWS or IB Gateway.

    Parameters
    ----------
    place : Workspace
        Where to; what is there already is not asked for again.
    heart : Heartbeat
        Told elapsed time, requests, bars, leg, percent and what is left.
    address : Address
        The gateway.
    start : datetime, optional
        Months before this moment's are not asked for; all there is when None.
    tempo : Tempo, optional
        Real time when None.
    retry : Retry
        How often a failure that may pass is met.

    Returns
    -------
    origins : dict
        What ``download.json`` holds.

    Raises
    ------
    SourceError
        If no gateway answers, it has no such contract, or it fails for good; what came before
        stays, and the same command goes on behind it.
    NotEnoughDataError
        If the gateway has no bar of a leg.
    LakeError
        If another run holds the workspace, or the disk says no.
    """
    known = tempo or Tempo()
    with place.held(), heart.stage("download") as stage:
        work = _Backfill(place, stage, Gateway(address), known, retry, start or EARLIEST)
        legs = asyncio.run(work.run())
        return store(place, legs, known.clock())


@dataclass(slots=True)
class _Backfill:
    """One download under way."""

    place: Workspace
    stage: Stage
    gateway: Gateway
    tempo: Tempo
    retry: Retry
    start: datetime
    pacer: Pacer = field(default_factory=Pacer)
    requests: int = 0
    rows: int = 0
    done: int = 0
    total: int | None = 0

    async def run(self) -> dict[str, Leg]:
        """Bars of both legs."""
        try:
            await self._greet()
            self._remember()
            plans = [await self._plan(symbol) for symbol in SYMBOLS]
            return {plan.listed.symbol: await self._leg(plan) for plan in plans}
        finally:
            await self.gateway.close()

    async def _greet(self) -> None:
        """Connect a first time; nobody there is no matter of patience."""
        try:
            await self.gateway.connect()
        except TransientError as error:
            raise SourceError(
                f"{error}; start TWS or IB Gateway with its API enabled and name its --port, or "
                "take other bars: --data FOLDER or --source lake"
            ) from error

    async def _plan(self, symbol: str) -> "_Plan":
        """Contract and months of a leg."""
        listed = await self._patiently(
            symbol, f"contract {symbol}", lambda: self.gateway.listed(symbol)
        )
        simulated = self.gateway.simulated
        venue = SIMULATED if simulated else f"ibkr_{listed.exchange.lower()}"
        folder = self.place.raw / CHUNKS / venue / symbol.lower()
        first = await self._first(listed, folder)
        plan = _Plan(listed, venue, folder, months(self._since(first), self.tempo.clock()), first)
        wanted = sum(not self._is_there(plan, month) for month in plan.months)
        self.total = None if first is None or self.total is None else self.total + wanted
        return plan

    def _since(self, first: datetime | None) -> datetime:
        return self.start if first is None else max(self.start, first)

    async def _first(self, listed: Listed, folder: Path) -> datetime | None:
        """When the leg's history begins; None where IBKR does not say."""
        file = folder / "first.json"
        kept = _kept(file)
        if kept is not None and kept["contract"] == listed.name:
            return datetime.fromisoformat(kept["first"])
        try:
            first = await self._paced(
                listed, f"first moment of {listed.name}", lambda: self.gateway.first_moment(listed)
            )
        except (NothingThereError, SourceError) as error:
            self._beat(listed.symbol, f"IBKR does not say when {listed.symbol} begins ({error})")
            return None
        self.place.write_json(file, {"contract": listed.name, "first": first.isoformat()})
        return first

    async def _leg(self, plan: "_Plan") -> Leg:
        """Every month of a leg, from disk or from the gateway."""
        empty, used = 0, []
        for month in plan.months:
            if not self._is_there(plan, month):
                await self._ask(plan, month)
                self.done += 1
            used.append(month)
            bars = plan.chunk(month)["bars"]
            self.rows += len(bars)
            empty = 0 if bars else empty + 1
            self._beat(plan.listed.symbol)
            if plan.first is None and empty == EMPTY:
                break
        parts = [raw_of_chunk(plan.chunk(month), month) for month in reversed(used)]
        rows = pl.concat(parts)
        if rows.is_empty():
            raise NotEnoughDataError(
                f"the gateway has no bar of {plan.listed.symbol} since {self.start:%Y-%m-%d}; "
                "name an earlier --start, or another --exchange"
            )
        return Leg(rows, plan.venue, f"IBKR {plan.listed.name}", plan.traced(used))

    def _is_there(self, plan: "_Plan", month: Month) -> bool:
        return settled(month, plan.asked_at(month), self.tempo.clock())

    async def _ask(self, plan: "_Plan", month: Month) -> None:
        """Ask for a month, and keep what comes as it came."""
        present = self.tempo.clock()
        end, duration = span_asked(month, present)
        what = f"{plan.listed.name} {duration} before {end:%Y-%m-%d %H:%M}"
        try:
            bars = await self._paced(
                plan.listed, what, lambda: self.gateway.bars(plan.listed, end, duration)
            )
        except NothingThereError:
            bars = []
        answer = {
            "contract": plan.listed.name,
            "bar_size": BAR_SIZE,
            "what": WHAT,
            "use_rth": False,
            "end": end.isoformat(),
            "duration": duration,
            "asked_at": present.isoformat(),
            "simulated": self.gateway.simulated,
            "bars": bars,
        }
        self.place.write(plan.file(month), orjson.dumps(answer))

    async def _paced(self, listed: Listed, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask at the pace that is allowed; the question is on record before it is sent."""

        async def once() -> T:
            wait = self.pacer.wait(self._seconds(), listed.name, what)
            if wait >= LONG_WAIT:
                self._beat(listed.symbol, f"waiting {wait:.0f} s for IBKR's pacing")
            while wait > 0:
                await self.tempo.sleep(wait)
                wait = self.pacer.wait(self._seconds(), listed.name, what)
            await self.gateway.connect()
            self.pacer.note(self._seconds(), listed.name, what)
            kept = [[one.at, one.contract, one.request] for one in self.pacer.history]
            self.place.write_json(self._record(), {"asked": kept})
            self.requests += 1
            return await ask()

        return await self._patiently(listed.symbol, what, once)

    async def _patiently(self, symbol: str, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer, later each time."""
        for attempt in range(1, self.retry.attempts + 1):
            try:
                await self.gateway.connect()
                return await ask()
            except TransientError as error:
                if attempt == self.retry.attempts:
                    raise SourceError(
                        f"{what}: {error} ({attempt} attempts); what came is kept, run the same "
                        "command to go on"
                    ) from error
                pause = self.retry.pause(attempt)
                self._beat(symbol, f"{what}: {error}; asking again in {pause:.0f} s")
                await self.tempo.sleep(pause)
        raise SourceError(f"{what}: not asked, {self.retry.attempts} attempts are none")

    def _record(self) -> Path:
        account = "simulated" if self.gateway.simulated else "ibkr"
        return self.place.raw / CHUNKS / f"asked_{account}.json"

    def _remember(self) -> None:
        """Take over what earlier runs asked: a gateway counts it too."""
        kept = _kept(self._record()) or {"asked": []}
        self.pacer = Pacer([Asked(*one) for one in kept["asked"]])

    def _seconds(self) -> float:
        return self.tempo.clock().timestamp()

    def _beat(self, symbol: str, note: str = "") -> None:
        done = None if not self.total else self.done / self.total
        self.stage.beat(done, symbol=symbol, rows=self.rows, requests=self.requests, note=note)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is wanted of a leg."""

    listed: Listed
    venue: str
    folder: Path
    months: tuple[Month, ...]
    first: datetime | None

    def file(self, month: Month) -> Path:
        """Where a month lies."""
        return self.folder / f"{month.name}.json"

    def chunk(self, month: Month) -> dict[str, Any]:
        """A month as it came."""
        return read_json(self.file(month))

    def asked_at(self, month: Month) -> datetime | None:
        """When a month on disk was asked for, of this contract; None where it was not."""
        chunk = _kept(self.file(month))
        if chunk is None or chunk["contract"] != self.listed.name:
            return None
        return datetime.fromisoformat(chunk["asked_at"])

    def traced(self, used: Sequence[Month]) -> dict[str, Any]:
        """Where the bars came from, month by month."""
        return {
            "contract": self.listed.name,
            "history_begins": self.first,
            "months": {month.name: len(self.chunk(month)["bars"]) for month in sorted(used)},
        }


def _kept(file: Path) -> dict[str, Any] | None:
    """What is on disk; None where it is not there or damaged, so that it is asked for again."""
    try:
        return read_json(file)
    except InputError:
        return None
