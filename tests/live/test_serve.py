"""``barograph serve`` as people run it: one URL, mended children, a clean end."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from tests.live.market import compare, each_hour_once, exchange, shown, tape
from tests.live.test_kill import ONE_THREAD, SPEED, SYMBOLS, alive, entries, heartbeat, wait

from barograph.cli.serve import free_port
from barograph.live.supervise import BAROGRAPH


class Served:
    """A serving process and its folder."""

    def __init__(self, folder: Path, exchange_url: str) -> None:
        self.folder, self.port = folder, free_port()
        self.command = [
            *BAROGRAPH, "serve", "--serving", str(folder), "--exchange", exchange_url,
            "--port", str(self.port), "--json",
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it and read what it says."""
        with (self.folder.parent / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **ONE_THREAD}
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.folder.parent / "serve.log").read_text()
        self.said = orjson.loads(line)

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.said['url']}{path}", timeout=10.0, trust_env=False)

    def ready(self) -> bool:
        try:
            return self.ask("/ready").status_code == 200
        except httpx.TransportError:
            return False

    def runner(self) -> int:
        """Process id of the runner."""
        return int(str(heartbeat(self.folder)["pid"]))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with exchange(tape(60, SYMBOLS), SPEED) as running:
        (tmp_path / "serving").mkdir()
        found = Served(tmp_path / "serving", running.url)
        try:
            wait(found.ready, 300, "readiness")
            yield found
        finally:
            found.end()


def test_one_url_mended_children_and_a_clean_end(served: Served) -> None:
    assert served.said["simulated"] is True
    answer = served.ask("/predict?asset=BTC&horizon_hours=24").json()
    assert answer["truth"]["simulated"] is True
    assert answer["source"] == "published"
    first = served.runner()
    os.kill(first, signal.SIGKILL)
    wait(lambda: served.runner() != first, 30, "a new runner")
    assert served.ask("/health").status_code == 200, "the API outlives its runner"
    done = len(entries(served.folder))
    wait(lambda: len(entries(served.folder)) >= done + 2, 60, "going on")
    last = served.runner()
    served.process.terminate()
    assert served.process.wait(20) == 0
    assert not alive(last), "nothing is left running"


@pytest.mark.long
def test_server_and_runner_are_killed_fifty_times(served: Served) -> None:
    rng = random.Random(5)
    for kill in range(50):
        done = len(entries(served.folder))
        time.sleep(rng.uniform(0.0, 6.0))
        runner = served.runner()
        if kill % 2:
            os.kill(runner, signal.SIGKILL)
        else:
            served.process.kill()
            served.process.wait()
            wait(lambda gone=runner: not alive(gone), 20, "the end of the children")
            served.start()
        wait(lambda was=done: len(entries(served.folder)) >= was + 2, 120, f"life after {kill}")
    wait(served.ready, 60, "readiness")
    served.end()
    held = entries(served.folder)
    each_hour_once(held, SYMBOLS)
    shown(served.folder, held[:-2])
    assert compare(served.folder, tape(60, SYMBOLS), SYMBOLS) > 40_000


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*BAROGRAPH, "serve", "--port", str(port), "--serving", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
