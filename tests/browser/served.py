"""`barograph serve` as a process of its own, on a few years of real bars or on a made-up market."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from barograph.cli.serve import free_port
from barograph.core.errors import LakeError
from barograph.core.time import HOUR
from barograph.store.store import Store

BEGIN = "2025-06-01T00:30"
"""The replay begins here: a month of the recording is left to play."""
ENDS = datetime(2025, 7, 1, tzinfo=UTC)
HOURS_FROM = datetime(2023, 9, 1, tzinfo=UTC)
FINE_FROM = datetime(2025, 4, 1, tzinfo=UTC)
SYMBOLS = ("BTCUSDT", "ETHUSDT")
SPEED = 60.0
START = 240.0
"""Seconds a first start is given; on an idle machine it takes about fifteen."""


def cut(folder: Path, into: Path) -> Path:
    """Cut the real data to under two years, which the models are warm on within seconds."""
    for symbol in SYMBOLS:
        for name, begin in (
            (f"bars/binance_spot_{symbol}_1h", HOURS_FROM),
            (f"bars/binance_spot_{symbol}_5m", FINE_FROM),
            (f"derivatives/binance_funding_{symbol}", HOURS_FROM),
        ):
            rows = pl.read_parquet(folder / f"{name}.parquet")
            path = into / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.filter(pl.col("ts").is_between(begin, ENDS, closed="left")).write_parquet(path)
    return into


class Served:
    """The whole of barograph on a port: exchange, runner and API.

    Parameters
    ----------
    folder : Path
        Where it may write.
    data : Path or None
        Bars to replay; None makes the market up.
    """

    def __init__(self, folder: Path, data: Path | None) -> None:
        self.folder = folder
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.kind = "invented" if data is None else "recorded"
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = False

    @property
    def serving(self) -> Path:
        """Its lake and its store."""
        return self.folder / "serving"

    def start(self) -> None:
        """Start it, or start it again where it had got to."""
        market = [] if self.data is None else ["--data", str(self.data)]
        # A moment keeps an offline market offline; a recording goes on by itself the second time.
        begin = ["--from", BEGIN] if self.data is None or not self._begun else []
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "barograph", "serve", *market, *begin,
                    "--serving", str(self.serving), "--speed", str(SPEED),
                    "--port", str(self.port),
                ],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "2"},
            )  # fmt: skip
        self._begun = True

    def kill(self) -> None:
        """End the server as a power cut would; its children notice and end too."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def get(self, path: str) -> Any:
        """Answer of the API."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
            return json.loads(answer.read())

    def ready(self) -> bool:
        """Whether it says that forecasts can be had."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"barograph serve ended: {self.log()}")
        try:
            return bool(self.get("/ready")["ready"])
        except (OSError, ValueError):
            return False

    def wait_ready(self, seconds: float = START) -> float:
        """Wait until it is ready; how long that took."""
        began = time.monotonic()
        while not self.ready():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"not ready after {seconds:g} s: {self.log()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def log(self) -> str:
        """The end of what it said."""
        return (self.folder / "serve.log").read_text(errors="replace")[-2000:]

    def meta(self, name: str) -> dict[str, Any]:
        """What the runner wrote down for all to read; empty before it did."""
        try:
            store = Store.reader(self.serving)
        except LakeError:
            return {}
        try:
            return store.meta(name) or {}
        finally:
            store.close()

    def kill_runner(self) -> int:
        """End the runner outright; its process id."""
        pid = int(self.meta("heartbeat")["pid"])
        os.kill(pid, signal.SIGKILL)
        return pid

    def fault(self, **what: object) -> None:
        """Let the simulated exchange do something wrong; nothing named ends all faults."""
        self._tell_exchange("faults", what, "POST" if what else "DELETE")

    def wait_published(self, hours: int) -> None:
        """Wait until so many more hours have a forecast."""
        status = f"status:{SYMBOLS[0]}"
        wanted = datetime.fromisoformat(self.meta(status)["last_forecast"]) + hours * HOUR
        deadline = time.monotonic() + 120
        while datetime.fromisoformat(self.meta(status)["last_forecast"]) < wanted:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    @contextmanager
    def speed(self, speed: float) -> Iterator[None]:
        """Let the market run at another speed meanwhile."""
        self._change_speed(speed)
        try:
            yield
        finally:
            self._change_speed(SPEED)

    def _change_speed(self, speed: float) -> None:
        self._tell_exchange("clock", {"speed": speed}, "POST")

    def _tell_exchange(self, what: str, body: dict[str, object], method: str) -> None:
        content = json.dumps(body).encode() if body else None
        deadline = time.monotonic() + START
        while True:
            # Right after a restart the store still names the exchange of before.
            url = f"{self.meta('market')['exchange']}/simulator/{what}"
            request = urllib.request.Request(url, content, method=method)
            try:
                with urllib.request.urlopen(request, timeout=10):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


@contextmanager
def api_alone(folder: Path, port: int | None = None) -> Iterator[str]:
    """The API over a folder in which nobody has written anything yet; its URL."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "barograph.service", str(folder), str(port)]
    process = subprocess.Popen(command, cwd=folder)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not answers(f"{url}/health"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    """Whether anything, also a failure, answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
