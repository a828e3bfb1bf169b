"""Forecasts to trade: from when they are known, what is not there, and several symbols at once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.ledger.samples import forecast_frame, publication
from tests.unit.pipelines.test_backtest import parquet
from typer.testing import CliRunner

from barograph.cli.app import app
from barograph.core.errors import InputError, SettingsError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Ledger, Publication
from barograph.ledger.payload import forecast_payload
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.backtest import Plan, backtest, document, scene_of, write
from barograph.pipelines.backtest.forecasts import next_close, told_of
from barograph.pipelines.ingest import ingest
from barograph.pipelines.prepare import settings_of
from barograph.sources.catalogue import layouts
from barograph.sources.simulated import VENUE, hourly, market

FIRST = datetime(2024, 5, 1, tzinfo=UTC)
LAST = FIRST + timedelta(days=30)
SETTINGS = settings_of("small", None, ["BTCUSDT"])
PAIR = ("BTCUSDT", "ETHUSDT")
LATE = FIRST + timedelta(days=6)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Bars of two symbols, one of which began later and was shut for a day."""
    made = Lake(tmp_path_factory.mktemp("forecasts") / "lake")
    payloads = []
    for symbol, bars in market(list(PAIR), LAST, FIRST).items():
        hours = hourly(bars)
        if symbol == "ETHUSDT":
            shut = pl.col("ts").is_between(LATE + 3 * HOUR, LATE + 26 * HOUR)
            hours = hours.filter((pl.col("ts") >= LATE) & ~shut)
        key = SeriesKey("bars", VENUE, symbol, "1h")
        payloads.append(Payload(key, "test", symbol, "bars_parquet", parquet(hours)))
    ingest(made, payloads, layouts(), lambda: LAST + timedelta(days=1))
    return made


def said(hours: float, *, late: timedelta = timedelta(minutes=2), mean: float = 0.01,
         symbol: str = "BTCUSDT") -> Publication:  # fmt: skip
    """The forecast of some hours after the first, published so much later."""
    as_of = FIRST + timedelta(hours=hours)
    frame = forecast_frame(as_of).with_columns(
        mean=pl.lit(mean), symbol=pl.lit(symbol), p_up=pl.lit(0.6)
    )
    return publication(
        int(hours), symbol=symbol, as_of=as_of, issued_at=as_of + late,
        forecast=forecast_payload(frame),
    )  # fmt: skip


def in_ledger(lake: Lake, folder: Path, publications: list[Publication]) -> Lake:
    """The bars of a lake beside a ledger of one's own."""
    here = Lake(folder / "lake")
    for name in ("silver", "bronze"):
        (here.root / name).symlink_to(lake.root / name)
    Ledger(ledger_folder(here)).publish(publications)
    return here


def decided(lake: Lake, plan: Plan) -> list[tuple[datetime, datetime, int]]:
    told = told_of(lake, None, plan)
    return list(told.select("decided", "as_of", "source").iter_rows())


def test_a_published_forecast_is_known_from_the_first_close_at_which_it_was_public(
    lake: Lake, tmp_path: Path
) -> None:
    on_time, same_hour, after = timedelta(0), timedelta(seconds=1), timedelta(hours=30)
    here = in_ledger(lake, tmp_path, [
        said(0, late=on_time),
        said(10, late=same_hour),
        said(20, late=3 * HOUR),
        said(25, late=after),  # published when its outcome was there
        said(21, late=4 * HOUR),  # published after a newer one was known
        said(23, late=1 * HOUR),
    ])  # fmt: skip
    hour = [FIRST + k * HOUR for k in range(60)]
    found = decided(here, Plan(horizon=24))
    assert found == [
        (hour[0], hour[0], 1),
        (hour[11], hour[10], 2),
        (hour[23], hour[20], 3),
        (hour[24], hour[23], 6),
    ]
    assert next_close(hour[3]) == hour[3]
    assert next_close(hour[3] + timedelta(microseconds=1)) == hour[4]


def test_nothing_is_wished_before_its_forecast_was_public_and_trades_carry_its_number(
    lake: Lake, tmp_path: Path
) -> None:
    late = timedelta(minutes=40)
    here = in_ledger(lake, tmp_path, [
        said(10, late=late), said(40, late=late, mean=-0.01), said(70, late=late, mean=0.0),
    ])  # fmt: skip
    plan = Plan(horizon=24, limits={"confidence": 0.0})
    made = backtest(here, SETTINGS, None, plan)
    start = int((FIRST + 11 * HOUR).timestamp()) // 3600
    assert made.market.hours[0] == start
    write(made, tmp_path / "out")
    trades = pl.read_parquet(tmp_path / "out" / "trades.parquet")
    assert trades["source"].to_list() == [1, 2]
    entered = [FIRST + 12 * HOUR, FIRST + 42 * HOUR]
    assert trades["entered"].to_list() == entered, "the bar after the close that saw it"
    assert trades["side"].to_list() == ["long", "short"]
    assert document(made)["model"] == "barograph"
    for sooner, later in pairwise(decided(here, plan)):
        assert sooner[0] < later[0]


def test_an_empty_ledger_says_how_to_fill_it(lake: Lake) -> None:
    with pytest.raises(InputError, match="the ledger is empty; publish some with `barograph serve"):
        backtest(lake, SETTINGS, None, Plan())


def made_file(folder: Path, spans: dict[str, list[int]]) -> Path:
    """``forecasts.parquet`` of hours after the first, by symbol."""
    frames = [
        forecast_frame(FIRST + hour * HOUR)
        .with_columns(symbol=pl.lit(symbol), p_up=pl.lit(0.6 if hour % 48 < 24 else 0.4))
        for symbol, hours in spans.items() for hour in hours
    ]  # fmt: skip
    pl.concat(frames).write_parquet(folder / "forecasts.parquet")
    return folder / "forecasts.parquet"


def test_over_a_span_without_forecasts_positions_stay_and_it_is_said(
    lake: Lake, tmp_path: Path
) -> None:
    hours = [*range(1, 25), *range(101, 131)]
    path = made_file(tmp_path, {"BTCUSDT": hours})
    plan = Plan(strategy="probability_band", limits={"confidence": 0.0})
    made = backtest(lake, SETTINGS, path, plan)
    gap = made.scene.gaps["BTCUSDT"]
    assert (gap.forecasts, gap.missing, gap.longest) == (54, 76, 76)
    assert gap.since * 3600 == (FIRST + 25 * HOUR).timestamp()
    assert (made.record.exposure[2:100] > 0.0).all(), "held until the next forecast"
    assert np.isnan(made.wishes.target[24:100]).all()
    options = ["backtest", "--forecasts", str(path), "--lake", str(lake.root), "--start",
               "2024-04-01", "--out", str(tmp_path), "--strategy", "probability_band"]  # fmt: skip
    told = CliRunner().invoke(app, options)
    assert "forecasts begin at 2024-05-01 01:00, later than --start" in told.output
    assert "has no forecast in 76 of 130 hours, 76 of them from 2024-05-02 01:00 on" in told.output


def test_symbols_of_different_calendars_share_an_account(lake: Lake, tmp_path: Path) -> None:
    late = int((LATE - FIRST) / HOUR)
    path = made_file(tmp_path, {"BTCUSDT": [*range(1, 400)], "ETHUSDT": [*range(late + 1, 400)]})
    plan = Plan(symbols=PAIR, strategy="probability_band", limits={"confidence": 0.0})
    made = backtest(lake, SETTINGS, path, plan)
    market = made.market
    assert market.symbols == PAIR
    assert not market.present[: late - 1, 1].any()
    assert market.present[: late - 1, 0].all()
    assert np.isnan(made.wishes.target[: late - 1, 1]).all()
    assert set(np.unique(np.abs(made.wishes.target[np.isfinite(made.wishes.target)]))) == {0.5}
    fills = made.record.places[:, :2]
    assert set(fills[:, 1].tolist()) == {0, 1}
    assert market.present[fills[:, 0], fills[:, 1]].all(), "nothing fills where there is no bar"
    alone = backtest(lake, SETTINGS, path, Plan(strategy=plan.strategy, limits=plan.limits))
    both, one = made.wishes.target[:, 0] * 2.0, alone.wishes.target[:, 0]
    np.testing.assert_array_equal(both[np.isfinite(both)], one[np.isfinite(one)])
    write(made, tmp_path / "out")
    equity = pl.read_parquet(tmp_path / "out" / "equity.parquet")
    assert {"close_BTCUSDT", "close_ETHUSDT"} <= set(equity.columns)


def test_weights_share_the_account_and_wrong_ones_are_said(lake: Lake, tmp_path: Path) -> None:
    path = made_file(tmp_path, {symbol: [*range(200, 400)] for symbol in PAIR})
    plan = Plan(symbols=PAIR, strategy="always_long", weights={"BTCUSDT": 0.75, "ETHUSDT": 0.25})
    made = backtest(lake, SETTINGS, path, plan)
    assert made.wishes.target[0].tolist() == [0.75, 0.25]
    with pytest.raises(SettingsError, match="weights of BTCUSDT, symbols BTCUSDT, ETHUSDT"):
        Plan(symbols=PAIR, weights={"BTCUSDT": 1.0})
    with pytest.raises(SettingsError, match="weight -1 of ETHUSDT; wanted a number above 0"):
        Plan(symbols=PAIR, weights={"BTCUSDT": 1.0, "ETHUSDT": -1.0})
    with pytest.raises(SettingsError, match="weights add up to 2, more than the account"):
        Plan(symbols=PAIR, weights={"BTCUSDT": 1.0, "ETHUSDT": 1.0})
    with pytest.raises(InputError, match="no forecasts of XRPUSDT by 'barograph' at 24 h"):
        scene_of(lake, SETTINGS, path, Plan(symbols=("BTCUSDT", "XRPUSDT")))


def test_a_simulated_forecast_makes_a_simulated_result(lake: Lake, tmp_path: Path) -> None:
    path = made_file(tmp_path, {"BTCUSDT": [*range(24)]})
    pl.read_parquet(path).write_parquet(path, metadata={"simulated": "true"})
    assert told_of(lake, path, Plan())["simulated"].all()
