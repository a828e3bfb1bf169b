"""What gates and sizing leave of a strategy's wishes, and what is written of the rest."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.stats import norm
from tests.unit.ledger.samples import forecast_frame, publication

from barograph.core.errors import InputError, SettingsError
from barograph.core.levels import LEVELS, column, level_array
from barograph.core.time import HOUR
from barograph.core.types import Floats
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Ledger
from barograph.ledger.payload import forecast_payload
from barograph.metrics.distribution import moments
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.backtest.forecasts import ODDS, told_of
from barograph.pipelines.backtest.grant import REFUSED, granted, refused, sized_as
from barograph.pipelines.backtest.plan import Plan
from barograph.trading.odds import Odds, odds
from barograph.trading.risk.catalogue import gates
from barograph.trading.sizing import Sizing
from barograph.trading.strategies.base import Beliefs, Rule

RULE, CHECK = Rule("wish", "for tests"), Rule("check", "for tests", is_check=True)
HOURS = np.arange(473_352, 473_360)


def beliefs(p_up: ArrayLike, vol: ArrayLike = 0.01) -> Beliefs:
    """Forecasts of a day for one symbol."""
    up, wild = (np.resize(np.asarray(each, dtype=float), (8, 1)) for each in (p_up, vol))
    return Beliefs(0.0 * up, wild, up, np.zeros((8, 1), dtype=np.int64), 24)


def test_the_limits_are_those_of_the_requirement() -> None:
    assert {name: gate.limit for name, gate in gates().items()} == {
        "confidence": 0.55,
        "volatility": 0.15,
    }


def test_a_side_needs_its_own_probability() -> None:
    told = beliefs([0.56, 0.56, 0.55, 0.54, 0.44, 0.44, 0.45, np.nan])
    asked = np.array([1.0, -1.0, 0.5, 1.0, -1.0, 1.0, -0.5, 1.0])[:, None]
    wanted = [1.0, 0.0, 0.5, 0.0, -1.0, 0.0, -0.5, 1.0]
    assert granted(Plan(), RULE, told, asked)[:, 0].tolist() == pytest.approx(wanted)


def test_a_wild_day_is_not_traded_and_limits_can_be_moved_or_lifted() -> None:
    told, asked = beliefs(0.9, vol=0.2), np.ones((8, 1))
    assert not granted(Plan(), RULE, told, asked).any()
    assert granted(Plan(limits={"volatility": 0.25}), RULE, told, asked).all()
    assert granted(Plan(limits={"volatility": 0.0}), RULE, told, asked).all()
    assert granted(Plan(), CHECK, told, asked).all(), "a check of the engine passes every gate"
    with pytest.raises(SettingsError, match="unknown gate 'volatilty'; did you mean 'volatility'"):
        granted(Plan(limits={"volatilty": 0.1}), RULE, told, asked)


def test_every_refusal_is_written_with_reason_and_release() -> None:
    told = beliefs([0.6, 0.52, 0.51, np.nan, 0.53, 0.6, 0.5, 0.5])
    asked = np.array([1.0, 1.0, 1.0, np.nan, 1.0, 1.0, 0.0, 1.0])[:, None]
    first, last = refused(Plan(), RULE, told, asked, HOURS).rows(named=True)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert (first["symbol"], first["gate"], first["hours"]) == ("BTCUSDT", "confidence", 3)
    assert (first["since"], first["released"]) == (start + HOUR, start + 5 * HOUR)
    assert first["reason"] == "the forecast gives this side 51.0 %; a signal needs 55 %"
    assert (last["since"], last["released"], last["hours"]) == (start + 7 * HOUR, None, 1)
    nothing = refused(Plan(), RULE, beliefs(0.9), np.ones((8, 1)), HOURS)
    assert nothing.is_empty()
    assert nothing.schema == REFUSED


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_written_is_what_was_refused(seed: int) -> None:
    """Hours of the stretches are the wishes that became nothing; no stretch lets go too early."""
    rng = np.random.default_rng(seed)
    told = beliefs(rng.uniform(0.4, 0.6, 8), rng.choice([0.01, 0.2], (8, 1)))
    asked = rng.choice([-1.0, 0.0, 1.0, np.nan], (8, 1))
    passed = granted(Plan(), RULE, told, asked)
    lost = HOURS[((asked != passed) & np.isfinite(asked))[:, 0]]
    kept = HOURS[((asked == passed) & np.isfinite(asked))[:, 0]]
    found = refused(Plan(), RULE, told, asked, HOURS).with_columns(
        pl.col("since", "released").dt.epoch("s") // 3600
    )
    covered = set()
    for row in found.iter_rows(named=True):
        end = row["released"] if row["released"] is not None else HOURS[-1] + 1
        inside = lost[(lost >= row["since"]) & (lost < end)]
        assert len(inside) >= row["hours"]
        assert not set(kept.tolist()) & set(range(row["since"], end)), "refused to the release"
        covered |= set(inside.tolist())
    assert covered == set(lost.tolist())


def forecasts_at(folder: Path) -> tuple[Path, Floats]:
    """A file of normal forecasts of a day, with their quantiles."""
    rng = np.random.default_rng(5)
    quantiles = 0.01 * rng.normal(size=(8, 1)) + 0.02 * norm.ppf(level_array())
    law, as_of = moments(quantiles), [datetime(2024, 1, 1, tzinfo=UTC) + k * HOUR for k in range(8)]
    frame = pl.DataFrame(
        {"symbol": "BTCUSDT", "model": "barograph", "as_of": as_of, "horizon_hours": 24,
         "mean": law.mean, "vol": law.vol, "p_up": law.p_up}
        | {column(level): quantiles[:, k] for k, level in enumerate(LEVELS)}
    )  # fmt: skip
    path = folder / "forecasts.parquet"
    frame.write_parquet(path)
    return path, quantiles


def test_forecasts_come_with_their_odds_where_they_size(tmp_path: Path) -> None:
    path, quantiles = forecasts_at(tmp_path)
    lake = Lake(tmp_path / "lake")
    plain, sizing = told_of(lake, path, Plan()), told_of(lake, path, Plan(sizing=Sizing()))
    assert not set(ODDS) & set(plain.columns)
    np.testing.assert_array_equal(sizing["gain"], odds(quantiles).gain)
    np.testing.assert_array_equal(sizing["loss"], odds(quantiles).loss)
    pl.read_parquet(path).drop(column(0.5)).write_parquet(path)
    assert told_of(lake, path, Plan()).height == 8
    with pytest.raises(InputError, match=r"holds no forecasts: .*q0\.500"):
        told_of(lake, path, Plan(sizing=Sizing()))


def test_forecasts_of_the_ledger_come_with_their_odds_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    as_of = datetime(2024, 1, 1, tzinfo=UTC)
    frame = forecast_frame(as_of)
    said = publication(0, symbol="BTCUSDT", as_of=as_of, issued_at=as_of,
                       forecast=forecast_payload(frame))  # fmt: skip
    Ledger(ledger_folder(lake)).publish([said])
    sizing = told_of(lake, None, Plan(sizing=Sizing()))
    day = frame.filter(pl.col("horizon_hours") == 24)
    wanted = odds(day.select(column(level) for level in LEVELS).to_numpy())
    assert sizing.select(ODDS).rows() == [(wanted.gain[0], wanted.loss[0])]
    assert sizing["source"].to_list() == [1]
    assert not set(ODDS) & set(told_of(lake, None, Plan()).columns)


def test_kelly_takes_the_side_and_not_the_size() -> None:
    quantiles = np.linspace(-0.005, 0.005, 8)[:, None] + 0.02 * norm.ppf(level_array())
    law, made = moments(quantiles), odds(quantiles)
    bet = Odds(made.up[:, None], made.gain[:, None], made.loss[:, None])
    told = replace(beliefs(law.p_up, law.vol), odds=bet)
    plan = Plan(sizing=Sizing())
    some = np.sign(law.mean)[:, None]
    size = sized_as(plan, RULE, told, 0.3 * some)
    np.testing.assert_array_equal(size, sized_as(plan, RULE, told, some))
    assert 0.0 < np.abs(size).max() <= 1.0
    assert (size * some >= 0.0).all()
    assert not sized_as(plan, RULE, told, -some).any(), "nothing against its own odds"
    assert (sized_as(plan, CHECK, told, some) == some).all()
    assert (sized_as(Plan(), RULE, told, some) == some).all()
    with pytest.raises(InputError, match="no quantiles to size by"):
        sized_as(plan, RULE, beliefs(0.6), some)
