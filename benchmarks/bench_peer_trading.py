"""The same wishes over the same real hours here, in backtesting.py and in vectorbt.

What all can express is compared, trade by trade: market orders at the next opening, commission,
slippage (vectorbt), limit entries, stops and takes inside a bar (backtesting.py). Limits and levels
lie half a tick off the grid of prices, so that touching and trading through are one; limit orders
fill for certain. Hours without a bar are left out, since no peer takes them.

Needs the environment that ``make bench-peers`` makes; run that.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.market import hours, timed

from barograph.core.types import Floats
from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import KINDS, Record, trades
from barograph.trading.rules import BPS, OFF, Execution

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
CAPITAL, SIZE, FAST, SLOW, TICK = 10_000.0, 0.5, 24, 168, 0.01
WANTED = 1e-6


@dataclass(frozen=True)
class Case:
    """Something to trade and what it costs."""

    name: str
    peer: str
    intents: Intents
    execution: Execution


def main() -> None:
    """Trade every case here and there, compare and print the ratios."""
    if not PEERS.exists():
        print("no .venv-peers: run `make bench-peers`")
        return
    market = real_market()
    compiled = kernel.Compiled(market)
    apart = [compare(market, compiled, case) for case in cases(market)]
    if not max(apart) < WANTED:
        sys.exit("the engines disagree")


def real_market() -> Market:
    """Every hour that has a bar, one after another."""
    grid = hours().drop_nulls(["open", "high", "low", "close"])
    first, top, bottom, close = (
        grid[name].to_numpy()[:, None] for name in ("open", "high", "low", "close")
    )
    unknown, nothing = np.full(close.shape, np.nan), np.zeros(close.shape)
    counted = np.arange(grid.height)
    return Market(("BTCUSDT",), counted, first, top, bottom, close, unknown, nothing)


def cases(market: Market) -> list[Case]:
    """The side of a crossing of means, traded in several ways."""
    close = market.close[:, 0]
    side = crossing(close)
    changed = np.concatenate(([True], side[1:] != side[:-1])) & (np.arange(len(side)) >= SLOW)
    target = np.where(changed, SIZE * side, np.nan)[:, None]
    # Another weight every six hours: positions are enlarged and cut, not only turned.
    weight = SIZE * np.tanh(50.0 * (mean(close, FAST) / mean(close, SLOW) - 1.0))
    resized = np.where(np.arange(len(close)) % 6 == 0, weight, np.nan)[:, None]
    sides = side[:, None]
    stop, take = (
        half_tick(market.close * (1 - 0.02 * sides)),
        half_tick(market.close * (1 + 0.03 * sides)),
    )
    nowhere = np.full(target.shape, np.nan)
    entry = np.where(sides == 0, np.nan, half_tick(market.close * (1 - 0.003 * sides)))
    fees = Execution(slippage_bps=0.0, fill_probability=1.0)
    plain = Intents.market(target)
    limits = Intents(target, entry, nowhere, nowhere, plain.expiry, plain.source)
    return [
        Case(
            "market orders, resized every 6 h, slippage",
            "vectorbt",
            Intents.market(resized),
            Execution(),
        ),
        Case("market orders", "backtesting", plain, fees),
        Case(
            "market orders with stop and take",
            "backtesting",
            Intents.market(target, stop=stop, take=take),
            fees,
        ),
        Case("limit entries", "backtesting", limits, fees),
    ]


def mean(close: Floats, window: int) -> Floats:
    """Mean of the last closes, the first ones of what there is."""
    total = np.cumsum(close)
    first = np.arange(1, len(close) + 1)
    total[window:] = total[window:] - total[:-window]
    return total / np.minimum(first, window)


def crossing(close: Floats) -> Floats:
    """1 where the mean of a day is above that of a week, -1 where below, 0 where near."""
    away = mean(close, FAST) / mean(close, SLOW) - 1.0
    return np.where(np.abs(away) < 0.005, 0.0, np.sign(away))


def half_tick(price: Floats, tick: float = TICK) -> Floats:
    """The nearest price halfway between two ticks."""
    found: Floats = (np.floor(price / tick) + 0.5) * tick
    return found


def compare(market: Market, compiled: kernel.Compiled, case: Case) -> float:
    """Trade a case in all three, print what came of it; the largest difference."""
    ran, quick = timed(lambda: compiled.run(case.intents, case.execution, OFF, CAPITAL), 5)
    read, slow = timed(
        lambda: event_engine.simulate(market, case.intents, case.execution, OFF, CAPITAL), 2
    )
    if ran.hash != read.hash:
        sys.exit("the two engines here differ")
    said = peer(market, case)
    mine = fills(ran) if case.peer == "vectorbt" else round_trips(ran)
    counts = len(mine["quantity"]), len(said["quantity"])
    print(f"{case.name}, {len(market.hours):,} hours: {counts[0]:,} trades here ", end="")
    print(f"({kinds(ran)}), {counts[1]:,} in {case.peer}", end="; ")
    if counts[0] != counts[1]:
        print("they differ")
        return float("inf")
    mine["equity"] = ran.equity
    worst = max(difference(mine[name], np.array(said[name])) for name in mine)
    print(f"largest difference {worst:.0e} of the value (wanted below {WANTED:.0e})")
    print(f"  {case.peer} {1e3 * said['seconds']:.1f} ms, ", end="")
    print(f"compiled {1e3 * quick:.2f} ms: ratio {said['seconds'] / quick:,.0f}; ", end="")
    print(f"engine to read {1e3 * slow:.0f} ms: ratio {said['seconds'] / slow:.2g}")
    return worst


def peer(market: Market, case: Case) -> dict[str, Any]:
    """What the peer says."""
    arrays = {name: getattr(market, name)[:, 0] for name in ("open", "high", "low", "close")}
    arrays |= {
        name: getattr(case.intents, name)[:, 0] for name in ("target", "limit", "stop", "take")
    }
    costs = case.execution
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trade.npz"
        np.savez(path, **arrays, capital=CAPITAL, fees=costs.commission_bps * BPS,
                 slippage=costs.slippage_bps * BPS)  # fmt: skip
        script = ROOT / "benchmarks" / "peers" / f"trade_{case.peer}.py"
        done = subprocess.run([PEERS, script, path], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def kinds(record: Record) -> str:
    """How many fills of each kind."""
    counts = np.bincount(record.places[:, 2], minlength=len(KINDS)).tolist()
    return ", ".join(f"{n:,} {kind}" for kind, n in zip(KINDS, counts, strict=True) if n)


def fills(record: Record) -> dict[str, Floats]:
    """Fills, the two of a turn as one."""
    bars, first = np.unique(record.places[:, 0], return_index=True)
    quantity, price, fee = record.amounts.T
    return {
        "bar": bars.astype(float),
        "quantity": np.add.reduceat(quantity, first),
        "price": price[first],
        "fee": np.add.reduceat(fee, first),
    }


def round_trips(record: Record) -> dict[str, Floats]:
    """Round trips with the bars they began and ended in."""
    made = trades(record, np.arange(len(record.equity)), ("BTCUSDT",))
    side = np.where(made["side"] == "long", 1.0, -1.0)
    bars = {name: made[name].dt.epoch("s").to_numpy() / 3600.0 for name in ("entered", "left")}
    names = ("entry_price", "exit_price", "fees")
    return (
        bars
        | {"quantity": side * made["quantity"].to_numpy()}
        | {name: made[name].to_numpy() for name in names}
    )


def difference(mine: Floats, other: Floats) -> float:
    """Largest difference as a part of the value."""
    scale = np.maximum(np.abs(mine), np.finfo(float).tiny)
    return float((np.abs(mine - other) / scale).max())


if __name__ == "__main__":
    main()
