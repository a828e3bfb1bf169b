"""The engine's own checks: always long is holding less costs; random loses about its costs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from barograph.core.types import Floats
from barograph.trading import kernel
from barograph.trading.catalogue import strategies
from barograph.trading.costs import breakdown
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.performance import measure
from barograph.trading.rules import BPS, OFF, Execution
from barograph.trading.strategies.base import Beliefs, wishes

CAPITAL = 10_000.0
SEEDS = 60


def silent(market: Market) -> Beliefs:
    """No forecast at all: checks need none."""
    none = np.full(market.close.shape, np.nan)
    return Beliefs(none, none, none, np.zeros(none.shape, dtype=np.int64), 24)


def wished(name: str, market: Market, **chosen: float) -> Intents:
    rule, beliefs = strategies()[name], silent(market)
    asked = rule.exposure(beliefs, 0.0, **rule.parameters(chosen))
    return wishes(beliefs, asked / len(market.symbols))


def walk(rows: int, width: int) -> Market:
    """Prices without drift that open where they closed."""
    rng = np.random.default_rng(3)
    close = 100.0 * np.exp(np.cumsum(0.005 * rng.normal(size=(rows, width)), axis=0))
    opened = np.vstack((np.full((1, width), 100.0), close[:-1]))
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    names, hours = tuple(f"S{k}" for k in range(width)), 473_352 + np.arange(rows)
    rate = np.where((hours % 8 == 1)[:, None], 1e-4, 0.0) * np.ones((rows, width))
    return Market(names, hours, opened, high, low, close, np.full((rows, width), 1e9), rate)


def real(data_dir: Path, symbols: tuple[str, ...]) -> Market:
    """Binance spot bars of 2021 to the middle of 2025, where they are on whole hours."""
    first, last = 447_072, 486_480  # hours since 1970
    shape = (last - first, len(symbols))
    columns = {name: np.full(shape, np.nan) for name in ("open", "high", "low", "close", "volume")}
    for j, symbol in enumerate(symbols):
        rows = pl.read_parquet(data_dir / "bars" / f"binance_spot_{symbol}_1h.parquet")
        place = rows["ts"].dt.epoch("s").to_numpy() // 3600 + 1 - first
        inside = (place >= 0) & (place < shape[0])
        for name, values in columns.items():
            values[place[inside], j] = rows[name].cast(pl.Float64).to_numpy()[inside]
    return Market(symbols, first + np.arange(shape[0]), **columns, funding=np.zeros(shape))


def hold(market: Market, execution: Execution) -> Floats:
    """Equity of buying equal parts at the second opening and holding, written out by hand."""
    close = pl.DataFrame(market.close).fill_nan(None).fill_null(strategy="forward").to_numpy()
    price = market.open[1] * (1.0 + execution.slippage_bps * BPS)
    quantity = CAPITAL / len(market.symbols) / market.close[0]
    fee = quantity * price * execution.commission_bps * BPS
    value = CAPITAL + quantity * (close - price) - fee
    paid = np.nancumsum(quantity * market.open * market.funding, axis=0)
    paid -= paid[1]  # nothing is held at the second opening's settlement
    found: Floats = value.sum(axis=1) - CAPITAL * (len(market.symbols) - 1) - paid.sum(axis=1)
    return found


def check_holding(market: Market) -> None:
    dear = Execution(slippage_bps=20.0, commission_bps=10.0)
    record = kernel.simulate(market, wished("always_long", market), dear, OFF, CAPITAL, 1)
    np.testing.assert_allclose(record.equity[1:], hold(market, dear)[1:], rtol=1e-9)
    assert len(record.amounts) == len(market.symbols)
    free = Execution(slippage_bps=0.0, commission_bps=0.0)
    record = kernel.simulate(market, wished("always_long", market), free, OFF, CAPITAL, 1)
    told = measure(record, market, CAPITAL)
    carried = record.carried.sum() / CAPITAL
    # Holding counts from the first close; the account buys at the opening after it.
    assert told.total_return == pytest.approx(told.buy_hold - carried, rel=2e-3)


def check_random(market: Market) -> None:
    """Over many draws nothing is earned before costs, and what is lost after them is the costs.

    With a tenth of the account, so that gains and losses hardly compound.
    """
    execution = Execution()
    net, costs = np.empty(SEEDS), np.empty(SEEDS)
    for draw in range(SEEDS):
        made = wished("random", market, seed=float(draw))
        small = replace(made, target=0.1 * made.target)
        record = kernel.simulate(market, small, execution, OFF, CAPITAL, 1)
        net[draw] = record.equity[-1] - CAPITAL
        costs[draw] = breakdown(record, market, execution).total
    error = net.std(ddof=1) / np.sqrt(SEEDS)
    assert abs(net.mean() + costs.mean()) < 3.0 * error, "a coin earns nothing before costs"
    assert net.mean() < -5.0 * error, "and loses after them"


def test_always_long_is_holding_less_costs_where_prices_are_made_up() -> None:
    check_holding(walk(2000, 1))
    check_holding(walk(2000, 3))


def test_random_loses_its_costs_where_prices_are_made_up() -> None:
    check_random(walk(20_000, 2))


@pytest.mark.real
@pytest.mark.parametrize("symbols", [("BTCUSDT",), ("ETHUSDT",), ("BTCUSDT", "ETHUSDT")])
def test_always_long_is_holding_less_costs_on_real_bars(
    data_dir: Path, symbols: tuple[str, ...]
) -> None:
    check_holding(real(data_dir, symbols))


@pytest.mark.real
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_random_loses_its_costs_on_real_bars(data_dir: Path, symbol: str) -> None:
    check_random(real(data_dir, (symbol,)))
