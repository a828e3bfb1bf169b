"""From silver to panel: each hour sees what was known then, and gold says what it was made of."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.end_to_end.conftest import supplied

from barograph.core.errors import LeakError
from barograph.core.settings import Settings, WalkForward
from barograph.core.time import HOUR
from barograph.features.catalogue import features
from barograph.lake import gold
from barograph.lake.lake import Lake
from barograph.pipelines.dataset import keep_gold, load
from barograph.pipelines.gather import from_files, holds
from barograph.targets.base import Target
from barograph.targets.catalogue import targets

SETTINGS = Settings(
    size="small",
    symbols=("BTCUSDT",),
    peers=(),
    venues=("binance_spot",),
    models=("har_x",),
    walk_forward=WalkForward(train_days=10),
    seed=1,
)
FEW = {"funding_rate": features()["funding_rate"]}
HOURS = 1000
START = supplied(1)["ts"][0]
SETTLED = START + 240 * HOUR
REVISED = SETTLED + timedelta(days=30)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with bars of one venue."""
    supplied(HOURS).write_parquet(tmp_path / "binance_spot_BTCUSDT_1h.parquet")
    made = Lake(tmp_path / "lake")
    from_files(made, [tmp_path / "binance_spot_BTCUSDT_1h.parquet"])
    return made


def funding(folder: Path, rate: float, events: int) -> Path:
    """File of settlements every eight hours; that of ``SETTLED`` has a rate of its own."""
    path = folder / "binance_funding_BTCUSDT.parquet"
    times = [START + 8 * HOUR * i for i in range(events)]
    rates = [rate if time == SETTLED else 1e-4 for time in times]
    pl.DataFrame({"ts": times, "funding_rate": rates}).write_parquet(path)
    return path


def test_a_revision_thirty_days_later_changes_no_hour_before_it(lake: Lake, tmp_path: Path) -> None:
    arrivals = ((2e-4, SETTLED + HOUR, 31), (9e-4, REVISED, 31))
    for rate, moment, events in arrivals:

        def clock(moment: datetime = moment) -> datetime:
            return moment

        from_files(lake, [funding(tmp_path, rate, events)], clock=clock)
    grid = load(lake, SETTINGS, "BTCUSDT", FEW).grid
    seen = grid.select("as_of", "funding_rate")
    before = seen.filter(pl.col("as_of").is_between(SETTLED + HOUR, REVISED - HOUR))
    assert before["funding_rate"].unique().to_list() == [2e-4]
    after = seen.filter(pl.col("as_of") >= REVISED + HOUR)
    assert after["funding_rate"].unique().to_list() == [9e-4]


def test_gold_of_other_horizons_is_other_gold(lake: Lake) -> None:
    def kept(*horizons: int) -> int:
        settings = SETTINGS.model_copy(update={"horizons": horizons})
        return keep_gold(lake, load(lake, settings, "BTCUSDT", FEW), FEW)

    assert kept(1, 4) == kept(1, 4) == 0
    assert kept(1, 24) == 1
    assert "target_log_return_24h" in gold.read(lake, "BTCUSDT").columns
    assert "target_log_return_24h" not in gold.read(lake, "BTCUSDT", 0).columns


def test_gold_holds_every_declared_target_and_when_it_is_known(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Target("own", lambda *given: np.full((len(given[3]), 1), 7.0), "one", "seven")
    every = {**targets(), "own": own}
    monkeypatch.setattr("barograph.pipelines.dataset.targets", lambda: every)
    settings = SETTINGS.model_copy(update={"horizons": (4,)})
    made = load(lake, settings, "BTCUSDT", FEW)
    keep_gold(lake, made, FEW)
    kept = gold.read(lake, "BTCUSDT")
    names = {name for name in kept.columns if name.startswith("target_")}
    wanted = ("log_return", "direction", "integrated_variance", "own", "known_at")
    assert names == {f"target_{name}_4h" for name in wanted}
    assert kept["target_own_4h"].unique().to_list() == [7.0]
    assert (kept["target_known_at_4h"] - kept["as_of"]).unique().to_list() == [4 * HOUR]
    for name, values in (
        ("log_return", made.panel.target_return),
        ("integrated_variance", made.panel.target_variance),
    ):
        found = kept[f"target_{name}_4h"].fill_null(np.nan).to_numpy()
        np.testing.assert_array_equal(found, values[:, 0])


def test_hours_are_made_of_finer_bars_where_there_are_no_others(
    lake: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = supplied(HOURS)
    late = whole.with_columns(pl.col("ts") + HOUR / 2)  # each hour twice: half the volume each
    halves = pl.concat([whole, late]).with_columns(pl.col("volume") / 2).sort("ts")
    finer = halves.slice(0, halves.height - 1)  # the last hour is half there
    finer.write_parquet(tmp_path / "binance_spot_ETHUSDT_30m.parquet")
    from_files(lake, [tmp_path / "binance_spot_ETHUSDT_30m.parquet"])
    assert holds(lake, ["ETHUSDT"])
    sent = load(lake, SETTINGS, "BTCUSDT", FEW)
    assert (sent.made_of, caplog.text) == ("1h", "")
    made = load(lake, SETTINGS, "ETHUSDT", FEW)
    assert (made.made_of, made.venue) == ("30m", "binance_spot")
    assert "binance_spot has no hourly bars of ETHUSDT: made of its 30m bars" in caplog.text
    assert made.panel.hours[-1] == sent.panel.hours[-1] - 1
    values = ["as_of", "open", "high", "low", "close"]
    assert made.grid.select(values).equals(sent.grid.head(-1).select(values))
    assert (made.grid["volume"] - sent.grid.head(-1)["volume"]).abs().max() < 1e-9  # type: ignore[operator]
    assert made.grid["intrabar_count"].drop_nulls().unique().to_list() == [2.0]
    assert [*made.used] == ["silver/bars/binance_spot_ETHUSDT_30m"]


def test_a_settlement_is_seen_an_hour_later(lake: Lake, tmp_path: Path) -> None:
    from_files(lake, [funding(tmp_path, 2e-4, 31)])
    grid = load(lake, SETTINGS, "BTCUSDT", FEW).grid.select("as_of", "funding_rate")
    rates = grid.filter(pl.col("as_of").is_between(SETTLED, SETTLED + HOUR))["funding_rate"]
    assert rates.to_list() == [1e-4, 2e-4]


def test_a_feature_that_reads_what_nobody_declared_is_a_leak(lake: Lake) -> None:
    late = replace(FEW["funding_rate"], name="late", expr=pl.col("tomorrow"))
    with pytest.raises(LeakError, match="'late' reads 'tomorrow'") as caught:
        load(lake, SETTINGS, "BTCUSDT", {"late": late})
    assert caught.value.exit_code == 6
