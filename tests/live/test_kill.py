"""kill -9 of the runner, and of everything, at random moments: no hole, no double, nothing lost.

The short version runs with every test; the long one kills runner, exchange and server fifty times.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.live.market import BEGIN, compare, each_hour_once, exchange, shown, tape

from barograph.core.errors import LakeError
from barograph.ledger.forecasts import Entry, Ledger
from barograph.live.supervise import BAROGRAPH, Child, Supervisor
from barograph.store.store import Store

SPEED = 900.0
SYMBOLS = ("BTCUSDT", "ETHUSDT")
ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "2",
}  # fmt: skip


def entries(folder: Path) -> list[Entry]:
    return list(Ledger(folder / "lake" / "ledger").entries())


def heartbeat(folder: Path) -> dict[str, object]:
    """The heartbeat, empty while there is no store."""
    with suppress(LakeError):
        store = Store.reader(folder)
        try:
            return store.meta("heartbeat") or {}
        finally:
            store.close()
    return {}


def wait(true: object, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds:g} s"
        time.sleep(0.05)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[tuple[Path, Child]]:
    """A supervised runner against a made-up market of two symbols."""
    recorded = tape(60, SYMBOLS)
    folder = tmp_path / "serving"
    with exchange(recorded, SPEED) as running:
        command = [*BAROGRAPH, "live", "--serving", str(folder), "--exchange", running.url]
        child = Child("runner", lambda: command, folder / "runner.log", ONE_THREAD)
        supervisor = Supervisor([child])
        supervisor.start()
        try:
            yield folder, child
        finally:
            supervisor.stop()


@pytest.mark.parametrize(("kills", "seed"), [(4, 1), pytest.param(50, 2, marks=pytest.mark.long)])
def test_the_runner_is_killed_at_random_moments(
    runner: tuple[Path, Child], monkeypatch: pytest.MonkeyPatch, kills: int, seed: int
) -> None:
    """At work and while it starts: after every second kill it is left to go on."""
    folder, child = runner
    monkeypatch.setattr("barograph.live.supervise.LONGEST_WAIT", 0.5)
    rng = random.Random(seed)
    wait(lambda: heartbeat(folder).get("state") == "running", 300, "the first start")
    for kill in range(kills):
        time.sleep(rng.uniform(0.0, 6.0))
        wait(lambda: child.pid is not None, 10, "a runner to kill")
        done, pid = len(entries(folder)), child.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait(lambda was=pid: child.pid not in {was, None}, 30, "another runner")
        if kill % 2 == 1:
            wait(lambda was=done: len(entries(folder)) >= was + 2, 120, "going on after kills")
    wait(lambda: heartbeat(folder).get("state") == "running", 60, "running")
    done = len(entries(folder))
    wait(lambda: len(entries(folder)) >= done + 4, 60, "two more hours")
    child.stop()
    recorded = tape(60, SYMBOLS)
    held = entries(folder)
    assert {entry.published.symbol for entry in held} == set(SYMBOLS)
    each_hour_once(held, SYMBOLS)
    shown(folder, held[:-2])
    assert compare(folder, recorded, SYMBOLS) > 40_000
    assert child.starts > kills


def test_a_second_runner_leaves_the_folder_to_the_first(runner: tuple[Path, Child]) -> None:
    """It waits, says whose the folder is, and ends; meanwhile each hour is published once."""
    folder, child = runner
    wait(lambda: heartbeat(folder).get("state") == "running", 300, "the first start")
    done, pid = len(entries(folder)), child.pid
    second = subprocess.run(
        child.command(), capture_output=True, text=True, timeout=120, check=False
    )
    assert second.returncode == 4
    assert f"another runner (process {pid}) holds" in second.stderr.splitlines()[-1]
    wait(lambda: len(entries(folder)) >= done + 4, 60, "two more hours")
    assert child.pid == pid
    child.stop()
    each_hour_once(entries(folder), SYMBOLS)


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    """A parent that is killed outright leaves no orphan."""
    with exchange(tape(5), SPEED, BEGIN) as running:
        script = (
            "import subprocess, sys, time; child = subprocess.Popen(sys.argv[1:]);"
            "print(child.pid, flush=True); time.sleep(60)"
        )
        command = [*BAROGRAPH, "live", "--serving", str(tmp_path), "--exchange", running.url]
        parent = subprocess.Popen(
            [BAROGRAPH[0], "-c", script, *command, "--with-parent"], stdout=subprocess.PIPE
        )
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait(lambda: heartbeat(tmp_path), 60, "a heartbeat")
        parent.kill()
        parent.wait()
        parent.stdout.close()
        wait(lambda: not alive(pid), 30, "the child's end")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not collected does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False
