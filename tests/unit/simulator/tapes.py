"""A small made-up tape for the tests of the simulated exchange."""

from datetime import UTC, datetime, timedelta

import polars as pl

from barograph.simulator.clock import MarketClock
from barograph.simulator.market import Market
from barograph.simulator.prints import Prints
from barograph.simulator.tape import Tape, invented

START = datetime(2024, 3, 1, tzinfo=UTC)
SYMBOLS = ("BTCUSDT", "ETHUSDT")
DAYS = 12
PRINTS_AT = START + timedelta(days=10)


def prints(count: int = 200) -> Prints:
    """Trades a tenth of a second apart; of every four the last two are one order."""
    rows = [
        {
            "trade_ms": int(PRINTS_AT.timestamp() * 1000) + 100 * (row - (row % 4 == 3)),
            "trade_id": 1000 + row,
            "price": 7000.0 + (row - (row % 4 == 3)) % 5,
            "qty": 0.001 * (1 + row % 3),
            "buyer_is_maker": row % 4 < 2,
        }
        for row in range(count)
    ]
    return Prints.of(pl.DataFrame(rows))


def small() -> Tape:
    """Twelve days of two symbols, spot and perpetuals, with funding and some trades."""
    tape = invented(SYMBOLS, START + timedelta(days=DAYS), START)
    dearer = [pl.col("open", "high", "low", "close") * 1.001]
    perpetuals = {key: table.with_columns(*dearer) for key, table in tape.bars.items()}
    trades = {("spot", "BTCUSDT"): prints(), ("futures", "BTCUSDT"): prints()}
    return Tape(tape.bars, perpetuals, {}, tape.funding, trades, "recorded")


def playing(tape: Tape, begin: datetime, speed: float) -> Market:
    """Market that plays a tape from a moment on."""
    return tape.market(MarketClock(begin, speed))


def millis(moment: datetime) -> int:
    """Epoch in ms."""
    return int(moment.timestamp() * 1000)
