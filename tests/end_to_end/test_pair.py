"""The pair's first two stages as a user types them, in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import polars as pl
import pytest
from tests.conftest import make_hourly_bars
from tests.end_to_end.conftest import barograph
from tests.gateways import history

from barograph.core.time import now
from barograph.simulator.ibkr import Shelf, serve

PLACE = Path("workspace", "pair", "btc_eth")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of both legs, ETH half a day shorter, with a bar that cannot be."""
    folder = tmp_path / "data" / "bars"
    folder.mkdir(parents=True)
    for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT")):
        rows = make_hourly_bars(1000, seed).rename({"open_time": "ts"})
        kept = rows.select("ts", "open", "high", "low", "close", "volume")
        kept = kept.head(kept.height - 12 * seed)
        bad = pl.int_range(pl.len()) == 100
        low = pl.when(bad).then(pl.col("high") * 2).otherwise(pl.col("low"))
        kept.with_columns(low=low).write_parquet(folder / f"binance_spot_{symbol}_1h.parquet")
    return folder.parent


def test_download_and_prepare_of_a_folder(tmp_path: Path, data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    said = barograph("pair", "download", "--data", "data", cwd=tmp_path)
    assert said.code == 0, said.err
    assert "btc_1h_all.csv, .parquet: 995 bars" in said.out
    assert "[pair] download: start" in said.err
    done = barograph("pair", "prepare", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.err == "", "a machine is told the result alone"
    trace = orjson.loads(done.out)
    assert trace == orjson.loads((tmp_path / PLACE / "data/clean/pair_map.json").read_bytes())
    assert trace["legs"]["BTC"]["reasons"] == {"high below low": 1}
    assert trace["calendar"]["hours_btc_only"] == 12
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "workspace"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--port", "9"), "no IBKR gateway answers at 127.0.0.1:9 (connection refused)"),
        (("--source", "nowhere"), "no folder 'nowhere'; wanted ibkr, lake, or a folder of bars"),
    ],
)
def test_what_cannot_be_downloaded_is_one_line(
    tmp_path: Path, words: tuple[str, ...], line: str
) -> None:
    said = barograph("pair", "download", *words, cwd=tmp_path)
    assert said.code in {2, 3}
    assert line in said.error


def test_a_killed_download_goes_on_behind_what_is_on_disk(tmp_path: Path) -> None:
    """SIGKILL in the middle, over a real socket and in real time; no month is asked for twice."""
    rows = [row for row in history(until=now()) if row[0] >= now().timestamp() - 150 * 86_400]
    with serve(Shelf({"BTC": rows, "ETH": rows})) as running:
        words = ("pair", "download", "--port", str(running.port))
        with subprocess.Popen(
            [sys.executable, "-m", "barograph", *words],
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "BAROGRAPH_OFFLINE": "1"},
        ) as first:
            chunks = tmp_path / PLACE / "data" / "raw" / "chunks" / "simulated"
            deadline = time.monotonic() + 60
            # Five questions of a contract are a burst; then none is open for two seconds.
            while len(list(chunks.rglob("20*.json"))) < 4 and time.monotonic() < deadline:
                time.sleep(0.02)
            first.send_signal(signal.SIGKILL)
        there = len(list(chunks.rglob("20*.json")))
        before = len(running.book.asked)
        assert 4 <= there < 2 * 5
        said = barograph(*words, cwd=tmp_path)
        assert said.code == 0, said.err
        assert running.book.violations == []
        months = len(list(chunks.rglob("20*.json")))
        assert months - there == len(running.book.asked) - before
    assert said.out.startswith("SIMULATED ")
    assert not list((tmp_path / PLACE).rglob(".*.part"))


def test_the_stand_in_says_what_it_is(tmp_path: Path, data: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "barograph", "pair", "gateway", "--port", "0", "--data", "data"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        assert served.stdout is not None
        line = served.stdout.readline()
        served.terminate()
        assert served.wait(30) == 0
    assert line.startswith("SIMULATED IB Gateway at 127.0.0.1:")
