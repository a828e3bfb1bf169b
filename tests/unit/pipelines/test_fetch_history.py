"""``make data`` from beginning to end, against the simulated exchange."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.unit.sources.markets import START, bars, market, no_sleep

from barograph.core.errors import SourceError
from barograph.core.progress import Progress
from barograph.core.time import HOUR
from barograph.pipelines.fetch import Addresses, Plan, fetch_history
from barograph.simulator.faults import Fault
from barograph.simulator.server import Running, serve
from barograph.sources.catalogue import read
from barograph.sources.files import payloads
from barograph.sources.http import web
from barograph.sources.request import Manner
from barograph.sources.retry import Retry

BARS = bars()
NOW = datetime(2025, 2, 1, 3, 30, tzinfo=UTC)
PLAN = Plan(symbols=("BTCUSDT",), intervals=("1h",), start=START)
FILE = "bars/binance_spot_BTCUSDT_1h.parquet"


def go(folder: Path, running: Running, plan: Plan = PLAN, present: datetime = NOW) -> list[str]:
    """Fetch; the notes of what failed."""
    retry = Retry(attempts=2, sleep=no_sleep)
    manner = Manner(retry, lambda: present)
    where = Addresses(running.url, running.url, running.url)
    with web(retry, trust_env=False) as get:
        found = fetch_history(folder, get, plan, where, manner)
    for item in found:
        assert item.rows == pl.read_parquet(item.path).height
        assert item.faulty == 0
    return [note for item in found for note in item.notes]


def expected(present: datetime = NOW) -> pl.DataFrame:
    table = BARS.filter(pl.col("open_time") + HOUR <= present)
    return table.rename({"open_time": "ts"})


def test_the_folder_is_one_every_real_data_test_can_read(tmp_path: Path) -> None:
    with serve(market(BARS, NOW)) as running:
        assert go(tmp_path, running) == []
    assert pl.read_parquet(tmp_path / FILE).equals(expected())
    bars_read, funding_read = (read(item) for item in payloads(tmp_path))
    assert bars_read.height == expected().height
    assert funding_read.height == len(
        market(BARS, NOW).funding["BTCUSDT"].filter(pl.col("ts") <= NOW)
    )
    raw = [read(item) for item in payloads(tmp_path / "raw")]
    assert (
        pl.concat(raw)["open_time"].n_unique()
        == BARS.filter(pl.col("open_time") < datetime(2025, 2, 1, tzinfo=UTC)).height
    )


def test_the_inside_of_the_hours_comes_too(tmp_path: Path) -> None:
    fine = bars(3000, step=timedelta(minutes=5))
    both = market(BARS, NOW)
    both = replace(both, bars={**both.bars, ("BTCUSDT", "5m"): fine})
    with serve(both) as running:
        go(tmp_path, running, Plan(symbols=("BTCUSDT",), start=START))
    inside = pl.read_parquet(tmp_path / "bars/binance_spot_BTCUSDT_5m.parquet")
    assert inside.equals(fine.rename({"open_time": "ts"}))
    assert pl.read_parquet(tmp_path / FILE).equals(expected())


def test_a_second_run_asks_only_for_what_is_new(tmp_path: Path) -> None:
    early = NOW - timedelta(days=10)
    with serve(market(BARS, early)) as running:
        go(tmp_path, running, present=early)
    assert pl.read_parquet(tmp_path / FILE).equals(expected(early))
    with serve(market(BARS, NOW)) as running:
        go(tmp_path, running)
        first = list(running.faults.requests)
        go(tmp_path, running)
        again = running.faults.requests[len(first) :]
    assert pl.read_parquet(tmp_path / FILE).equals(expected())
    assert not any("2024-1" in path for path in first)
    assert again == ["/fapi/v1/fundingRate"]


def test_an_interrupted_run_keeps_what_it_had_and_goes_on(tmp_path: Path) -> None:
    class Interrupted(KeyboardInterrupt):
        pass

    def interrupt(progress: Progress) -> None:
        if progress.requests == 2:
            raise Interrupted

    retry = Retry(sleep=no_sleep)
    with serve(market(BARS, NOW)) as running, web(retry, trust_env=False) as get:
        where = Addresses(running.url, running.url, running.url)
        with pytest.raises(Interrupted):
            fetch_history(tmp_path, get, PLAN, where, Manner(retry, lambda: NOW, interrupt))
        kept = pl.read_parquet(tmp_path / FILE)
        assert kept.equals(expected().filter(pl.col("ts") < datetime(2024, 12, 1, tzinfo=UTC)))
        assert not list(tmp_path.rglob("*.part"))
        go(tmp_path, running)
    assert pl.read_parquet(tmp_path / FILE).equals(expected())


def test_raw_copies_are_used_again_unless_they_are_damaged(tmp_path: Path) -> None:
    with serve(market(BARS, NOW)) as running:
        go(tmp_path, running)
        (tmp_path / FILE).unlink()
        damaged = tmp_path / "raw/binance_vision/BTCUSDT-1h-2024-11.zip"
        damaged.write_bytes(damaged.read_bytes()[:-10])
        running.faults.clear()
        go(tmp_path, running)
        asked = [path for path in running.faults.requests if "2024-1" in path]
    assert {path.rsplit("/", 1)[-1].removesuffix(".CHECKSUM") for path in asked} == {
        "BTCUSDT-1h-2024-11.zip"
    }
    assert pl.read_parquet(tmp_path / FILE).equals(expected())


def test_each_supplier_stands_in_for_the_other(tmp_path: Path) -> None:
    with serve(market(BARS, NOW), Fault("error", path="/data/", times=999)) as running:
        (note,) = go(tmp_path / "no_archive", running)
    assert note.startswith("the archive failed: GET http")
    assert pl.read_parquet(tmp_path / "no_archive" / FILE).equals(expected())
    with serve(market(BARS, NOW), Fault("error", path="/api/", times=999),
               Fault("error", path="/fapi/", times=999)) as running:  # fmt: skip
        notes = go(tmp_path / "no_rest", running)
    assert [note.split(":")[0] for note in notes] == ["the REST interface failed"] * 2
    midnight = datetime(2025, 2, 1, tzinfo=UTC)
    assert pl.read_parquet(tmp_path / "no_rest" / FILE).equals(expected(midnight))
    funding = pl.read_parquet(tmp_path / "no_rest/derivatives/binance_funding_BTCUSDT.parquet")
    assert funding["ts"].max() == datetime(2024, 12, 31, 16, tzinfo=UTC)


def test_the_range_is_kept_to(tmp_path: Path) -> None:
    plan = replace(PLAN, start=START + 30 * HOUR, end=START + 90 * HOUR, funding=False)
    with serve(market(BARS, NOW)) as running:
        go(tmp_path, running, plan)
    table = pl.read_parquet(tmp_path / FILE)
    assert (table["ts"][0], table["ts"][-1]) == (START + 30 * HOUR, START + 89 * HOUR)


def test_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    def dead(url: str, query: Mapping[str, str | int]) -> bytes:
        raise SourceError(f"GET {url}: no network")

    with pytest.raises(SourceError, match="nothing of binance_spot_BTCUSDT_1h could be fetched"):
        fetch_history(tmp_path, dead, PLAN, manner=Manner(clock=lambda: NOW))
    assert list(tmp_path.iterdir()) == []
