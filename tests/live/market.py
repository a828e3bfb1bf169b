"""A runner against the real simulated exchange over the real protocol, in one process."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.errors import LakeError
from barograph.core.payload import SeriesKey
from barograph.core.time import HOUR
from barograph.lake.lake import Lake, silver_table
from barograph.ledger.forecasts import Entry, Ledger
from barograph.live.answer import quantiles_of
from barograph.live.clock import simulated_clock
from barograph.live.job import Exchange, Job, Timing
from barograph.live.runner import Runner
from barograph.simulator.clock import MarketClock
from barograph.simulator.server import Running, serve
from barograph.simulator.tape import Tape, invented
from barograph.sources.http import web
from barograph.sources.retry import Retry
from barograph.sources.simulated import VENUE
from barograph.sources.streams.listen import Patience
from barograph.store.beliefs import META, Layout, unpack
from barograph.store.store import Store

SYMBOLS = ("BTCUSDT",)
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
LISTED = BEGIN - timedelta(days=480)
QUICK = Timing(
    overdue=0.7, given_up=1.5, again=1.0, clocks=0.5, stream=Patience(longest_wait=1.0, dead=3.0)
)


def tape(days: int = 20, symbols: tuple[str, ...] = SYMBOLS) -> Tape:
    """A made-up market with a year and a quarter of history before ``BEGIN``."""
    return invented(symbols, BEGIN + timedelta(days=days), LISTED, seed=7)


@contextmanager
def exchange(
    recorded: Tape, speed: float, begin: datetime = BEGIN, port: int = 0
) -> Iterator[Running]:
    """The exchange, its clock a little before a full hour."""
    clock = MarketClock(begin - timedelta(minutes=10), speed)
    with serve(recorded.market(clock), port=port) as running:
        yield running


UNDER_WAY = 2
"""Bars that a running runner may have in the lake and not yet in the store."""


class Live:
    """A runner in a thread of its own, and what it leaves behind."""

    def __init__(self, folder: Path, running: Running, timing: Timing = QUICK) -> None:
        self.folder, self.running = folder, running
        self._timing = timing
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with web(Retry(attempts=2, first_wait=0.05), timeout=5.0) as get:
            url = self.running.url
            clock = simulated_clock(get, url)
            stream = url.replace("http", "ws")
            where = Exchange(url, stream, stream, VENUE)
            job = Job(self.folder, where, clock, SYMBOLS, ("1h", "5m"), get, timing=self._timing)
            self.runner = Runner(job)
            self._task = self._loop.create_task(self.runner.run())
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)
        self._loop.close()

    def stop(self) -> None:
        """End the runner as a signal would."""
        if self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(20.0)
        assert not self._thread.is_alive()

    def status(self) -> dict[str, object]:
        """Status of the symbol as the store has it."""
        return self._read(lambda store: store.meta("status:BTCUSDT")) or {}

    def heartbeat(self) -> dict[str, object]:
        """The heartbeat as the store has it."""
        return self._read(lambda store: store.meta("heartbeat")) or {}

    def forecast(self) -> dict[str, object]:
        """The newest answer."""
        return self._read(lambda store: store.forecast("BTCUSDT")) or {}

    def _read(self, ask: Callable[[Store], object]) -> dict[str, object] | None:
        try:
            store = Store.reader(self.folder)
        except LakeError:
            return None
        try:
            return ask(store)  # type: ignore[return-value]
        finally:
            store.close()

    def entries(self) -> list[Entry]:
        """The ledger, checked."""
        return list(Ledger(self.folder / "lake" / "ledger").entries())

    def until(self, true: Callable[[], object], seconds: float, what: str) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what} did not come true in {seconds:g} s; the runner says "
                    f"{self.heartbeat()} and {self.status()}"
                )
            time.sleep(0.05)

    def running_at_last(self, seconds: float = 240.0) -> None:
        """Wait until it follows the market."""
        self.until(lambda: self.heartbeat().get("state") == "running", seconds, "running")

    def hours(self, count: int, seconds: float = 60.0) -> None:
        """Wait until so many more hours have been published."""
        wanted = len(self.entries()) + count
        self.until(lambda: len(self.entries()) >= wanted, seconds, f"{count} more forecasts")


def compare(
    folder: Path, recorded: Tape, symbols: tuple[str, ...] = SYMBOLS, *, running: bool = False
) -> int:
    """Hold lake and store against the tape, row by row and to the last bit; rows compared.

    The store of a runner that is ``running`` may lack what is under way.
    """
    lake, total = Lake(folder / "lake"), 0
    store = Store.reader(folder)
    try:
        for symbol in symbols:
            for interval in ("1h", "5m"):
                key = SeriesKey("bars", VENUE, symbol, interval)
                # The store first: a bar is in the lake before it is in the store.
                rows = store.bars(symbol, interval, 0, 1 << 60)
                silver = lake.read(silver_table(key)).sort("open_time")
                first, last = silver["open_time"].min(), silver["open_time"].max()
                source = (
                    recorded.bars[symbol, interval]
                    .filter(pl.col("open_time").is_between(first, last))
                    .select(*BAR_VALUES)
                    .sort("open_time")
                )
                held = silver.select(*BAR_VALUES)
                assert held.equals(source), differing(held, source)
                closed = [row for row in rows if row[-1]]
                assert silver.height - len(closed) <= (UNDER_WAY if running else 0)
                same = silver.head(len(closed))
                assert [row[2] for row in closed] == same["open_time"].dt.epoch("ms").to_list()
                assert [row[3:8] for row in closed] == list(
                    same.select("open", "high", "low", "close", "volume").iter_rows()
                )
                total += silver.height
    finally:
        store.close()
    return total


def differing(held: pl.DataFrame, source: pl.DataFrame) -> str:
    """What two tables of bars disagree on."""
    missing = source.join(held, on=list(BAR_VALUES), how="anti", nulls_equal=True)
    added = held.join(source, on=list(BAR_VALUES), how="anti", nulls_equal=True)
    return f"missing {missing.height}: {missing.head(3)}; not in the source {added.head(3)}"


def each_hour_once(entries: list[Entry], symbols: tuple[str, ...] = SYMBOLS) -> list[datetime]:
    """Hours of the ledger: each symbol's without a hole or a double."""
    hours: list[datetime] = []
    for symbol in symbols:
        found = sorted(e.published.as_of for e in entries if e.published.symbol == symbol)
        assert len(set(found)) == len(found), f"{symbol}: an hour was published twice"
        wanted = [found[0] + k * HOUR for k in range(len(found))]
        assert found == wanted, f"{symbol}: holes {sorted(set(wanted) - set(found))}"
        hours = found
    return hours


def shown(folder: Path, entries: list[Entry]) -> None:
    """Every entry of the ledger is in the store, as belief and as answer, number for number."""
    store = Store.reader(folder)
    try:
        layout = Layout(**{k: tuple(v) for k, v in store.meta(META).items()})
        for entry in entries:
            said = entry.published
            as_of = int(said.as_of.timestamp())
            belief, answer = store.belief(said.symbol, as_of), store.forecast(said.symbol, as_of)
            assert belief is not None
            assert answer is not None
            assert belief.sequence == answer["sequence"] == entry.sequence
            held = unpack(belief.body, layout)
            np.testing.assert_array_equal(held.quantiles, quantiles_of(said.forecast))
            assert held.price == said.forecast[0]["price"]
            for row in said.forecast:
                told = answer["horizons"][str(row["horizon_hours"])]
                assert (told["vol"], told["p_up"]) == (row["vol"], row["p_up"])
    finally:
        store.close()
