"""``barograph sim`` as a process: its line, its market, its end."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from tests.unit.simulator.tapes import START

from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pipelines.ingest import ingest
from barograph.sources import simulated
from barograph.sources.catalogue import layouts

END = START + timedelta(days=40)
COMMAND = [sys.executable, "-m", "barograph", "sim"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a lake in it."""
    made = tmp_path_factory.mktemp("here")
    parts = simulated.payloads(["BTCUSDT", "ETHUSDT"], END, ("1h", "5m"), START)
    ingest(Lake(made / "lake"), parts, layouts(), lambda: END + HOUR)
    return made


@contextmanager
def started(*words: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_people_are_told_where_it_is_and_that_it_is_simulated(folder: Path) -> None:
    with started("--from", "2024-03-20", "--speed", "60", folder=folder) as process:
        line = first_line(process)
        assert line.startswith("SIMULATED exchange at http://127.0.0.1:")
        assert "BTCUSDT, ETHUSDT from 2024-03-20 00:00 UTC at 60x, until 2024-04-10 00:00" in line
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == "stopped\n"


def test_machines_are_told_in_json(folder: Path) -> None:
    with started("--json", "--lake", "lake", "--symbol", "BTCUSDT", folder=folder) as process:
        told = orjson.loads(first_line(process))
        assert told["symbols"] == ["BTCUSDT"]
        assert told["simulated"] is True
        assert told["from"] == (END - timedelta(days=30)).isoformat()
        clock = httpx.get(f"{told['url']}/simulator/clock", trust_env=False).json()
        assert clock["speed"] == told["speed"] == 60.0
        assert clock["ends"] == told["ends"] == END.isoformat()
        process.terminate()
        assert process.wait(10) == 0


def test_a_market_is_taken_up_again_where_it_would_be(folder: Path) -> None:
    """An exchange that was killed comes back with its clock running on."""
    since = time.time() - 100
    words = ["--json", "--from", "2024-03-20", "--since", str(since)]
    with started(*words, folder=folder) as process:
        told = orjson.loads(first_line(process))
        clock = httpx.get(f"{told['url']}/simulator/clock", trust_env=False).json()
    market = datetime.fromisoformat(clock["market"]) - datetime(2024, 3, 20, tzinfo=UTC)
    assert market.total_seconds() == pytest.approx(60 * (clock["wall"] - since), abs=0.01)
    assert market > timedelta(minutes=100)


def test_it_ends_with_the_process_that_started_it(folder: Path) -> None:
    """A shell starts it and is killed; nobody is left to stop the exchange."""
    words = " ".join([*COMMAND, "--with-parent", "--json"])
    with subprocess.Popen(
        ["sh", "-c", f"{words} & wait"], cwd=folder, text=True, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdout is not None
        assert '"url"' in shell.stdout.readline()
        shell.kill()
        assert shell.stdout.read() == "", "the pipe closes when the exchange has ended"


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (["--from", "2034-01-01"], "outside of the bars there are, 2024-03-01 00:00 to", 2),
        (["--speed", "0"], "speed must be above 0 and at most 3600, got 0.0", 2),
        (["--lake", "nowhere"], "no lake at nowhere", 4),
        (["--symbol", "DOGEUSDT"], "no spot bars of DOGEUSDT", 2),
        (["--data", "nowhere"], "nowhere is neither a file nor a folder", 2),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(
    folder: Path, words: list[str], said: str, status: int
) -> None:
    done = subprocess.run(
        [*COMMAND, *words], check=False, cwd=folder, text=True, capture_output=True, timeout=60
    )
    assert done.returncode == status
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
