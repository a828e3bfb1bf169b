"""Hours of market replayed at 60x: how soon, how complete, with how much memory.

A simulated exchange and a runner, each a process of its own as under ``barograph serve``, replay a
lake (or a made-up market). The runner is killed half-way. Printed: first start and restart, the
time from a bar's close to its published forecast, rows held against the source, and resident
memory when live, at half time, after the restart and at the end.

    python -m benchmarks.study_replay [LAKE] [HOURS] [SPEED]
"""

import re
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from barograph.cli.serve import THREADS
from barograph.core.columns import BAR_VALUES, FLOWS
from barograph.core.payload import SeriesKey
from barograph.core.time import HOUR, now
from barograph.lake.lake import Lake, silver_table
from barograph.ledger.forecasts import Ledger
from barograph.live.prepare import Replay, seed
from barograph.live.supervise import BAROGRAPH, Child
from barograph.simulator.clock import MarketClock
from barograph.simulator.server import serve
from barograph.simulator.tape import Tape, invented, recorded
from barograph.store.store import Store

SYMBOLS = ("BTCUSDT", "ETHUSDT")
INTERVALS = ("1h", "5m")
PUBLISHED = re.compile(r"published (\S+ \S+) (-?[\d.]+) s after its close")


def main() -> None:
    """Replay, then print."""
    named = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    hours = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    speed = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
    with tempfile.TemporaryDirectory() as where:
        serving = Path(where) / "serving"
        tape, begin, venue = market(serving, named)
        clock = MarketClock(begin, speed)
        with serve(tape.market(clock)) as running:
            command = [*BAROGRAPH, "live", "--serving", str(serving), "--exchange", running.url]
            child = Child("runner", lambda: command, serving / "runner.log", THREADS)
            report(serving, child, hours, tape, venue, speed)


def market(serving: Path, named: Path | None) -> tuple[Tape, datetime, str]:
    """Tape, beginning and venue; a lake is seeded as ``barograph serve`` does it."""
    if named is None:
        begin = now().replace(minute=0, second=0, microsecond=0)
        return invented(SYMBOLS, begin + 24 * 30 * HOUR), begin, "simulated"
    begin = seed(serving, Replay(Lake(named, create=False), SYMBOLS, INTERVALS))
    return recorded(Lake(named), SYMBOLS), begin, "binance_spot"


def report(serving: Path, child: Child, hours: int, tape: Tape, venue: str, speed: float) -> None:
    """Let the runner live, kill it once, and print what was seen."""
    began = time.monotonic()
    child.tend()
    try:
        wait(serving)
        print(f"first start to live             {time.monotonic() - began:8.1f} s")
        live_from = len(lags(serving))
        memory = [resident(child)]
        half = live_from + hours // 2
        while len(lags(serving)) < half:
            time.sleep(0.5)
        memory.append(resident(child))
        killed = time.monotonic()
        assert child.process is not None
        child.process.kill()
        child.process.wait()
        child.process = None
        child.tend()
        wait(serving, killed)
        print(f"kill -9 to live again           {time.monotonic() - killed:8.1f} s")
        again = len(lags(serving))
        first = resident(child)
        while len(lags(serving)) < max(live_from + hours, again + hours - hours // 2):
            time.sleep(0.5)
        memory += [first, resident(child)]
        told = [*lags(serving)[live_from:half], *lags(serving)[again:]]
        seen = np.array([lag for lag in told if lag < 3600.0 / speed])  # the others were owed
    finally:
        child.stop()
    print(
        f"close to published, {len(seen):3d} hours     p50 {np.median(seen):.2f} s   "
        f"p95 {np.quantile(seen, 0.95):.2f} s   most {seen.max():.2f} s"
    )
    print("resident memory                 " + " -> ".join(f"{m:.0f}" for m in memory) + " MB")
    entries = list(Ledger(serving / "lake" / "ledger").entries())
    origins = [(entry.published.symbol, entry.published.as_of) for entry in entries]
    first_hour, last_hour = origins[0][1], origins[-1][1]
    wanted = 2 * ((last_hour - first_hour) // timedelta(hours=1) + 1)
    print(f"ledger                          {len(set(origins))} of {wanted} hours, "
          f"{len(origins) - len(set(origins))} twice")  # fmt: skip
    rows, wrong = compared(serving, tape, venue)
    print(f"rows held against the source    {rows:,}, {wrong} differ")


def compared(serving: Path, tape: Tape, venue: str) -> tuple[int, int]:
    """Silver rows, and how many are not the source's to the last bit (or are missing)."""
    lake, rows, wrong = Lake(serving / "lake"), 0, 0
    for symbol in SYMBOLS:
        for interval in INTERVALS:
            held = lake.read(silver_table(SeriesKey("bars", venue, symbol, interval)))
            span = pl.col("open_time").is_between(held["open_time"].min(), held["open_time"].max())
            # Binance has no word for a flow that was not recorded: it says 0.
            source = tape.bars[symbol, interval].filter(span).select(*BAR_VALUES)
            source = source.with_columns(pl.col(FLOWS).fill_null(0))
            mine = held.select(*BAR_VALUES).with_columns(pl.col(FLOWS).fill_null(0))
            on = list(BAR_VALUES)
            rows += mine.height
            wrong += mine.join(source, on=on, how="anti", nulls_equal=True).height
            wrong += source.join(mine, on=on, how="anti", nulls_equal=True).height
    return rows, wrong


def lags(serving: Path) -> list[float]:
    """Seconds from close to published, of every hour so far."""
    path = serving / "runner.log"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [float(found[2]) for found in PUBLISHED.finditer(text)]


def wait(serving: Path, since: float | None = None) -> None:
    """Wait until the runner follows the market."""
    begun = time.time() if since is None else time.time() - (time.monotonic() - since)
    while True:
        time.sleep(0.1)
        try:
            store = Store.reader(serving)
        except Exception:  # noqa: BLE001 - not there yet
            continue
        beat = store.meta("heartbeat") or {}
        store.close()
        if beat.get("state") == "running" and beat["wall"] > begun + 0.5:
            return


def resident(child: Child) -> float:
    """Resident memory of the runner, MB."""
    status = Path(f"/proc/{child.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
