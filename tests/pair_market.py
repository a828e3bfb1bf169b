"""A made-up pair: a hedge ratio that wanders, a spread that comes back, and outages."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from barograph.core.types import Floats
from barograph.pair.events import pair_market
from barograph.pair.rules import LEGS, Doubts, Learning, Limits, PairSettings, Search
from barograph.trading.market import Market

START = datetime(2020, 1, 1, tzinfo=UTC)


def make_pair(
    rows: int = 3000, seed: int = 7, gaps: int = 3, pull: float = 0.01, noise: float = 0.005
) -> Market:  # fmt: skip
    """SIMULATED bars of BTC and ETH on one axis of hours.

    Parameters
    ----------
    rows : int
        Hours.
    seed : int
        The same seed gives the same bars.
    gaps : int
        Outages of one leg and of both, a few hours each.
    pull : float
        Part of its distance that the spread comes back in an hour; 0 for a spread that never does.
    noise : float
        Standard deviation of its hourly steps.
    """
    rng = np.random.default_rng(seed)
    lead = 0.006 * rng.standard_t(5, size=rows)
    wander = np.zeros(rows)
    for t in range(1, rows):
        wander[t] = (1.0 - pull) * wander[t - 1] + noise * rng.normal()
    beta = 1.1 + 0.2 * np.sin(np.arange(rows) / 900)
    btc = np.log(9000.0) + np.cumsum(lead)
    eth = np.log(200.0) + np.cumsum(beta * lead) + wander
    close = np.exp(np.stack((btc, eth), axis=1))
    opens = np.concatenate((close[:1], close[:-1])) * np.exp(2e-4 * rng.normal(size=(rows, 2)))
    reach = np.exp(0.003 * np.abs(rng.normal(size=(2, rows, 2))))
    high = np.maximum(opens, close) * reach[0]
    low = np.minimum(opens, close) / reach[1]
    volume = np.exp(8.0 + rng.normal(size=(rows, 2)))
    for _ in range(gaps):
        start, legs = int(rng.integers(1, rows - 10)), rng.integers(0, 3)
        hit = slice(None) if legs == 2 else [int(legs)]
        for part in (opens, high, low, close, volume):
            part[start : start + int(rng.integers(1, 6)), hit] = np.nan
    first = int(START.timestamp()) // 3600 + 1
    hours = np.arange(first, first + rows)
    return Market(LEGS, hours, opens, high, low, close, volume, np.zeros((rows, 2)))


def masked(rows: int = 3000, seed: int = 7, gaps: int = 3) -> Market:
    """The same, hours left out of both legs where either lacks them."""
    return pair_market(make_pair(rows, seed, gaps))


def small(**changes: object) -> PairSettings:
    """Settings of a run of seconds."""
    plain = PairSettings(
        search=Search(
            hedges=("rolling", "kalman"), windows=(240,), cusums=(2.0, 3.0),
            barriers=((1.0, 1.0),), holds=(24,),
        ),
        limits=(
            Limits(events=200, trades_a_month=10.0, drawdown=0.1, halves=2, stressed=True),
            Limits(events=10, trades_a_month=0.1, drawdown=1.0, halves=0, stressed=False),
        ),
        candidates=2,
        learning=Learning(
            train_events=30, validation_events=5, folds=2, test_days=60, optuna_trials=3, workers=1
        ),
        doubts=Doubts(draws=200),
        precisions=(0.5, 0.7),
    )  # fmt: skip
    return plain.model_copy(update=changes)


def tiny(**changes: object) -> PairSettings:
    """Settings of a run of a second."""
    plain = small()
    return plain.model_copy(
        update={
            "search": Search(
                hedges=("rolling",), windows=(240,), cusums=(2.0,), barriers=((1.0, 1.0),),
                holds=(24, 48),
            ),
            "candidates": 1,
            "learning": plain.learning.model_copy(update={"optuna_trials": 2, "test_days": 120}),
            **changes,
        }
    )  # fmt: skip


def write_bars(market: Market, folder: Path) -> None:
    """Both legs as files that ``barograph pair download --data`` takes."""
    where = folder / "bars"
    where.mkdir(parents=True)
    opened = pl.Series("ts", (market.hours - 1) * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    for leg, name in enumerate(market.symbols):

        def column(values: Floats, leg: int = leg) -> pl.Series:
            return pl.Series(values[:, leg]).fill_nan(None)

        table = pl.DataFrame(
            {
                "ts": opened,
                **{
                    price: column(getattr(market, price))
                    for price in ("open", "high", "low", "close", "volume")
                },
            }
        )
        table.drop_nulls().write_parquet(where / f"binance_spot_{name}USDT_1h.parquet")
