"""Sudden ends, two writers at once, a full disk: what was acknowledged stays, nothing doubles."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from barograph.ledger.chain import Chain
from barograph.ledger.writer import writing

APPEND = """
import itertools, sys
from pathlib import Path
from barograph.ledger.chain import Chain
from barograph.ledger.writer import writing
path, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(times):
    with writing(Chain(path, "notes")) as writer:
        (record,) = writer.append([{"name": name, "number": number, "pad": "x" * 2000}])
    print(record.sequence, flush=True)
"""

FULL = """
import resource, signal, sys
from pathlib import Path
from barograph.core.errors import LakeError
from barograph.ledger.chain import Chain
from barograph.ledger.writer import writing
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    for number in range(100):
        with writing(Chain(Path(sys.argv[1]), "notes")) as writer:
            writer.append([{"number": number, "pad": "x" * 2000}])
        print(number, flush=True)
except LakeError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_again_and_again(path: Path, times: int) -> None:
    """Kill a process that appends, at any moment, and look at what it left."""
    chance = random.Random(times)
    acknowledged: dict[int, None] = {}
    for attempt in range(times):
        process = start(APPEND, path, f"run {attempt}", 10**9)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.random() * 0.05)
        os.kill(process.pid, signal.SIGKILL)
        # The last line read may be half a number: only whole ones count as acknowledged.
        rest, _ = process.communicate()
        told = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
        acknowledged |= dict.fromkeys(map(int, told))
        bodies = [record.body for record in Chain(path, "notes").records()]
        assert set(acknowledged) <= set(range(1, len(bodies) + 1))
        places = [(body["name"], body["number"]) for body in bodies]
        assert len(set(places)) == len(places)


def test_a_killed_process_loses_nothing_acknowledged(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path / "notes.jsonl", times=6)


@pytest.mark.long
def test_two_hundred_killed_processes_lose_nothing_acknowledged(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path / "notes.jsonl", times=200)


def test_two_processes_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    processes = [start(APPEND, path, name, 30) for name in ("one", "other")]
    told = [int(line) for process in processes for line in process.communicate()[0].split()]
    assert sorted(told) == list(range(1, 61))
    bodies = [record.body for record in Chain(path, "notes").records()]
    assert len(bodies) == 60
    for name in ("one", "other"):
        assert [body["number"] for body in bodies if body["name"] == name] == list(range(30))


def test_a_full_disk_is_one_line_and_the_record_stays_sound(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    process = start(FULL, path)
    told, complaint = process.communicate()
    assert process.returncode == 4
    assert complaint.count("\n") == 1
    assert "nothing was recorded" in complaint
    written = len(told.split())
    chain = Chain(path, "notes")
    assert [record.body["number"] for record in chain.records()] == list(range(written))
    assert path.stat().st_size < 10_000, "the half-written line was taken back"
    with writing(chain) as writer:
        writer.append([{"number": written}])
    assert sum(1 for _ in chain.records()) == written + 1
