"""Hours of a recorded market at 60x, BTC and ETH: whether anything is lost or memory grows.

``python -m benchmarks.soak_live [MINUTES [SPEED]]`` with ``BAROGRAPH_DATA``: the whole of
``barograph serve`` for that many minutes of this machine's clock, eight of them eight hours of
market. Then every bar in lake and store is held against the files it was replayed from, to the
last bit, and the ledger is looked through for holes and doubles. A higher speed shows sooner what
an hour of market adds to memory. Ends with exit 1 where anything differs.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from benchmarks.terminal.machine import Memory
from benchmarks.terminal.stage import Stage, real_data, stage
from benchmarks.terminal.table import Table
from tests.browser.served import BEGIN, SPEED, SYMBOLS
from tests.live.market import differing, each_hour_once, shown

from barograph.core.columns import BAR_VALUES
from barograph.core.time import parse_moment
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Ledger
from barograph.store.store import Store

MINUTES = 8.0
INTERVALS = {"1h": timedelta(hours=1), "5m": timedelta(minutes=5)}
GRACE = 5.0
"""Bars that closed in the last seconds of this machine's clock may be on their way."""
SETTLED = 0.25
"""Share of the time after which memory counts: records are summed up and caches fill first."""
FLAT = 5.0
"""Per cent by which memory may grow after that, for the whole of what is replayed."""


def recorded(data: Path, symbol: str, interval: str, since: datetime) -> pl.DataFrame:
    """Bars of the file that is replayed, from a moment on."""
    rows = pl.read_parquet(data / "bars" / f"binance_spot_{symbol}_{interval}.parquet")
    return rows.rename({"ts": "open_time"}).filter(pl.col("open_time") >= since).sort("open_time")


def check_bars(
    table: Table, served: Stage, series: tuple[str, str], since: datetime, due_by: datetime
) -> None:
    """Hold one series of lake and store against its file."""
    assert served.data is not None
    symbol, interval = series
    source = recorded(served.data, symbol, interval, since)
    due = source.filter(pl.col("open_time") + INTERVALS[interval] <= due_by)
    lake = Lake(served.serving / "lake", create=False)
    columns = [name for name in BAR_VALUES if name in source.columns]
    held = lake.bars(symbol, interval, ["binance_spot"]).filter(pl.col("open_time") >= since)
    held = held.select(columns)
    arrived = source.filter(pl.col("open_time") <= held["open_time"].max()).select(columns)
    store = Store.reader(served.serving)
    try:
        rows = store.bars(symbol, interval, int(1e3 * since.timestamp()), 1 << 60)
    finally:
        store.close()
    told = [tuple(row[2:8]) for row in rows if row[-1]]
    wanted = arrived.select(
        pl.col("open_time").dt.epoch("ms"), "open", "high", "low", "close", "volume"
    )
    exact = held.equals(arrived) and told == list(wanted.iter_rows())
    complete = held.height >= due.height
    words = f"{held.height} bars in lake and store, {due.height} were due"
    if not held.equals(arrived):
        words += f"; lake differs: {differing(held, arrived) if len(columns) == 10 else 'see it'}"
    table.add(f"{symbol} {interval}", words, "as in the file", exact and complete)


def check_forecasts(table: Table, served: Stage, due_by: datetime) -> None:
    """Each hour published once, and shown as published."""
    entries = list(Ledger(served.serving / "lake" / "ledger").entries())
    try:
        hours = each_hour_once(entries, SYMBOLS)
        shown(served.serving, entries)
    except AssertionError as error:
        table.add("forecasts", str(error)[:200], "each hour once", good=False)
        return
    late = (due_by - hours[-1]) >= timedelta(hours=1)
    words = f"{len(hours)} hours x {len(SYMBOLS)}, {hours[0]:%d %H:%M} to {hours[-1]:%d %H:%M}"
    table.add("forecasts in ledger and store", words, "each hour once", not late)


def check_memory(table: Table, memory: Memory, since: float, speed: float) -> None:
    """How much memory each process held and whether that grew."""
    for name in memory.samples:
        first, last, slope = memory.slope(name, since)
        slope /= speed
        words = f"{first:.0f} MB, then {last:.0f} MB; {slope:+.2f} MB an hour of market"
        grown = 100.0 * (last / first - 1.0)
        table.add(f"memory of the {name}", words, f"grows <= {FLAT:g} %", grown <= FLAT)


def main(minutes: float, speed: float) -> None:
    """Replay, stop, compare."""
    data = real_data()
    if data is None:
        raise SystemExit("BAROGRAPH_DATA must name the data that is replayed and compared with")
    table = Table()
    since = parse_moment(BEGIN).astimezone(UTC)
    with stage(data) as (served, seconds):
        table.add("first start: files read, models walked", f"{seconds:.0f} s")
        memory = Memory(served.pid)
        memory.start()
        with served.speed(speed):
            ready, began = time.time(), served.market_now()
            while time.time() < ready + 60.0 * minutes:
                time.sleep(1.0)
                assert served.alive(), served.log()
            stopped = served.market_now()
        memory.stop()
        served.stop()
        passed = (stopped - began) / timedelta(hours=1)
        table.heading(f"{passed:.1f} hours of market at {speed:g}x")
        due_by = stopped - timedelta(seconds=GRACE * speed)
        for symbol in SYMBOLS:
            for interval in INTERVALS:
                check_bars(table, served, (symbol, interval), since, due_by)
        check_forecasts(table, served, due_by)
        check_memory(table, memory, ready + SETTLED * 60.0 * minutes, speed)
        delays(table, served)
    if table.short:
        raise SystemExit("something was lost, or memory grew")


def delays(table: Table, served: Stage) -> None:
    """What the runner itself wrote down about each publication."""
    said = served.publications()
    if said:
        ranked = sorted(one["after"] for one in said)
        words = f"median {ranked[len(ranked) // 2]:.2f} s, largest {ranked[-1]:.2f} s"
        table.add("close to published, as the runner logs it", words)


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    main(*given, *(MINUTES, SPEED)[len(given) :])
