"""How fast the API answers while the runner is at work, by wrk."""

import random
import shutil
import statistics

from benchmarks.bench_service import bare_server
from benchmarks.terminal.stage import Stage
from benchmarks.terminal.table import Table
from benchmarks.terminal.wrk import load

from barograph.store.store import Store

SECONDS, ROUNDS, PLACES = 4, 5, 400
MANY = 32


def throughput(table: Table, stage: Stage) -> None:
    """``/predict`` against the simplest route there is, by turns."""
    mine = f"{stage.url}/predict?asset=BTC&horizon_hours=24"
    with bare_server() as other:
        load(mine, MANY, SECONDS), load(other, MANY, SECONDS)  # warm
        rounds = [(load(other, MANY, SECONDS), load(mine, MANY, SECONDS)) for _ in range(ROUNDS)]
    ratios = sorted(predict.rate / plain.rate for plain, predict in rounds)
    for which, name in enumerate(("bare FastAPI route", "/predict")):
        rate = statistics.median(pair[which].rate for pair in rounds)
        p50 = statistics.median(pair[which].p50 for pair in rounds)
        table.add(name, f"{rate:.0f} requests/s, p50 {p50:.1f} ms at {MANY} connections")
    ratio = statistics.median(ratios)
    words = f"{ratio:.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}]"
    table.add("/predict to bare, throughput", words, ">= 0.4", ratio >= 0.4)
    tail = statistics.median(pair[1].p99 for pair in rounds)
    table.below(f"/predict p99 at {MANY} connections", tail, 20.0, "ms")


def past(stage: Stage, path: str, margin: int, until: str) -> list[str]:
    """The same question about many moments of the past."""
    store = Store.reader(stage.serving)
    try:
        first, last = store.connection.execute(
            "SELECT min(as_of), max(as_of) FROM beliefs WHERE symbol = 'BTCUSDT'"
        ).fetchone()
        pick = random.Random(1)
        found: list[str] = []
        while len(found) < PLACES:
            at = last - 3600 * pick.randrange((last - first) // 3600 - margin)
            # An hour without a bar has no belief; asked for, it is a 404.
            if store.belief("BTCUSDT", at) is not None:
                found.append(f"{path}&{until}={at}")
    finally:
        store.close()
    return found


def latencies(table: Table, stage: Stage) -> None:
    """Bars and reasons of any moment, at one and at eight connections."""
    explain = past(stage, "/explain?asset=BTC&horizon_hours=24", 0, "at")
    hours = past(stage, "/market-data?asset=BTC&resolution=1h&limit=1000", 1000, "end")
    for name, paths in (("/market-data 1,000 bars", hours), ("/explain of any hour", explain)):
        for connections in (1, 8):
            load(stage.url, connections, SECONDS, paths)  # warm
            told = load(stage.url, connections, SECONDS, paths)
            note = f"p50 {told.p50:.1f} ms, {told.rate:.0f} requests/s"
            what = f"{name}, p99 at {connections} connection{'s' if connections > 1 else ''}"
            table.below(what, told.p99, 50.0, "ms", note)


def measure(table: Table, stage: Stage) -> None:
    """All figures of the API."""
    table.heading("API, with runner and exchange at work beside it")
    if shutil.which("wrk") is None:
        table.add("API", "wrk is not here (Debian: apt-get install wrk)", "wrk", good=False)
        return
    throughput(table, stage)
    latencies(table, stage)
