"""How fast the API answers, side by side with a bare FastAPI route on the same host.

``python -m benchmarks.bench_service [FOLDER]``: over the store of a serving folder that a runner
filled, else over a small made-up one. Throughput is measured by wrk (Debian: apt-get install wrk),
32 connections, the two servers by turns. Wanted: ``/predict`` at least 0.4 of the bare route and
p99 within 20 ms; ``/market-data`` with 1,000 bars and ``/explain`` p99 within 50 ms.
"""

import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from benchmarks.terminal.wrk import load
from fastapi import FastAPI
from tests.service.world import END, Server, beat, build, free_port, serving, until
from websockets.sync.client import connect

from barograph.store.store import Store

CONNECTIONS, SECONDS, ROUNDS, REQUESTS = 32, 5, 3, 300
LAYERS = "volume_profile,levels,vwap,ema,volatility"


def bare(port: int) -> None:
    """The simplest route there is, under the same server."""
    app = FastAPI()

    @app.get("/bare")
    async def route() -> dict[str, bool]:
        return {"ok": True}

    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_level="error")


@contextmanager
def bare_server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bench_service", "--bare", str(port)]
    process = subprocess.Popen(command)

    def listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listening, 30)
        yield f"http://127.0.0.1:{port}/bare"
    finally:
        process.kill()
        process.wait()


def throughput(server: Server) -> None:
    if shutil.which("wrk") is None:
        print("wrk is not here (Debian: apt-get install wrk): throughput is left out")
        return
    mine = f"{server.url}/predict?asset=BTC&horizon_hours=24"
    with bare_server() as other:
        rounds = [
            (load(other, CONNECTIONS, SECONDS), load(mine, CONNECTIONS, SECONDS))
            for _ in range(ROUNDS + 1)
        ][1:]  # the first warms
    ratios = sorted(predict.rate / plain.rate for plain, predict in rounds)
    for name, which in (("bare route", 0), ("/predict", 1)):
        rate = statistics.median(one[which].rate for one in rounds)
        tail = statistics.median(one[which].p99 for one in rounds)
        print(f"{name:28} {rate:8.0f} requests/s   p99 {tail:6.1f} ms at {CONNECTIONS} connections")
    low, middle, high = ratios[0], statistics.median(ratios), ratios[-1]
    print(f"{'ratio':28} {middle:8.2f}   [{low:.2f}, {high:.2f}]   wanted >= 0.4")


def latencies(server: Server, end: int, span: int) -> None:
    """One request after another over one connection, each at another place."""
    pick = random.Random(1)

    def past(longest: int) -> int:
        return end - 3600 * pick.randrange(2, longest)

    asks: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
        ("/predict", "/predict", lambda: {"horizon_hours": 24}),
        ("/predict of a past hour", "/predict", lambda: {"horizon_hours": 24, "at": past(span)}),
        ("/explain of any hour", "/explain", lambda: {"horizon_hours": 24, "at": past(span)}),
        ("/market-data 1,000 x 1h", "/market-data", lambda: {"resolution": "1h", "end": past(240)}),
        ("/market-data 1,000 x 5m", "/market-data", lambda: {"resolution": "5m", "end": past(9)}),
        ("  with every layer", "/market-data", lambda: {"resolution": "1h", "layers": LAYERS}),
        ("/market-data days", "/market-data", lambda: {"resolution": "1d"}),
        ("/ghosts 100", "/ghosts", lambda: {"horizon_hours": 24, "end": past(240)}),
    ]
    with httpx.Client(base_url=server.url, timeout=30) as client:
        for name, path, query in asks:
            times = []
            for number in range(REQUESTS + 10):
                given = {"asset": "BTC"} | query()
                began = time.perf_counter()
                response = client.get(path, params=given)
                times.append(time.perf_counter() - began)
                # A missing bar of the record has no belief; its answer counts as any other.
                assert response.status_code in {200, 404}, (number, response.text)
            show(name, times[10:], f"{len(response.content) / 1024:.0f} kB")


def show(name: str, seconds: list[float], note: str = "") -> None:
    ranked = sorted(1e3 * one for one in seconds)
    p50, p99 = ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.99)]
    print(f"{name:28} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   {note}")


def live(server: Server, store: Store) -> None:
    """From a commit of the runner to the frame in the client's hands."""
    times = []
    with connect(server.socket) as client:
        client.send(json.dumps({"op": "subscribe", "topics": ["candle:BTCUSDT:1h"]}))
        client.recv()
        for _ in range(100):
            with store.transaction():
                store.publish([("candle:BTCUSDT:1h", {"t": 0, "closed": False})])
            began = time.perf_counter()
            client.recv()
            times.append(time.perf_counter() - began)
            time.sleep(0.005)
    show("commit to frame", times)


def main(given: str | None) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) if given is None else Path(given)
        store = build(folder) if given is None else Store.writer(folder)
        with store.transaction():
            beat(store)
        span = store.connection.execute(
            "SELECT min(as_of), max(as_of) FROM beliefs WHERE symbol = 'BTCUSDT'"
        ).fetchone()
        end = END if given is None else span[1]
        with serving(folder) as server:
            throughput(server)
            latencies(server, end, (span[1] - span[0]) // 3600)
            live(server, store)
        store.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bare"]:
        bare(int(sys.argv[2]))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else None)
