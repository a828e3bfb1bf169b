"""Bars a second of the two engines of trading, and whether they do the same.

A random walk of a million hours with funding every eighth, a wish every 24 hours, costs and
breakers on: the compiled engine over all of it, its first call in a process told apart; the engine
to read over the first part. ``python -m benchmarks.bench_trading``.
"""

from time import perf_counter

import numpy as np
from tests.unit.trading.worlds import market

from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.rules import Breakers, Execution

ROWS, PART, ROUNDS = 1_000_000, 50_000, 5
EVERY = 24


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(1)
    made = market(rng, ROWS, hole=0.0, wild=0.003)
    target = np.full(made.close.shape, np.nan)
    target[::EVERY] = rng.choice([-1.0, 0.0, 1.0], size=target[::EVERY].shape)
    wishes, costs, rules = Intents.market(target), Execution(), Breakers()

    def compiled() -> float:
        began = perf_counter()
        kernel.simulate(made, wishes, costs, rules)
        return perf_counter() - began

    first, rest = compiled(), [compiled() for _ in range(ROUNDS)]
    print(f"compiled engine, {ROWS:,} bars: first call {first:.2f} s, then", end=" ")
    print(f"{ROWS / min(rest) / 1e6:.1f} million bars/s, best of {ROUNDS} (wanted 50)")
    part, some = made.since(0, PART), Intents.market(target[:PART])
    began = perf_counter()
    read = event_engine.simulate(part, some, costs, rules)
    took = perf_counter() - began
    print(f"engine to read, {PART:,} bars: {PART / took / 1e3:.0f} thousand bars/s (wanted 500)")
    if read.hash != kernel.simulate(part, some, costs, rules).hash:
        raise SystemExit("the two engines differ")
    print(f"both do the same: {len(read.places):,} fills, trade hash {read.hash[:16]}")


if __name__ == "__main__":
    main()
