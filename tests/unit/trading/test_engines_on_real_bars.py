"""Both engines over every real hour of two symbols in one account."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.features.test_real_bars import read

from barograph.core.types import Floats
from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import EVENTS, KINDS, trips
from barograph.trading.rules import Breakers, Execution

pytestmark = pytest.mark.real
SYMBOLS = ("BTCUSDT", "ETHUSDT")
PRICES = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def market(data_dir: Path) -> Market:
    """Their hours on one axis; what one lacks is missing. Funding is a stand-in of one sign."""
    bars = [read(data_dir, symbol, "1h").sort("close_time") for symbol in SYMBOLS]
    hours = [one["close_time"].dt.epoch("s").to_numpy() // 3600 for one in bars]
    first, last = min(one[0] for one in hours), max(one[-1] for one in hours)
    axis = np.arange(first, last + 1)

    def column(name: str) -> Floats:
        found = np.full((len(axis), len(SYMBOLS)), np.nan)
        for j, (one, own) in enumerate(zip(bars, hours, strict=True)):
            found[own - first, j] = one[name].cast(pl.Float64).to_numpy()
        return found

    settled = np.where((axis % 8 == 1)[:, None], 1e-4, np.zeros((len(axis), len(SYMBOLS))))
    prices = {name: column(name) for name in PRICES}
    return Market(SYMBOLS, axis, **prices, volume=column("volume"), funding=settled)


@pytest.fixture(scope="module")
def intents(market: Market) -> Intents:
    """With the last day, every 12 hours; a stop below and a profit above."""
    close = market.close
    before = np.vstack((np.full((24, 2), np.nan), close[:-24]))
    side = np.where(np.isfinite(close / before), np.sign(close / before - 1.0), np.nan)
    asked = np.where(market.hours[:, None] % 12 == 0, 0.6 * side, np.nan)
    stop, take = close * (1.0 - 0.03 * side), close * (1.0 + 0.04 * side)
    return Intents.market(asked, stop=stop, take=take)


def test_both_engines_do_the_same(market: Market, intents: Intents) -> None:
    rules, costs = Breakers(), Execution(leverage=1.5, participation=0.05)
    for made in (intents, replace(intents, limit=market.close)):
        read_, compiled = (
            engine(market, made, costs, rules, 1e7)
            for engine in (event_engine.simulate, kernel.simulate)
        )
        assert read_.hash == compiled.hash
        for name in ("equity", "exposure", "carried", "values"):
            np.testing.assert_array_equal(getattr(read_, name), getattr(compiled, name))
        kinds = np.bincount(compiled.places[:, 2], minlength=len(KINDS))
        assert kinds[KINDS.index("stop")] > 100
        assert kinds[KINDS.index("take")] > 100


def test_nothing_is_opened_after_a_real_crash(market: Market, intents: Intents) -> None:
    """2020-03-12 fell by more than 10 % in an hour, more than once."""
    record = kernel.simulate(market, intents, Execution(), Breakers())
    told = trips(record, market.hours)
    assert set(told["breaker"]) == set(EVENTS) - {"liquidation", "exhausted"}
    halts = told.filter(pl.col("breaker").is_in(["crash", "losses"]))
    spans = halts.select(pl.col("time", "until").dt.epoch("s") // 3600).rows()
    crashed = halts.filter(pl.col("breaker") == "crash")["time"].dt.date()
    assert date(2020, 3, 12) in crashed.to_list()
    held = [0.0] * len(SYMBOLS)
    for (bar, symbol, _, _), (quantity, _, _) in zip(
        record.places.tolist(), record.amounts.tolist(), strict=True
    ):
        before, held[symbol] = held[symbol], held[symbol] + quantity
        if abs(held[symbol]) > abs(before):
            hour = int(market.hours[bar])
            assert not any(start < hour <= until for start, until in spans)
