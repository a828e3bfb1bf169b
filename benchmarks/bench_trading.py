"""Bars a second of the two engines of trading, whether they do the same, and a sweep.

A random walk of a million hours with funding every eighth, a wish every 24 hours, costs and
breakers on: the compiled engine over all of it, its first call in a process told apart; the engine
to read over the first part. Then a thousand configurations of a strategy over eight years of hours
on two threads, its wishes included. ``python -m benchmarks.bench_trading``.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
from benchmarks.market import timed
from tests.unit.trading.worlds import market

from barograph.core.types import Floats
from barograph.trading import event_engine, kernel
from barograph.trading.catalogue import strategies
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.rules import Breakers, Execution
from barograph.trading.strategies.base import Beliefs, wishes

ROWS, PART, ROUNDS = 1_000_000, 200_000, 9
EVERY = 24
YEARS, CONFIGURATIONS, THREADS = 70_080, 1_000, 2
COSTS, RULES = Execution(), Breakers()


def main() -> None:
    """Print the figures."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for width in (1, 2):
        rng = np.random.default_rng(1)
        made = market(rng, ROWS, width, hole=0.0, wild=0.003)
        target = np.full(made.close.shape, np.nan)
        target[::EVERY] = rng.choice([-1.0, 0.0, 1.0], size=target[::EVERY].shape)
        engines(made, target)
    sweep()


def engines(made: Market, target: Floats) -> None:
    """Time both engines over a market, and see that they do the same."""
    intents = Intents.market(target)
    began = perf_counter()
    kernel.simulate(made, intents, COSTS, RULES)
    first = perf_counter() - began
    engine, laid = timed(lambda: kernel.Compiled(made), ROUNDS)
    _, took = timed(lambda: engine.run(intents, COSTS, RULES), ROUNDS)
    print(f"compiled engine, {ROWS:,} bars of {len(made.symbols)}: first call {first:.2f} s, then")
    print(f"  {ROWS / took / 1e6:.0f} million bars/s, best of {ROUNDS} (wanted 50); ", end="")
    print(f"{ROWS / (took + laid) / 1e6:.0f} where the market is laid out anew each time")
    part, some = made.since(0, PART), Intents.market(target[:PART])
    read, took = timed(lambda: event_engine.simulate(part, some, COSTS, RULES), ROUNDS)
    print(f"engine to read, {PART:,} bars: {PART / took / 1e3:.0f} thousand bars/s", end=" ")
    print(f"(wanted 500), best of {ROUNDS}")
    if read.hash != kernel.simulate(part, some, COSTS, RULES).hash:
        raise SystemExit("the two engines differ")
    print(f"both do the same: {len(read.places):,} fills, trade hash {read.hash[:16]}")


def sweep() -> None:
    """Time a thousand hurdles of a strategy on made-up beliefs that change every few hours."""
    rng = np.random.default_rng(2)
    made = market(rng, YEARS, wild=0.005)
    noise = rng.normal(size=(YEARS // 6, 1)).repeat(6, axis=0)
    flat = np.zeros((YEARS, 1))
    beliefs = Beliefs(0.003 * noise, flat + 0.02, flat + 0.5, flat.astype(np.int64), 24)
    threshold, engine = strategies()["threshold"], kernel.Compiled(made)
    hurdles = np.linspace(0.1, 4.0, CONFIGURATIONS).tolist()

    def traded(hurdle: float) -> int:
        exposure = threshold.exposure(beliefs, 0.0018, hurdle=hurdle)
        return len(engine.run(wishes(beliefs, exposure), COSTS, RULES).places)

    def swept() -> int:
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(traded, hurdles))

    fills, took = timed(swept, 3)
    print(f"{CONFIGURATIONS:,} configurations over {YEARS:,} hours on {THREADS} threads: ", end="")
    print(f"{took:.1f} s (wanted 10), {fills / CONFIGURATIONS:,.0f} fills each")


if __name__ == "__main__":
    main()
