"""From a lake and a file of forecasts to figures; what is later changes nothing before it."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest
from typer.testing import CliRunner

from barograph import Project
from barograph.cli.app import app
from barograph.core.errors import InputError, NotEnoughDataError, SettingsError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pipelines.backtest import Plan, backtest, document
from barograph.pipelines.ingest import ingest
from barograph.pipelines.prepare import settings_of
from barograph.sources.catalogue import layouts
from barograph.sources.names import funding_key
from barograph.sources.simulated import VENUE, funding, hourly, market
from barograph.trading.performance import NOTICE

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 60
LAST = FIRST + timedelta(days=DAYS)
SETTINGS = settings_of("small", None, ["BTCUSDT"])


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of made-up hours and funding, and forecasts of half of them beside it."""
    folder = tmp_path_factory.mktemp("backtest")
    hours = hourly(market(["BTCUSDT"], LAST, FIRST)["BTCUSDT"])
    key = SeriesKey("bars", VENUE, "BTCUSDT", "1h")
    payloads = [
        Payload(key, "test", "hours", "bars_parquet", parquet(hours)),
        Payload(funding_key("BTCUSDT"), "test", "rates", "observations_parquet",
                parquet(funding(hours))),
    ]  # fmt: skip
    ingest(Lake(folder / "lake"), payloads, layouts(), lambda: LAST + timedelta(days=1))
    rng = np.random.default_rng(1)
    origins = [FIRST + k * HOUR for k in range(48, 24 * (DAYS - 2), 2)]
    count = len(origins)
    pl.DataFrame(
        {
            "symbol": ["BTCUSDT"] * count,
            "model": ["barograph"] * count,
            "as_of": origins,
            "horizon_hours": [24] * count,
            "mean": 0.004 * rng.normal(size=count),
            "vol": 0.02 + 0.01 * rng.random(count),
            "p_up": 0.5 + 0.03 * rng.normal(size=count),
        },
        schema_overrides={"as_of": pl.Datetime("us", "UTC")},
    ).write_parquet(folder / "forecasts.parquet")
    return folder


@pytest.mark.parametrize("strategy", ["threshold", "risk_adjusted", "probability_band"])
def test_every_strategy_trades_and_dearer_costs_earn_less(place: Path, strategy: str) -> None:
    plan = Plan(strategy=strategy)
    made = backtest(Lake(place / "lake"), SETTINGS, place / "forecasts.parquet", plan)
    told = made.performance
    assert made.simulated
    assert told.trades > 5
    assert told.fees > 0
    assert told.carried != 0.0, "funding was settled while something was held"
    returns = [one.total_return for one in made.stressed.values()]
    assert returns == sorted(returns, reverse=True)
    assert returns[0] == told.total_return
    low, high = made.drawn.interval("sharpe")
    assert low < told.sharpe < high
    again = backtest(Lake(place / "lake"), SETTINGS, place / "forecasts.parquet", plan)
    assert document(again) == document(made)


def test_forecasts_of_later_hours_change_no_fill_before_them(place: Path, tmp_path: Path) -> None:
    cut = FIRST + timedelta(days=30)
    path = tmp_path / "other.parquet"
    later = pl.col("as_of") > cut
    pl.read_parquet(place / "forecasts.parquet").with_columns(
        mean=pl.when(later).then(-pl.col("mean")).otherwise("mean")
    ).write_parquet(path)
    lake = Lake(place / "lake")
    before, after = (
        backtest(lake, SETTINGS, one, Plan()) for one in (place / "forecasts.parquet", path)
    )
    rows = int((before.market.hours * 3600 <= cut.timestamp()).sum())
    np.testing.assert_array_equal(before.record.equity[:rows], after.record.equity[:rows])
    assert before.record.hash != after.record.hash


def test_the_command_writes_what_it_says(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = [
        "backtest", "--forecasts", str(place / "forecasts.parquet"), "--lake", str(place / "lake"),
        "--out", str(out), "--strategy", "probability_band", "--trials", "5",
    ]  # fmt: skip
    said = CliRunner().invoke(app, options)
    assert said.exit_code == 0, said.output
    assert NOTICE in said.output
    assert "SIMULATED" in said.output
    told = orjson.loads((out / "backtest.json").read_bytes())
    assert told["notice"] == NOTICE
    assert '<body class="simulated">' in (out / "backtest.html").read_text(encoding="utf-8")
    rows = pl.read_parquet(out / "trades.parquet")
    assert rows.height == told["performance"]["trades"]
    tripped = pl.read_parquet(out / "tripped.parquet")
    counts = dict(tripped["breaker"].value_counts().iter_rows())
    assert counts == told["tripped"]
    equity = pl.read_parquet(out / "equity.parquet")["equity"]
    assert equity[-1] == pytest.approx(10_000.0 * (1.0 + told["performance"]["total_return"]))


def test_a_file_of_rules_is_taken_and_what_is_asked_beside_it_goes_first(
    place: Path, tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("execution: {borrow_annual: 0.1, slippage_bps: 2}\nbreakers: {losses: 3}\n")
    options = [
        "backtest", "--forecasts", str(place / "forecasts.parquet"), "--lake", str(place / "lake"),
        "--out", str(tmp_path / "out"), "--strategy", "probability_band", "--rules", str(file),
        "--commission-bps", "1", "--json",
    ]  # fmt: skip
    told = orjson.loads(CliRunner().invoke(app, options).stdout)
    assert told["execution"]["borrow_annual"] == 0.1
    assert told["execution"]["slippage_bps"] == 2
    assert told["execution"]["commission_bps"] == 1
    assert told["breakers"]["losses"] == 3
    assert told["breakers"]["crash"] == 0.1, "what the file leaves out is as it was"
    file.write_text("execution: {borrow_anual: 0.1}\n")
    bad = CliRunner().invoke(app, options)
    assert "did you mean 'borrow_annual'?" in str(bad.exception)
    file.write_text("breakers: {crash: .inf}\n")
    assert "finite" in str(CliRunner().invoke(app, options).exception)
    file.write_bytes(b"execution: {leverage: \xff}\n")
    assert "cannot read" in str(CliRunner().invoke(app, options).exception)
    file.write_text("{}\n")
    dear = CliRunner().invoke(app, [*options, "--slippage-bps", "5000"])
    assert isinstance(dear.exception, SettingsError)
    assert "slippage_bps" in str(dear.exception)


def test_python_says_what_the_command_says(place: Path) -> None:
    plan, path = Plan(strategy="probability_band"), place / "forecasts.parquet"
    made = Project(place / "lake").backtest(plan, path)
    same = backtest(Lake(place / "lake"), SETTINGS, path, plan)
    assert orjson.dumps(document(made)) == orjson.dumps(document(same))


def test_what_is_not_there_is_said(place: Path, tmp_path: Path) -> None:
    lake, path = Lake(place / "lake"), place / "forecasts.parquet"
    with pytest.raises(InputError, match="unknown strategy 'luck'; known: always_long"):
        backtest(lake, SETTINGS, path, Plan(strategy="luck"))
    with pytest.raises(
        InputError, match=r"at 7 h; .* has BTCUSDT by barograph at 24 h.*barograph evaluate"
    ):
        backtest(lake, SETTINGS, path, Plan(horizon=7))
    with pytest.raises(InputError, match="no forecasts in"):
        backtest(lake, SETTINGS, tmp_path / "nothing.parquet", Plan())
    with pytest.raises(NotEnoughDataError, match="no 1h bars of BTCUSDT"):
        backtest(Lake(tmp_path / "empty"), SETTINGS, path, Plan())


def test_a_parameter_is_chosen_by_name_and_a_wrong_one_is_said(place: Path, tmp_path: Path) -> None:
    options = ["backtest", "--forecasts", str(place / "forecasts.parquet"), "--lake",
               str(place / "lake"), "--out", str(tmp_path), "--json"]  # fmt: skip
    trades = []
    for hurdle in ("0", "3"):
        said = CliRunner().invoke(app, [*options, "--set", f"hurdle={hurdle}"])
        told = orjson.loads(said.stdout)
        assert told["parameters"] == {"hurdle": float(hurdle)}
        trades.append(told["performance"]["trades"])
    assert trades[0] > trades[1]
    lake, path = Lake(place / "lake"), place / "forecasts.parquet"
    with pytest.raises(InputError, match="did you mean 'hurdle'"):
        backtest(lake, SETTINGS, path, Plan(parameters={"hurdel": 1.0}))
    said = CliRunner().invoke(app, [*options, "--set", "hurdle"])
    assert "write name=value" in str(said.exception)
