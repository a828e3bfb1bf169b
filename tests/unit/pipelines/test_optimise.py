"""A search from a lake and a file: processes change nothing, every configuration is counted."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import numpy as np
import orjson
import polars as pl
import pytest
from tests.unit.pipelines import test_backtest
from tests.unit.pipelines.test_backtest import SETTINGS
from typer.testing import CliRunner

from barograph.cli.app import app
from barograph.core.errors import InputError, NotEnoughDataError, SettingsError
from barograph.lake.lake import Lake
from barograph.pipelines.backtest import Plan
from barograph.pipelines.optimise import Optimised, Search, document, optimise
from barograph.trading.performance import NOTICE
from barograph.trading.rules import Execution

place = test_backtest.place
GRID = {"band": tuple(np.linspace(0.0, 0.04, 9).tolist())}
SEARCH = Search(GRID, train_days=20, test_days=10, workers=1)
FREE = Execution(slippage_bps=0.0, commission_bps=0.0)
PLAN = Plan(strategy="probability_band", execution=FREE, limits={"confidence": 0.0})
NOW = datetime(2024, 4, 1, tzinfo=UTC)


@pytest.fixture
def lake(place: Path, tmp_path: Path) -> Lake:
    """A lake of one's own: a search writes into its ledger."""
    return Lake(copytree(place / "lake", tmp_path / "lake"))


@pytest.fixture(scope="module")
def told(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up forecasts turned around: these earn something, the others do not."""
    path = tmp_path_factory.mktemp("told") / "forecasts.parquet"
    pl.read_parquet(place / "forecasts.parquet").with_columns(
        p_up=1.0 - pl.col("p_up")
    ).write_parquet(path)
    return path


def searched(lake: Lake, told: Path, search: Search = SEARCH, plan: Plan = PLAN) -> Optimised:
    return optimise(lake, SETTINGS, told, plan, search, at=NOW)


def test_processes_change_nothing_and_looking_again_is_no_new_trial(lake: Lake, told: Path) -> None:
    one = searched(lake, told)
    assert (one.chosen >= 0).any()
    assert one.luck.trials == len(GRID["band"])
    two = searched(lake, told, Search(GRID, 20, 10, workers=2))
    assert orjson.dumps(document(two)) == orjson.dumps(document(one))
    other = searched(lake, told, Search({"band": (0.05,)}, 20, 10, workers=1))
    assert other.luck.trials == len(GRID["band"]) + 1
    assert other.overfit is None, "one configuration cannot be overfitted by choosing"


def test_the_path_holds_what_was_best_before_each_window(lake: Lake, told: Path) -> None:
    made = searched(lake, told)
    assert len(made.windows) >= 3
    assert len(set(made.chosen.tolist())) > 1
    for k, row in enumerate(made.path.iter_rows(named=True)):
        trained = made.swept.trained[:, k]
        if row["band"] is None:
            assert not (trained > 0).any()
        else:
            assert row["train_sharpe"] == np.nanmax(trained) > 0
            assert row["band"] == GRID["band"][int(np.nanargmax(trained))]
    assert len(made.record.equity) == made.windows[-1].stop - made.windows[0].start


def test_forecasts_from_a_window_on_choose_nothing_for_it(
    lake: Lake, told: Path, tmp_path: Path
) -> None:
    before = searched(lake, told)
    at = len(before.windows) // 2
    cut = datetime.fromtimestamp(
        int(before.scene.market.hours[before.windows[at].start]) * 3600, tz=UTC
    )
    path = tmp_path / "other.parquet"
    pl.read_parquet(told).with_columns(
        p_up=pl.when(pl.col("as_of") >= cut).then(1.0 - pl.col("p_up")).otherwise("p_up")
    ).write_parquet(path)
    after = optimise(lake, SETTINGS, path, PLAN, SEARCH, at=NOW)
    assert before.chosen[: at + 1].tolist() == after.chosen[: at + 1].tolist()
    rows = before.windows[at].start - before.windows[0].start
    np.testing.assert_array_equal(before.record.equity[:rows], after.record.equity[:rows])


def test_what_cannot_be_searched_is_told(lake: Lake, told: Path) -> None:
    with pytest.raises(InputError, match="no parameter 'bond'; did you mean 'band'"):
        searched(lake, told, Search({"bond": (0.1,)}))
    with pytest.raises(NotEnoughDataError, match=r"training takes 900; give more"):
        searched(lake, told, Search(GRID, train_days=900))
    with pytest.raises(SettingsError, match="'random' is a check of the engine"):
        searched(lake, told, Search({"seed": (1.0, 2.0)}), Plan(strategy="random"))


def test_the_command_writes_what_it_says(lake: Lake, told: Path, tmp_path: Path) -> None:
    options = [
        "optimise", "--forecasts", str(told), "--lake", str(lake.root),
        "--strategy", "probability_band", "--min-confidence", "0", "--grid", "band=0:0.04:3",
        "--train-days", "20", "--test-days", "10", "--workers", "1", "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    said = CliRunner().invoke(app, options)
    assert said.exit_code == 0, said.output
    assert "SIMULATED prices" in said.output
    assert NOTICE in said.output
    left = orjson.loads((tmp_path / "out" / "optimisation.json").read_bytes())
    assert left["grid"] == {"band": [0.0, 0.02, 0.04]}
    assert len(left["path"]) == pl.read_parquet(tmp_path / "out" / "path.parquet").height
    page = (tmp_path / "out" / "optimisation.html").read_text(encoding="utf-8")
    assert "SIMULATED" in page
    assert NOTICE in page
    for grid, message in (
        ("hurdle=a", "name=first:last:count"),
        ("band=0.1", "band has values already"),
        ("hurdle=0:1:10000000000000", "at most 20,000 values"),
    ):
        bad = CliRunner().invoke(app, [*options, "--grid", grid])
        assert isinstance(bad.exception, SettingsError)
        assert message in str(bad.exception)
