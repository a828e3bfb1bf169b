"""kill -9 during ingest: nothing acknowledged is lost, nothing doubled, everything readable."""

import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from tests import tiny_layout as tiny
from tests.unit.lake import kill_worker

from barograph.lake import bronze
from barograph.lake.lake import Lake, quarantine_table, silver_table

ROOT = Path(__file__).parents[3]


def killed_run(root: Path, after: float) -> tuple[set[str], bool]:
    """Run the worker, kill it some seconds after its first word; what it acknowledged."""
    command = [sys.executable, "-m", "tests.unit.lake.kill_worker", str(root)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert worker.stdout is not None
    said = [worker.stdout.readline().strip()]
    time.sleep(after)
    worker.kill()
    said += worker.stdout.read().split()
    worker.stdout.close()
    worker.wait()
    return set(said) - {"END", ""}, "END" in said


def check(lake: Lake, acknowledged: set[str]) -> None:
    batches = lake.read(bronze.TABLE, columns=["batch"])["batch"]
    assert batches.is_unique().all()
    assert acknowledged <= set(batches)
    for table in lake.tables():
        lake.read(table)
    if lake.exists(silver_table(tiny.KEY)):
        assert lake.bars("BTCUSDT", "1h", ("binance_spot",))["open_time"].is_unique().all()
    if lake.exists(quarantine_table(tiny.KEY)):
        refused = lake.read(quarantine_table(tiny.KEY))
        assert refused.select("batch", "row").is_unique().all()


def kill_many(tmp_path: Path, kills: int, longest: float) -> None:
    root, chance = tmp_path / "lake", random.Random(5)
    acknowledged: set[str] = set()
    for _ in range(kills):
        said, ended = killed_run(root, chance.uniform(0, longest))
        acknowledged |= said
        check(Lake(root), acknowledged)
        if ended and chance.random() < 0.5:  # begin again, so that every stretch is killed in
            compare(root, tmp_path / "whole")
            root = tmp_path / f"lake {chance.random()}"
            acknowledged = set()
    kill_worker.run(root, lambda _: None)
    check(Lake(root), acknowledged)
    compare(root, tmp_path / "whole")


def compare(root: Path, whole: Path) -> None:
    """The lake that was killed holds what one run in peace holds."""
    if not whole.exists():
        kill_worker.run(whole, lambda _: None)
    killed, calm = Lake(root), Lake(whole)
    assert killed.bars("BTCUSDT", "1h", ("binance_spot",)).equals(
        calm.bars("BTCUSDT", "1h", ("binance_spot",))
    )
    order = ["batch", "row"]
    refused = quarantine_table(tiny.KEY)
    assert killed.read(refused).sort(order).equals(calm.read(refused).sort(order))
    contents = [pl.col("batch", "content", "ingested_at")]
    assert (
        killed.read(bronze.TABLE).select(contents).sort("batch")
        .equals(calm.read(bronze.TABLE).select(contents).sort("batch"))
    )  # fmt: skip


def test_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_many(tmp_path, kills=10, longest=0.8)


@pytest.mark.long
def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_many(tmp_path, kills=200, longest=1.5)
