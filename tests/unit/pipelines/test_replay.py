"""A replay shows what was known at its hour, and what the ledger has to the last bit."""

import dataclasses
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest
from tests.conftest import cut_bars, make_hourly_bars

from barograph.core.errors import AuditError, InputError, NotEnoughDataError, SettingsError
from barograph.core.levels import LEVELS, column
from barograph.core.payload import Payload, SeriesKey
from barograph.core.settings import Settings, WalkForward
from barograph.core.time import HOUR
from barograph.evaluation.walk_forward import PLAIN
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Ledger
from barograph.live.mind import EngineMind
from barograph.metrics.catalogue import metrics
from barograph.models.barograph import FLAGSHIP
from barograph.pipelines.append import LiveLake
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.backtest import Plan, backtest
from barograph.pipelines.evaluate import SymbolResult, scored_frame
from barograph.pipelines.forecast import forecast, publication
from barograph.pipelines.frames import forecast_frame
from barograph.pipelines.gather import from_files
from barograph.pipelines.ingest import ingest, unpacking
from barograph.pipelines.outcomes import issue
from barograph.pipelines.prepare import settings_of
from barograph.pipelines.replay import Ask, Walk, replay, walk
from barograph.sources.catalogue import layouts
from barograph.trading.replay import Replay, State

ROWS = 5400
BARS = make_hourly_bars(ROWS)
END: datetime = BARS["close_time"][-1]
SHOWN = END - 100 * HOUR
PUBLISHED = (SHOWN, SHOWN + 2 * HOUR)
SETTINGS = settings_of("small", None, ["BTCUSDT"]).model_copy(
    update={
        "horizons": (1, 4, 24),
        "models": ("random_walk", "ewma", "har_x"),
        "walk_forward": WalkForward(train_days=120, test_days=60),
    }
)
PLAN = Plan(strategy="always_long", horizon=24)
ASK = Ask(SHOWN, hours=12, before=timedelta(days=20), plan=PLAN)


def supply(
    lake: Lake, bars: pl.DataFrame, name: str = "hours", venue: str = "binance_spot"
) -> None:
    """Let bars arrive."""
    rows = bars.select(pl.col("open_time").alias("ts"), "open", "high", "low", "close", "volume",
                       "quote_volume", "trades")  # fmt: skip
    path = lake.root.parent / f"{name}.parquet"
    rows.write_parquet(path)
    key = SeriesKey("bars", venue, "BTCUSDT", "1h")
    payload = Payload(key, "test", name, "bars_parquet", path.read_bytes())
    ingest(lake, [payload], layouts(), lambda: END + timedelta(days=1))


def walked(lake: Lake, settings: Settings = SETTINGS, until: datetime | None = None) -> Walk:
    return walk(lake, settings, "BTCUSDT", features(), until)


def shown(state: State) -> bytes:
    """Everything of a state, to the last bit, unknown numbers too."""
    return orjson.dumps(state)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with two forecasts published by the real pipeline; leave it as it is."""
    lake = Lake(tmp_path_factory.mktemp("replay") / "lake")
    supply(lake, BARS)
    for moment in PUBLISHED:
        made = forecast(lake, SETTINGS, "BTCUSDT", features(), moment)
        issue(lake, SETTINGS, features(), [made], moment + timedelta(seconds=2))
    return lake


@pytest.fixture(scope="module")
def whole(place: Lake) -> Walk:
    return walked(place)


@pytest.fixture(scope="module")
def there(whole: Walk) -> Replay:
    return replay(whole, ASK)


def test_hours_of_the_ledger_are_its_own_to_the_last_bit(place: Lake, there: Replay) -> None:
    entries = {e.published.as_of: e for e in Ledger(ledger_folder(place)).entries()}
    kinds = []
    for state in there.jump(SHOWN).play(4):
        kinds.append(state.source.kind)
        if state.as_of not in entries:
            continue
        entry = entries[state.as_of]
        assert state.source.sequence == entry.sequence
        assert state.source.issued_at == entry.published.issued_at
        assert not state.source.retrospective
        for row, outlook in zip(entry.published.forecast, state.outlooks, strict=True):
            assert [row[column(level)] for level in LEVELS] == list(outlook.quantiles)
            for name in ("horizon_hours", "mean", "vol", "variance", "p_up", "confidence"):
                assert row[name] == getattr(outlook, name)
            assert row["regime"] == state.regime
            assert row["price"] == state.price
    assert kinds == ["ledger", "walk", "ledger", "walk"]


@pytest.mark.parametrize(("ahead", "strategy"), [(0, "always_long"), (5, "probability_band")])
def test_what_is_later_changes_nothing(
    tmp_path: Path, whole: Walk, ahead: int, strategy: str
) -> None:
    """A lake that ends at the hour, and one in which something else comes after it."""
    moment = SHOWN + ahead * HOUR
    asked = dataclasses.replace(ASK, plan=dataclasses.replace(PLAN, strategy=strategy))
    there = replay(whole, asked)
    expected = dataclasses.replace(there.jump(moment).state, source=None)  # type: ignore[arg-type]
    assert expected.account.fees > 0.0
    known = pl.col("close_time") <= moment
    other = BARS.filter(~known).with_columns(pl.col("open", "high", "low", "close") * 1.5)
    for name, bars in (
        ("cut", BARS.filter(known)),
        ("other", pl.concat((BARS.filter(known), other))),
    ):
        (tmp_path / name).mkdir()
        lake = Lake(tmp_path / name / "lake")
        supply(lake, bars)
        again = replay(walked(lake), dataclasses.replace(asked, hours=None)).jump(moment).state
        assert shown(dataclasses.replace(again, source=None)) == shown(expected)  # type: ignore[arg-type]


def test_nothing_later_than_what_is_shown_is_read(place: Lake, there: Replay) -> None:
    short = walked(place, until=ASK.until)
    assert short.panel.moment(len(short.panel) - 1) == ASK.until == there.last
    assert shown(replay(short, ASK).state) == shown(there.jump(SHOWN).state)


def test_jumping_is_stepping(whole: Walk, there: Replay) -> None:
    stepped = replay(whole, ASK)
    states = [stepped.state, *(stepped.step() for _ in range(11))]
    for state in reversed(states):
        assert shown(there.jump(state.as_of).state) == shown(state)
        assert shown(replay(whole, ASK).jump(state.as_of).state) == shown(state)


def test_accuracy_is_that_of_the_metrics_on_what_had_matured(whole: Walk, there: Replay) -> None:
    state = there.jump(SHOWN + 7 * HOUR).state
    rows = np.arange(whole.panel.row(state.since), whole.panel.row(state.as_of) + 1)
    outputs = {FLAGSHIP.name: whole.flagship, "random_walk": whole.against}
    table = whole.dataset.table.with_columns(volatility_regime=pl.lit(1.0))
    panel = dataclasses.replace(
        whole.panel,
        names=("volatility_regime",),
        features=table.select("volatility_regime").to_numpy(),
    )
    dataset = dataclasses.replace(whole.dataset, panel=panel)
    scored = scored_frame(SymbolResult(dataset, outputs, rows)).filter(
        pl.col("target_time") <= state.as_of, pl.col("realised_return").is_not_null()
    )
    names = ("coverage_50", "coverage_68", "coverage_95", "pinball", "crps", "direction_accuracy")
    for told in state.accuracy:
        mine, theirs = (
            scored.filter(pl.col("model") == name, pl.col("horizon_hours") == told.horizon_hours)
            for name in outputs
        )
        assert told.count == mine.height == theirs.height > 400
        for name in names:
            value = mine.select(metrics()[name].aggregate).item()
            assert getattr(told, name) == pytest.approx(value, rel=1e-9)
            if name in ("pinball", "crps"):
                other = theirs.select(metrics()[name].aggregate).item()
                assert getattr(told, f"{name}_skill") == pytest.approx(1.0 - value / other)


def test_what_came_is_what_the_bars_say(whole: Walk, there: Replay) -> None:
    state = there.jump(SHOWN + 4 * HOUR).state
    close = dict(zip(BARS["close_time"], BARS["close"], strict=True))
    assert [came.outlook.horizon_hours for came in state.came] == [1, 4, 24]
    for came in state.came:
        assert came.outlook.target_time == state.as_of
        assert came.as_of == state.as_of - came.outlook.horizon_hours * HOUR
        assert came.price == close[came.as_of]
        assert came.realised == pytest.approx(np.log(close[state.as_of] / close[came.as_of]))
        if came.inside is not None:
            low, high = came.outlook.interval(came.inside)
            assert low <= came.realised <= high


@pytest.mark.parametrize("strategy", ["threshold", "probability_band", "always_long"])
def test_the_account_is_the_backtests(whole: Walk, strategy: str, tmp_path: Path) -> None:
    plan = dataclasses.replace(PLAN, strategy=strategy)
    made = replay(whole, dataclasses.replace(ASK, plan=plan))
    rows = np.arange(whole.panel.row(made.first), whole.panel.row(made.last) + 1)
    told = forecast_frame(whole.panel, FLAGSHIP.name, whole.flagship, rows)
    told.write_parquet(tmp_path / "forecasts.parquet")
    span = dataclasses.replace(plan, start=made.first, end=made.last)
    run = backtest(whole.lake, whole.settings, tmp_path / "forecasts.parquet", span)
    assert len(run.record.places) > 0
    for state in made.jump(made.last - 3 * HOUR):
        row = int(state.as_of.timestamp()) // 3600 - int(run.market.hours[0])
        assert state.account.equity == run.record.equity[row]
    if strategy == "always_long":
        assert state.account.position > 0.0
        assert state.account.total_return == pytest.approx(state.account.holding, abs=0.01)


def copied(place: Lake, where: Path) -> Lake:
    shutil.copytree(place.root, where / "lake")
    return Lake(where / "lake")


def publish_another(lake: Lake, settings: Settings, moment: datetime, *, moved: bool) -> int:
    """Publish a forecast of an hour, with its last bit moved if asked for."""
    made = forecast(lake, settings, "BTCUSDT", features(), moment, None, PLAIN)
    said = publication(lake, settings, features(), made, moment + timedelta(seconds=3))
    if moved:
        first = dict(said.forecast[0])
        first["q0.500"] = float(np.nextafter(float(str(first["q0.500"])), 1.0))
        said = said.model_copy(update={"forecast": (first, *said.forecast[1:])})
    (entry,) = Ledger(ledger_folder(lake)).publish([said])
    return entry.sequence


def test_another_number_in_the_ledger_is_an_error_that_names_it(
    place: Lake, tmp_path: Path
) -> None:
    lake = copied(place, tmp_path)
    wrong = SHOWN + HOUR
    number = publish_another(lake, SETTINGS, wrong, moved=True)
    made = replay(walked(lake), ASK)
    assert made.state.source.kind == "ledger"
    told = rf"entry {number} \(BTCUSDT as of {wrong:%Y-%m-%dT%H}.*q0.500 at 1 h: recorded"
    with pytest.raises(AuditError, match=told):
        made.step()
    assert made.jump(SHOWN + 12 * HOUR - HOUR).state.source.kind == "walk", "one may go on past it"


def test_what_another_run_file_published_is_not_compared(place: Lake, tmp_path: Path) -> None:
    lake = copied(place, tmp_path)
    longer = SETTINGS.model_copy(update={"walk_forward": WalkForward(train_days=130, test_days=60)})
    number = publish_another(lake, longer, SHOWN + HOUR, moved=False)
    more = SETTINGS.model_copy(update={"models": ("har", "har_x")})
    publish_another(lake, more, SHOWN + 3 * HOUR, moved=False)
    sources = [state.source for state in replay(walked(lake), ASK).play(4)]
    assert [source.kind for source in sources] == ["ledger", "unlike", "ledger", "ledger"]
    assert sources[1].sequence == number


def test_a_forecast_from_bars_that_were_corrected_since_is_shown_as_published(
    tmp_path: Path,
) -> None:
    """A late bar fills a hole: the walk would say something else, the versions cited do not."""
    lake = Lake(tmp_path / "lake")
    late = SHOWN - 5 * HOUR
    supply(lake, BARS.filter(pl.col("close_time") != late))
    publish_another(lake, SETTINGS, SHOWN, moved=False)
    (entry,) = Ledger(ledger_folder(lake)).entries()
    supply(lake, BARS.filter(pl.col("close_time") == late), "late")
    found = walked(lake)
    state = replay(found, ASK).state
    assert state.source.kind == "restored"
    published = [row[column(0.5)] for row in entry.published.forecast]
    now = found.frame(found.panel.row(SHOWN))[column(0.5)].to_list()
    assert [outlook.quantiles[6] for outlook in state.outlooks] == published != now


def test_what_the_live_runner_published_is_the_walks(tmp_path: Path) -> None:
    """It carries models on hour by hour; the replay walks over what the lake became since."""
    lake = Lake(tmp_path / "lake")
    known = pl.col("close_time") <= SHOWN
    supply(lake, BARS.filter(known))
    live = SETTINGS.model_copy(update={"models": ("har", "har_x"), "symbols": ("BTCUSDT", "X")})
    fed = LiveLake(lake, live, features(), unpacking(layouts()))
    mind = EngineMind.warm(fed, "BTCUSDT")
    for moment in (SHOWN - 2 * HOUR, SHOWN):
        thought = mind.thought(moment)
        assert thought is not None
        fed.publish([thought.made], moment + timedelta(seconds=1))
    supply(lake, BARS.filter(~known), "later")
    made = replay(walked(lake), dataclasses.replace(ASK, begin=SHOWN - 2 * HOUR))
    kinds = [state.source.kind for state in made.play(4)]
    assert kinds == ["ledger", "walk", "ledger", "walk"]


def test_a_simulated_market_says_so(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    supply(lake, BARS, venue="simulated")
    assert replay(walked(lake), ASK).state.simulated


def test_an_hour_without_its_bar_has_no_forecast(place: Lake, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    missing = SHOWN + 2 * HOUR
    supply(lake, BARS.filter(pl.col("close_time") != missing))
    made = replay(walked(lake), ASK)
    state = made.jump(missing).state
    assert state.price is None
    assert state.source.kind == "none"
    assert not state.outlooks
    assert not state.came
    assert made.step().price is not None


def test_what_cannot_be_replayed_is_said(whole: Walk, place: Lake, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="no forecasts of BTCUSDT at 2021-01-01 00:00; the lake has"
    ):
        replay(whole, Ask(datetime(2021, 1, 1, tzinfo=UTC)))
    with pytest.raises(SettingsError, match="horizon 5 h is not forecast; those: 1, 4, 24"):
        replay(whole, dataclasses.replace(ASK, plan=Plan(horizon=5)))
    with pytest.raises(SettingsError, match="unknown strategy 'luck'"):
        replay(whole, dataclasses.replace(ASK, plan=Plan(strategy="luck")))
    last = SETTINGS.model_copy(
        update={"walk_forward": WalkForward(train_days=120, test_days=60, folds=2)}
    )
    with pytest.raises(SettingsError, match="take folds null"):
        walked(place, last)
    with pytest.raises(NotEnoughDataError, match="are too few"):
        walked(place, until=datetime(2022, 5, 10, tzinfo=UTC))


@pytest.mark.real
def test_the_day_of_the_ftx_news_as_it_was(data_dir: Path, tmp_path: Path) -> None:
    """Ten months of real bars: before the fall nothing was foreseen, after it the band is wide."""
    first, last = datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 11, 10, tzinfo=UTC)
    path = cut_bars(data_dir, "binance_spot_BTCUSDT_1h", tmp_path)
    pl.read_parquet(path).filter(pl.col("ts").is_between(first, last)).write_parquet(path)
    lake = Lake(tmp_path / "lake")
    from_files(lake, [path], ["BTCUSDT"])
    made = replay(walked(lake), Ask(datetime(2022, 11, 8, tzinfo=UTC), hours=48, plan=PLAN))
    before, after = made.state, made.jump("2022-11-09T22:00").state
    short = walked(lake, until=before.as_of)
    assert shown(replay(short, Ask(before.as_of, hours=1, plan=PLAN)).state) == shown(before)
    (low, high), (lower, higher) = (one.outlooks[-1].interval(68) for one in (before, after))
    assert higher - lower > 1.5 * (high - low), "a band widens after the fall, not before it"
    (day,) = (came for came in after.came if came.outlook.horizon_hours == 24)
    assert day.realised < -0.1
    assert day.inside is None, "beyond the 95 % band"
    assert after.ideal.trips[-1].left <= after.as_of
    assert after.account.total_return == pytest.approx(after.account.holding, abs=0.02)
    assert not after.simulated
