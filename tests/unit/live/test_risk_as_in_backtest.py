"""The breaker of crashes halts at the same hours in the runner as in the engine of backtests."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.trading.worlds import market

from barograph.core.types import Floats, Ints
from barograph.live.clock import MarketClock
from barograph.live.risk import Risk
from barograph.trading import kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import EVENTS
from barograph.trading.rules import Breakers, Execution

BEFORE = 80
"""Bars the runner is shown at once; it looks at fewer."""
HALT = 2


def halted(made: Market) -> dict[int, int]:
    """Hours at whose close the engine halts, and until when."""
    rules = Breakers(losses=0, daily_drawdown=0.0)
    none = Intents.market(np.full(made.close.shape, np.nan))
    events = kernel.simulate(made, none, Execution(), rules).events
    crashes = events[events[:, 1] == EVENTS.index("crash")]
    return {int(made.hours[bar]): int(until) for bar, _, until in crashes.tolist()}


class Live:
    """A runner that is shown bars as they close."""

    def __init__(self, made: Market) -> None:
        self.made, self.wall = made, 0.0
        zero = datetime.fromtimestamp(0, UTC)
        clock = MarketClock("recorded", zero, 0.0, 1.0, seconds=lambda: self.wall)
        self.risk = Risk(made.symbols, clock, lambda: self.wall)

    def at(self, bar: int) -> datetime | None:
        """Release of the halt that holds once a bar has closed."""
        self.wall = 3600.0 * float(self.made.hours[bar])
        for column, symbol in enumerate(self.made.symbols):
            self.risk.closed(symbol, self.rows(bar, column))
        for one in self.risk.holding(self.made.symbols[0]):
            return datetime.fromisoformat(one["until"])
        return None

    def rows(self, bar: int, column: int) -> pl.DataFrame:
        first = max(0, bar - BEFORE)
        close, hours = self.made.close[first : bar + 1, column], self.made.hours[first : bar + 1]
        there = np.isfinite(close)
        return pl.DataFrame({"interval": "1h", "close_time": moments(hours[there]),
                             "close": close[there]})  # fmt: skip


def moments(hours: Ints) -> pl.Series:
    """Hours since 1970 as moments."""
    return pl.Series(hours * 3_600_000_000).cast(pl.Datetime("us", "UTC"))


def compare(made: Market, bars: Ints) -> int:
    """Hold the runner against the engine at the close of some bars; halts in force."""
    crashes, live, count = halted(made), Live(made), 0
    for bar in bars.tolist():
        hour = int(made.hours[bar])
        since = [crashes[at] for at in range(hour - HALT + 1, hour + 1) if at in crashes]
        wanted = datetime.fromtimestamp(3600 * max(since), UTC) if since else None
        assert live.at(bar) == wanted, f"hour {hour}"
        count += wanted is not None
    return count


@pytest.mark.parametrize("seed", range(3))
def test_on_wild_markets_with_holes(seed: int) -> None:
    made = market(np.random.default_rng(seed), 400, 2, hole=0.05, wild=0.03)
    assert compare(made, np.arange(1, 399)) > 10


@pytest.mark.real
def test_around_every_move_of_eight_years_that_comes_near(data_dir: Path) -> None:
    """Bitcoin and ether together, the hours about each move of more than 8 %."""
    tables = [
        pl.read_parquet(data_dir / "bars" / f"binance_spot_{symbol}_1h.parquet")
        .select(hour=pl.col("ts").dt.epoch("s") // 3600 + 1, close=pl.col("close").cast(pl.Float64))
        .filter(pl.col("hour") < 486_000)
        for symbol in ("BTCUSDT", "ETHUSDT")
    ]
    hours = np.arange(min(int(table["hour"].to_numpy().min()) for table in tables), 486_000)
    close = np.full((len(hours), 2), np.nan)
    for column, table in enumerate(tables):
        close[table["hour"].to_numpy() - hours[0], column] = table["close"].to_numpy()
    made = still(hours, close)
    with np.errstate(invalid="ignore"):
        near = (np.abs(close[1:] / close[:-1] - 1.0) > 0.08).any(axis=1)
    about = np.unique(np.flatnonzero(near)[:, None] + 1 + np.arange(-2, 4))
    assert compare(made, about[(about > 0) & (about < len(hours) - 1)]) >= 10


def still(hours: Ints, close: Floats) -> Market:
    """A market that does nothing but close."""
    nothing = np.zeros_like(close)
    return Market(("BTCUSDT", "ETHUSDT"), hours, close, close, close, close, nothing, nothing)
