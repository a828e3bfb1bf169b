"""The market the benchmarks run on: real hours from ``BAROGRAPH_DATA``, else made-up ones."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import polars as pl
from tests.conftest import make_hourly_bars
from tests.unit.features.test_real_bars import read

from barograph.core.panel import Panel
from barograph.core.time import HORIZONS
from barograph.features.base import Feature
from barograph.features.build import build
from barograph.lake.grid import hourly_grid
from barograph.pipelines.dataset import panel_of

MADE_UP_HOURS = 70_000

Result = TypeVar("Result")


def hours(symbol: str = "BTCUSDT", peer: str | None = None) -> pl.DataFrame:
    """Hourly grid of a symbol."""
    folder = os.environ.get("BAROGRAPH_DATA")
    if not folder:
        print("BAROGRAPH_DATA is not set: made-up bars")
        other = None if peer is None else make_hourly_bars(MADE_UP_HOURS, 8)
        return hourly_grid(make_hourly_bars(MADE_UP_HOURS), peer=other)
    print(f"real hours of {symbol}")
    second = None if peer is None else read(Path(folder), peer, "1h")
    return hourly_grid(read(Path(folder), symbol, "1h"), peer=second)


def panel(wanted: Mapping[str, Feature], symbol: str = "BTCUSDT", peer: str | None = None) -> Panel:
    """Panel of a symbol with some features and the usual horizons."""
    grid = hours(symbol, peer)
    return panel_of(symbol, HORIZONS, grid, build(grid, wanted))


def timed(work: Callable[[], Result], times: int = 1) -> tuple[Result, float]:
    """Result, and the least seconds of several runs; the first of many also compiles."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return result, min(seconds)
