"""The real BTC bars through the whole lake: counts that add up, outages listed, faults refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import cut_bars

from barograph.core.payload import SeriesKey
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake, quarantine_table
from barograph.lake.resample import aggregate
from barograph.pipelines.ingest import ingest
from barograph.sources import catalogue, files

pytestmark = pytest.mark.real
VENUES = ("binance_spot",)
HOURS = 68_996
"""From the first bar, 2017-08-17 04:00, to the end of June 2025."""


@pytest.fixture(scope="module")
def lake(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    where = tmp_path_factory.mktemp("real")
    made = Lake(where / "lake")
    names = ("binance_spot_BTCUSDT_1h", "binance_spot_BTCUSDT_5m")
    sent = [files.payload(cut_bars(data_dir, name, where)) for name in names]
    ingest(made, sent, catalogue.layouts())
    return made


def test_eight_years_of_hours_add_up(data_dir: Path, tmp_path: Path) -> None:
    path = cut_bars(data_dir, "binance_spot_BTCUSDT_1h", tmp_path)
    there = pl.read_parquet(path, columns=["ts"])["ts"]
    on_grid = (there == there.dt.truncate("1h")).sum()  # the archive of February 2018 has others
    sent = files.payload(path)
    report = ingest(Lake(tmp_path / "lake"), [sent], catalogue.layouts()).reports[0]
    assert report.read == len(there)
    assert report.silver + report.duplicates + report.quarantined == len(there)
    assert report.silver == on_grid
    assert report.silver + report.missing == HOURS
    assert report.spoilt == ()
    longest = max(report.gaps, key=lambda gap: gap.bars)
    assert longest.start == datetime(2018, 2, 8, 1, tzinfo=UTC)
    assert longest.bars >= 33


def test_february_2018_has_bars_off_the_grid(data_dir: Path, tmp_path: Path) -> None:
    archive = data_dir / "raw" / "binance_vision" / "BTCUSDT-1h-2018-02.zip"
    key = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")
    made = Lake(tmp_path)
    report = ingest(made, [files.payload(archive, key)], catalogue.layouts()).reports[0]
    assert report.quarantined > 0
    assert set(report.reasons) == {"off the grid"}
    assert report.read == report.silver + report.quarantined
    refused = made.read(quarantine_table(key)).sort("open_time")
    assert (refused["open_time"] >= datetime(2018, 2, 9, tzinfo=UTC)).all()
    assert max(gap.bars for gap in report.gaps) >= 33


def test_the_archive_says_what_the_silver_says(data_dir: Path, lake: Lake, tmp_path: Path) -> None:
    folder = data_dir / "raw" / "binance_vision"
    key = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")
    made = Lake(tmp_path)
    months = ("2024-11", "2024-12", "2025-01", "2025-02")
    sent = [files.payload(folder / f"BTCUSDT-1h-{month}.zip", key) for month in months]
    report = ingest(made, sent, catalogue.layouts()).reports[0]
    # November to February without a hole: the turn to microseconds on 2025-01-01 is seamless.
    assert (report.silver, report.quarantined, report.gaps) == (24 * (30 + 31 + 31 + 28), 0, ())
    archive = made.bars("BTCUSDT", "1h", VENUES)
    ours = lake.bars("BTCUSDT", "1h", VENUES).join(archive.select("open_time"), on="open_time")
    for name in ("open", "high", "low", "close"):
        assert archive[name].equals(ours.sort("open_time")[name])


def test_known_extremes_are_there(lake: Lake) -> None:
    bars = lake.bars("BTCUSDT", "1h", VENUES)
    days = bars.group_by(pl.col("open_time").dt.date().alias("day")).agg(
        pl.col("high").max(), pl.col("low").min()
    )
    seen = {row["day"].isoformat(): row for row in days.iter_rows(named=True)}
    assert int(seen["2021-11-10"]["high"]) == 69000
    assert int(seen["2022-11-21"]["low"]) == 15476
    assert int(seen["2024-03-14"]["high"]) == 73777


def test_the_crash_of_march_2020_is_flagged_and_kept(lake: Lake) -> None:
    flagged = lake.bars("BTCUSDT", "1h", VENUES).filter(pl.col("flag") == "jump")
    days = set(flagged["open_time"].dt.date().cast(pl.String))
    assert days == {"2020-03-12"}


def test_hours_made_of_five_minutes_are_the_hours(lake: Lake) -> None:
    made = aggregate(lake.bars("BTCUSDT", "5m", VENUES), "1h")
    both = made.join(lake.bars("BTCUSDT", "1h", VENUES), on="open_time", suffix="_sent")
    assert both.height > 10_000
    for name in ("open", "high", "low", "close"):
        assert both[name].equals(both[f"{name}_sent"].rename(name))
    assert ((both["volume"] / both["volume_sent"] - 1).abs() < 1e-12).all()


def test_the_grid_of_eight_years(lake: Lake) -> None:
    bars = lake.bars("BTCUSDT", "1h", VENUES)
    grid = hourly_grid(bars, intrabar=lake.bars("BTCUSDT", "5m", VENUES))
    assert grid.height == HOURS
    assert grid["close"].null_count() == HOURS - bars.height
    known = grid.filter(pl.col("intrabar_variance").is_not_null())
    assert known["intrabar_count"].unique().to_list() == [12.0]
    parts = known["intrabar_upside_variance"] + known["intrabar_downside_variance"]
    assert ((parts - known["intrabar_variance"]).abs() < 1e-12).all()


def test_a_past_moment_sees_the_past(lake: Lake) -> None:
    moment = datetime(2022, 6, 1, 0, 30, tzinfo=UTC)
    then = lake.bars("BTCUSDT", "1h", VENUES, as_of=moment)
    assert then["close_time"].max() == moment - timedelta(minutes=30)
