"""What is a new trial and what is not; what the count does to a result."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile, copytree

import numpy as np
import orjson
import polars as pl
import pytest
from tests.unit.pipelines import test_backtest
from tests.unit.pipelines.test_backtest import SETTINGS, parquet

from barograph.core.payload import Payload, SeriesKey
from barograph.lake.lake import Lake
from barograph.ledger.trials import TRADING, Trials
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.backtest import Backtest, Plan, backtest
from barograph.pipelines.backtest.regimes import codes_of
from barograph.pipelines.ingest import ingest
from barograph.pipelines.optimise import Search, optimise
from barograph.sources.catalogue import layouts
from barograph.sources.simulated import VENUE, hourly, market
from barograph.trading.luck import luck_of
from barograph.trading.overfit import Sweep
from barograph.trading.performance import hourly_returns
from barograph.trading.rules import Execution

place = test_backtest.place
NOW = datetime(2024, 4, 1, tzinfo=UTC)
PLAN = Plan(strategy="probability_band", limits={"confidence": 0.0})


@pytest.fixture
def lake(place: Path, tmp_path: Path) -> Lake:
    """A lake of one's own: a backtest writes into its ledger."""
    return Lake(copytree(place / "lake", tmp_path / "lake"))


@pytest.fixture
def told(place: Path, tmp_path: Path) -> Path:
    """The made-up forecasts, beside a run that says what made them."""
    (tmp_path / "run.json").write_bytes(orjson.dumps({"config_hash": "one"}))
    copyfile(place / "forecasts.parquet", tmp_path / "forecasts.parquet")
    return tmp_path / "forecasts.parquet"


def traded(lake: Lake, told: Path, plan: Plan = PLAN) -> Backtest:
    return backtest(lake, SETTINGS, told, plan, lambda: NOW)


def test_every_configuration_is_one_trial_however_often_it_runs(lake: Lake, told: Path) -> None:
    assert traded(lake, told).luck.trials == 1
    assert traded(lake, told).luck.trials == 1, "the same again"
    assert len(list(Trials(ledger_folder(lake)).all())) == 1
    earlier = replace(PLAN, end=datetime(2024, 2, 1, tzinfo=UTC), capital=500.0, seed=8)
    assert traded(lake, told, earlier).luck.trials == 1, "other data, the same configuration"
    for count, other in enumerate(
        (
            replace(PLAN, strategy="threshold"),
            replace(PLAN, parameters={"band": 0.03}),
            replace(PLAN, execution=Execution(leverage=2.0)),
            replace(PLAN, limits={"confidence": 0.51}),
        ),
        start=2,
    ):
        assert traded(lake, told, other).luck.trials == count
    told.with_name("run.json").write_bytes(orjson.dumps({"config_hash": "two"}))
    assert traded(lake, told).luck.trials == 6, "forecasts of another model"
    kept = Trials(ledger_folder(lake))
    assert kept.count() == 0, "no look at forecasts"
    assert kept.count(TRADING) == 6


def test_checks_of_the_engine_are_no_trials(lake: Lake, told: Path) -> None:
    traded(lake, told, Plan(strategy="random"))
    assert traded(lake, told).luck.trials == 1


def test_a_strategy_of_a_file_is_another_when_its_text_is(
    lake: Lake, told: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    text = (
        "from barograph.trading.strategies.base import Strategy\n"
        "def rule(beliefs, cost):\n"
        "    return (beliefs.mean > LEVEL) * 1.0\n"
        "STRATEGIES = (Strategy('mine', 'long where up', rule),)\n"
    )
    for level in (0.0, 0.0, 0.001):
        file.write_text(text.replace("LEVEL", str(level)))
        made = traded(lake, told, replace(PLAN, strategy=str(file)))
    assert made.luck.trials == 2


def test_luck_is_by_the_ledger_or_by_more_that_the_plan_states(lake: Lake, told: Path) -> None:
    made = [traded(lake, told, replace(PLAN, parameters={"band": b})) for b in (0.02, 0.03, 0.04)]
    shown = [one.performance.sharpe for one in made]
    returns = hourly_returns(made[-1].record.equity, PLAN.capital)
    assert made[-1].luck == luck_of(returns, 3, float(np.std(shown, ddof=1)))
    assert made[0].luck.spread == pytest.approx(luck_of(returns, 1).spread), "nothing to compare"
    said = traded(lake, told, replace(PLAN, parameters={"band": 0.04}, trials=40))
    assert said.luck == luck_of(returns, 40, float(np.std(shown, ddof=1)))
    less = traded(lake, told, replace(PLAN, parameters={"band": 0.04}, trials=1))
    assert less.luck == made[-1].luck, "fewer than the ledger knows of is no answer"
    part = replace(PLAN, parameters={"band": 0.05}, end=NOW.replace(year=2024, month=1, day=20))
    short = traded(lake, told, part)
    assert (short.luck.trials, short.luck.measured) == (4, False), "no other saw these hours"


def test_a_search_that_tried_a_configuration_is_told_with_it(lake: Lake, told: Path) -> None:
    plan = replace(PLAN, execution=Execution(slippage_bps=0.0, commission_bps=0.0))
    grid = {"band": tuple(np.linspace(0.0, 0.04, 5).tolist())}
    search = Search(grid, train_days=5, test_days=10, workers=1)
    made = optimise(lake, SETTINGS, told, plan, search, at=NOW)
    assert made.overfit is not None
    assert made.paths is not None
    assert len(made.paths.sharpe) == 9
    inside = traded(lake, told, replace(plan, parameters={"band": 0.02}))
    assert inside.sweep == Sweep(5, made.overfit.probability)
    assert inside.luck.trials == 5, "the search has counted it"
    assert traded(lake, told, replace(plan, parameters={"band": 0.025})).sweep is None


def test_regimes_are_those_known_at_each_close(tmp_path: Path) -> None:
    """Bars of 130 days: the label needs 90 days, and what comes later does not move it."""
    first = datetime(2024, 1, 1, tzinfo=UTC)
    last = first + timedelta(days=130)
    hours = hourly(market(["BTCUSDT"], last, first)["BTCUSDT"])
    key, found = SeriesKey("bars", VENUE, "BTCUSDT", "1h"), []
    origins = [first + timedelta(days=100, hours=k) for k in range(300)]
    told = tmp_path / "forecasts.parquet"
    pl.DataFrame(
        {"symbol": "BTCUSDT", "model": "barograph", "as_of": origins, "horizon_hours": 24,
         "mean": 0.0, "vol": 0.02, "p_up": 0.6},
        schema_overrides={"as_of": pl.Datetime("us", "UTC")},
    ).write_parquet(told)  # fmt: skip
    cut = first + timedelta(days=110)
    moved = pl.when(pl.col("ts") >= cut).then(1.2).otherwise(1.0)
    prices = [pl.col(name) * moved for name in ("open", "high", "low", "close")]
    for name, bars in (("as", hours), ("other", hours.with_columns(prices))):
        lake = Lake(tmp_path / name)
        payload = Payload(key, "test", "hours", "bars_parquet", parquet(bars))
        ingest(lake, [payload], layouts(), lambda: last + timedelta(days=1))
        made = traded(lake, told)
        found.append(codes_of(lake, SETTINGS, made.scene))
        assert made.regimes["hours"].sum() == len(made.market.hours)
    rows = int((made.market.hours * 3600 <= cut.timestamp()).sum())
    assert np.isfinite(found[0]).all()
    np.testing.assert_array_equal(found[0][:rows], found[1][:rows])
    assert (found[0][rows:] != found[1][rows:]).any(), "a jump of a fifth is seen when it comes"
