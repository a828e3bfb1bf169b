"""A small lake with one published forecast, and the command run as a user runs it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import make_hourly_bars

CONFIG = """\
size: small
symbols: [BTCUSDT]
peers: []
venues: [binance_spot, simulated]
horizons: [1, 4]
models: [random_walk, ewma, har_x]
walk_forward: {scheme: anchored, train_days: 120, test_days: 60}
seed: 7
"""
HOURS = 5400
"""A training window of 120 days, and as long again to learn the calibration from."""


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of the failure."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        assert self.err.rstrip().endswith(lines[0])
        return lines[0]


Command = Callable[..., Said]


SHORT_SIMULATION = """\
from datetime import timedelta
from functools import partial
from barograph.cli.app import main
from barograph.core.time import now
from barograph.pipelines import gather
start = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=240)
gather.simulated.payloads = partial(gather.simulated.payloads, start=start)
main()
"""
"""The command, but a simulated market of eight months instead of years."""


def barograph(*words: object, cwd: Path, program: str | None = None, **extra: str) -> Said:
    """Run the command, or a program around it, in a process of its own, without a network."""
    environment = {**os.environ, "BAROGRAPH_OFFLINE": "1", "COLUMNS": "80", **extra}
    started = ("-m", "barograph") if program is None else ("-c", program)
    done = subprocess.run(
        [sys.executable, *started, *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def supplied(rows: int = HOURS, seed: int = 7, price: float = 1.0) -> pl.DataFrame:
    """Bars as a supplier's Parquet file holds them."""
    bars = make_hourly_bars(rows, seed)
    prices = [(pl.col(name) * price) for name in ("open", "high", "low", "close")]
    return bars.select(pl.col("open_time").alias("ts"), *prices, "volume", "quote_volume", "trades")


@dataclass(frozen=True)
class Place:
    """Where things lie: ``lake``, ``data``, ``config``, ``out``; all within ``root``."""

    root: Path

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def config(self) -> Path:
        return self.root / "run.yaml"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def run(self, *words: object, program: str | None = None, **extra: str) -> Said:
        return barograph(*words, cwd=self.root, program=program, **extra)


def furnished(root: Path) -> Place:
    """A data folder and a run file, nothing ingested."""
    place = Place(root)
    (place.data / "bars").mkdir(parents=True)
    supplied().write_parquet(place.data / "bars" / "binance_spot_BTCUSDT_1h.parquet")
    place.config.write_text(CONFIG)
    return place


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Said]:
    """``barograph run`` on an empty lake: done once, looked at by many; leave it as it is."""
    place = furnished(tmp_path_factory.mktemp("first_run"))
    said = place.run("run", "--data", "data", "--config", "run.yaml")
    assert said.code == 0, said.err
    return place, said


@pytest.fixture
def place(first_run: tuple[Place, Said], tmp_path: Path) -> Place:
    """A copy of what the first run left, to be spoilt."""
    copy = tmp_path / "copy"
    shutil.copytree(first_run[0].root, copy)
    return Place(copy)


@pytest.fixture
def bare(tmp_path: Path) -> Place:
    """A data folder and a run file, and no lake yet."""
    return furnished(tmp_path / "bare")
