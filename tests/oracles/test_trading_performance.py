"""Figures of trading against empyrical, on random series and on the real market."""

from dataclasses import replace
from pathlib import Path

import empyrical
import numpy as np
import polars as pl
import pytest

from barograph.core.types import Floats
from barograph.trading import kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.performance import Performance, hourly_returns, measure
from barograph.trading.record import Record
from barograph.trading.rules import HOURS_A_YEAR, OFF, Execution

CAPITAL = 10_000.0


def market_of(close: Floats) -> Market:
    """Bars that only close."""
    column = close[:, None]
    return Market(
        ("X",), np.arange(len(close)), column, column, column, column,
        np.full_like(column, np.nan), np.zeros_like(column),
    )  # fmt: skip


def record_of(returns: Floats, market: Market) -> Record:
    """An account that earned these returns; how does not matter here."""
    nothing = Intents.market(np.full(market.close.shape, np.nan))
    record = kernel.simulate(market, nothing, Execution(), OFF, CAPITAL)
    return replace(record, equity=CAPITAL * np.cumprod(1.0 + returns).astype(float))


def agree(told: Performance, returns: Floats, held: Floats) -> None:
    """Every figure that empyrical has as well."""
    yearly = {"annualization": HOURS_A_YEAR}
    theirs = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns, **yearly),
        "volatility": empyrical.annual_volatility(returns, **yearly),
        "sharpe": empyrical.sharpe_ratio(returns, **yearly),
        "sortino": empyrical.sortino_ratio(returns, **yearly),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "buy_hold": empyrical.cum_returns_final(held),
        "beta": empyrical.beta(returns, held),
        # Of an hour: empyrical compounds alpha to a year, where we add it up.
        "alpha": HOURS_A_YEAR * empyrical.alpha(returns, held, annualization=1),
        "information_ratio": np.sqrt(HOURS_A_YEAR) * empyrical.excess_sharpe(returns, held),
    }
    for name, value in theirs.items():
        assert getattr(told, name) == pytest.approx(value, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("seed", range(5))
def test_random_series(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held = 0.006 * rng.standard_t(4, size=5000)
    held[0] = 0.0  # Holding begins at the first close.
    returns = 0.4 * held + 0.002 * rng.standard_t(3, size=5000) + 1e-5 * seed
    made = market_of(20_000.0 * np.cumprod(1.0 + held).astype(float))
    agree(measure(record_of(returns, made), made, CAPITAL), returns, held)


@pytest.mark.real
def test_the_real_market(data_dir: Path) -> None:
    """Long above the mean of a month, short below: eight years of hours."""
    rows = pl.read_parquet(data_dir / "bars" / "binance_spot_BTCUSDT_1h.parquet").sort("ts")
    close = rows["close"].cast(pl.Float64).to_numpy()[:70_000]
    held = np.concatenate(([0.0], close[1:] / close[:-1] - 1.0))
    mean = pl.Series(close).rolling_mean(720).fill_null(np.inf).to_numpy()
    side = np.concatenate(([0.0], np.sign(close - mean)[:-1]))
    returns = side * held - 9e-4 * np.abs(np.diff(side, prepend=0.0))
    made = market_of(close)
    record = record_of(returns, made)
    np.testing.assert_allclose(hourly_returns(record.equity, CAPITAL), returns, atol=1e-14)
    agree(measure(record, made, CAPITAL), returns, held)
