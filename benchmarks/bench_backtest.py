"""Seconds of a backtest of ten years of hours with every figure, from a lake on disk.

Ten years of a SIMULATED market with funding and a forecast every hour are put into a lake first.
Then ``pipelines.backtest``: reading bars, funding and forecasts, gates, six runs of the engine (as
planned, at three dearer costs, an hour later, and the planned once more), every figure of each,
the costs told apart, a thousand drawings of the weeks, regimes, and the trial in the ledger. The
page and the files are timed apart. ``python -m benchmarks.bench_backtest``.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import polars as pl
from benchmarks.market import timed
from tests.unit.pipelines.test_backtest import parquet

from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pipelines.backtest import Backtest, Plan, backtest, document, write
from barograph.pipelines.ingest import ingest
from barograph.pipelines.prepare import settings_of
from barograph.sources.catalogue import layouts
from barograph.sources.names import funding_key
from barograph.sources.simulated import VENUE, funding, hourly, market
from barograph.trading.bootstrap import resample
from barograph.trading.overfit import overfitting

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
LAST = datetime(2025, 1, 1, tzinfo=UTC)
ROUNDS = 5
WANTED = 1.0


def filled(folder: Path) -> Path:
    """A lake of ten years, and forecasts beside it; returns the file of forecasts."""
    hours = hourly(market(["BTCUSDT"], LAST, FIRST)["BTCUSDT"])
    key = SeriesKey("bars", VENUE, "BTCUSDT", "1h")
    rates = Payload(
        funding_key("BTCUSDT"), "bench", "rates", "observations_parquet", parquet(funding(hours))
    )
    bars = Payload(key, "bench", "hours", "bars_parquet", parquet(hours))
    ingest(Lake(folder / "lake"), [bars, rates], layouts(), lambda: LAST + timedelta(days=1))
    rng = np.random.default_rng(1)
    origins = pl.datetime_range(FIRST + HOUR, LAST - 24 * HOUR, "1h", time_zone="UTC", eager=True)
    count = len(origins)
    path = folder / "forecasts.parquet"
    pl.DataFrame({
        "symbol": ["BTCUSDT"] * count, "model": ["barograph"] * count, "as_of": origins,
        "horizon_hours": [24] * count, "mean": 0.002 * rng.normal(size=count),
        "vol": 0.02 + 0.01 * rng.random(count), "p_up": 0.5 + 0.05 * rng.normal(size=count),
    }).write_parquet(path)  # fmt: skip
    return path


def main() -> None:
    """Print the figures."""
    settings = settings_of("small", None, ["BTCUSDT"])
    with TemporaryDirectory() as folder:
        path = filled(Path(folder))
        lake = Lake(Path(folder) / "lake")

        def work() -> Backtest:
            return backtest(lake, settings, path, Plan(strategy="probability_band"))

        began = perf_counter()
        work()
        first = perf_counter() - began
        made, best = timed(work, ROUNDS)
        rows, figures = len(made.market.hours), len(document(made)["performance"])  # type: ignore[arg-type]
        print(f"SIMULATED market, {rows:,} hours, {made.performance.trades:,} trades")
        print(
            f"backtest with {figures} figures of six runs: {best:.2f} s, best of {ROUNDS}", end=""
        )
        print(f" (wanted {WANTED:g}); the first of this process {first:.2f} s")
        _, page = timed(lambda: write(made, Path(folder) / "out"), 2)
        print(f"files and the page: {page:.2f} s")
    returns = np.diff(made.record.equity) / made.record.equity[:-1]
    _, drawn = timed(lambda: resample(returns), ROUNDS)
    print(f"a thousand drawings of {len(returns):,} hours: {drawn:.2f} s")
    noise = np.random.default_rng(1).normal(size=(3650, 1000))
    found, took = timed(lambda: overfitting(noise, purge=1), 2)
    print(
        f"overfitting of 1,000 configurations over 3,650 days, {len(found.logits):,} splits: "
        f"{took:.2f} s"
    )


if __name__ == "__main__":
    main()
