"""A small read model whose every number follows from a formula, and the server over it.

Two assets, 60 days of hourly bars and 4 of five minutes ending at ``END``; the last 20 days were
believed, the last 12 hours of them published. Bars walk along a sine, so that swings, extremes and
sums are known without looking them up.
"""

import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from barograph.cone.published import published_cone
from barograph.core.levels import LEVELS
from barograph.metrics.distribution import moments, normal_scores
from barograph.store.beliefs import Belief
from barograph.store.store import Bar, BeliefRow, Store

HOUR = 3600
END = 1_750_291_200  # 2025-06-19T00:00Z
DAYS = 60
BELIEVED_HOURS = 20 * 24
PUBLISHED_HOURS = 12
HORIZONS = (1, 4, 8, 24, 72, 168)
SYMBOLS = {"BTCUSDT": 100_000.0, "ETHUSDT": 2_500.0}
TERMS = ("base", "seasonality", "recent_volatility", "volume", "calibration")
ODDS = ("base", "drift", "volatility_state")
INPUTS = ("move_1h", "move_72h", "volatility_1h", "volatility_24h", "volatility_720h", "volume_24h")
LAYOUT = {
    "horizons": list(HORIZONS),
    "terms": list(TERMS),
    "odds": list(ODDS),
    "inputs": list(INPUTS),
}
HOLE = END - 30 * HOUR
"""The hourly bar that opens here is missing, in both assets."""


def price(symbol: str, moment: float) -> float:
    """Where the price is: a sine of a day and a slow one, two per cent each."""
    days = moment / 86_400
    return SYMBOLS[symbol] * math.exp(0.02 * math.sin(2 * math.pi * days) + 0.02 * math.sin(days))


def bar(symbol: str, interval: str, opened: int, *, closed: bool = True) -> Bar:
    length = {"5m": 300, "1h": HOUR}[interval]
    first, last = price(symbol, opened), price(symbol, opened + length)
    high, low = max(first, last) * 1.001, min(first, last) * 0.999
    volume = 10.0 + opened // length % 7
    flows = (volume * last, 100, volume * 0.6, volume * last * 0.6)
    return Bar(symbol, interval, opened * 1000, first, high, low, last, volume, *flows, closed)


def belief(symbol: str, as_of: int) -> Belief:
    scale = 0.005 * (1.0 + 0.2 * math.sin(as_of / HOUR))
    vols = scale * np.sqrt(HORIZONS)
    quantiles = 1e-4 + vols[:, None] * normal_scores(np.array(LEVELS))
    law = moments(quantiles)
    terms = np.tile([0.0, 0.05, 0.2, -0.1, 0.01], (len(HORIZONS), 1))
    terms[:, 0] = np.log(law.vol) - terms[:, 1:].sum(axis=1)
    odds = np.tile([0.0, 0.01, 0.0], (len(HORIZONS), 1))
    odds[:, 2] = np.log(law.p_up / (1.0 - law.p_up)) - odds[:, 1]
    inputs = np.array([0.004, 0.01, 0.004, 0.005, 0.005, 1.2])
    grade = np.array([0, 1, 2, 1, 1, 2])
    return Belief(price(symbol, as_of), 1, grade, vols**2, quantiles, terms, odds, inputs)


def answer(symbol: str, as_of: int, sequence: int) -> dict[str, Any]:
    """What the runner publishes."""
    from datetime import UTC, datetime

    one = belief(symbol, as_of)
    law = moments(one.quantiles)
    moment = datetime.fromtimestamp(as_of, UTC)
    cones = published_cone(
        one.price, moment, one.quantiles, HORIZONS, np.zeros(168), None, "normal"
    )
    names = ("low", "medium", "high")
    horizons = {
        str(hours): {
            "p_up": float(law.p_up[k]),
            "mean": float(law.mean[k]),
            "vol": float(law.vol[k]),
            "variance": float(one.variance[k]),
            "confidence": names[one.confidence[k]],
            "confidence_reason": "the 68 % band is as wide as usual",
            "quantiles": one.quantiles[k].tolist(),
        }
        for k, hours in enumerate(HORIZONS)
    }
    return {
        "symbol": symbol,
        "as_of": as_of,
        "issued_at": as_of + 1,
        "sequence": sequence,
        "price": one.price,
        "regime": "normal",
        "model_version": "0.1.0",
        "late": False,
        "unreliable": [],
        "horizons": horizons,
        "cone": cones["cone"],
        "gbm": cones["gbm"],
    }


def status(symbol: str, wall: float) -> dict[str, Any]:
    return {
        "last_message_wall": wall,
        "last_price": price(symbol, END),
        "last_bar": END,
        "last_forecast": END,
        "connected": True,
        "unreliable": [],
        "stale": [],
        "late": False,
        "funding_rate": 1e-4,
        "funding_wall": wall,
        "clock_offset_s": 0.0,
    }


def market(wall: float, speed: float = 60.0) -> dict[str, Any]:
    return {
        "kind": "recorded",
        "speed": speed,
        "market": "2025-06-19T00:00:10+00:00",
        "wall": wall,
        "ends": None,
        "venue": "binance_spot",
        "symbols": list(SYMBOLS),
        "horizons": list(HORIZONS),
        "model_version": "0.1.0",
        "exchange": "http://127.0.0.1:1",
    }


def card(hours: int) -> dict[str, Any]:
    return {
        "horizon_hours": hours,
        "source": "walk_forward",
        "first": "2025-05-30T00:00:00Z",
        "last": "2025-06-19T00:00:00Z",
        "count": 480,
        "effective_count": 480.0 / hours,
        "coverage": [{"nominal": 0.68, "held": {"value": 0.7, "low": 0.66, "high": 0.74}}],
        "reliability_up": [{"said": 0.5, "happened": 0.51, "count": 480}],
        "pit": [0.1] * 10,
        "pinball": 0.001,
        "qlike": 0.3,
        "skill": {"value": 3.1, "low": 1.2, "high": 4.8},
        "baseline": "garch_t",
        "direction": {"value": 0.51, "low": 0.47, "high": 0.55},
    }


def build(folder: Path, speed: float = 60.0) -> Store:
    """Fill a store as the runner would; the writer is handed back for what comes next."""
    store, wall = Store.writer(folder), time.time()
    with store.transaction():
        store.put_meta("beliefs", LAYOUT)
        store.put_meta("market", market(wall, speed))
        beat(store)
        for place, symbol in enumerate(SYMBOLS):
            store.put_meta(
                f"scorecards:{symbol}",
                {"walk_forward": [card(hours) for hours in HORIZONS], "live": []},
            )
            hours = range(END - DAYS * 24 * HOUR, END, HOUR)
            store.put_bars(bar(symbol, "1h", t) for t in hours if t != HOLE)
            store.put_bars(bar(symbol, "5m", t) for t in range(END - 4 * 86_400, END, 300))
            for back in range(BELIEVED_HOURS, -1, -1):
                as_of = END - back * HOUR
                sequence = None if back >= PUBLISHED_HOURS else 2 * (PUBLISHED_HOURS - back) + place
                body = belief(symbol, as_of).pack()
                issued = None if sequence is None else as_of + 1
                store.put_beliefs([BeliefRow(symbol, as_of, sequence, issued, body)])
                if sequence is not None:
                    store.put_forecast(symbol, as_of, answer(symbol, as_of, sequence))
    return store


def beat(store: Store) -> None:
    """Heartbeat and fresh prices, as the runner says them every second."""
    wall = time.time()
    store.put_meta("heartbeat", {"wall": wall, "state": "running", "doing": "running", "pid": 1})
    for symbol in SYMBOLS:
        store.put_meta(f"status:{symbol}", status(symbol, wall))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The API in a process of its own."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket = f"ws://127.0.0.1:{self.port}/ws"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "barograph.service", str(self.folder), str(self.port)]
        process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/health", timeout=5)
            except httpx.TransportError:
                assert process.poll() is None, "the server went away"
                time.sleep(0.02)
            else:
                return process
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._start()

    def get(self, path: str, **query: object) -> httpx.Response:
        given = {name: str(value) for name, value in query.items()}
        return httpx.get(f"{self.url}{path}", params=given, timeout=30)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.kill()


def until(true: Any, seconds: float = 10.0) -> None:
    """Wait for something, and fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
