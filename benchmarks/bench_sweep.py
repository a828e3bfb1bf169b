"""Time of trying a thousand parameters over eight years of hourly bars, in two processes.

Forecasts are drawn at random: what they say costs no time. Told apart: one run over all hours for
each configuration, and the walk-forward search, in which each trades every window from a fresh
account and then all of them: five times as many hours. ``python -m benchmarks.bench_sweep``.
"""

from time import perf_counter

import numpy as np
from tests.unit.trading.worlds import market

from barograph.core.types import Floats
from barograph.trading import kernel
from barograph.trading.market import Market
from barograph.trading.optimise import Account, Configuration, Window, configurations, sweep
from barograph.trading.performance import hourly_returns, sharpe
from barograph.trading.rules import Breakers, Execution
from barograph.trading.strategies.base import Beliefs, wishes
from barograph.trading.strategies.probability_band import STRATEGIES

ROWS, TRAIN, TEST, WORKERS = 8 * 8766, 90 * 24, 30 * 24, 2
GRID = configurations({"band": tuple(np.linspace(0.0, 0.1, 1000).tolist())})
WINDOWS = tuple(
    Window(start - TRAIN, start, min(start + TEST, ROWS)) for start in range(TRAIN, ROWS, TEST)
)
ACCOUNT = Account(Execution(), Breakers(), 10_000.0, 7)
RULE = STRATEGIES[0]


def world() -> tuple[Market, Beliefs]:
    """Eight years of a random walk and of forecasts that know nothing of it."""
    rng = np.random.default_rng(1)
    made = market(rng, ROWS, hole=0.0, wild=0.003)
    shape = made.close.shape
    # Odds that drift as those of a model do: half a day apart they are much alike.
    drift = np.convolve(rng.normal(size=ROWS + 11), np.ones(12) / 12, "valid").reshape(shape)
    none = np.zeros(shape, dtype=np.int64)
    return made, Beliefs(0.01 * drift, np.full(shape, 0.02), 0.5 + 0.1 * drift, none, 24)


def once(part: tuple[dict[str, float], ...]) -> list[float]:
    """Sharpe ratios of configurations over all hours."""
    made, beliefs = world()
    engine, found = kernel.Compiled(made), []
    for chosen in part:
        exposure = RULE.exposure(beliefs, 0.0018, **chosen)
        record = engine.run(
            wishes(beliefs, exposure), ACCOUNT.execution, ACCOUNT.breakers, ACCOUNT.capital
        )
        found.append(sharpe(hourly_returns(record.equity, ACCOUNT.capital)))
    return found


def windowed(part: tuple[dict[str, float], ...]) -> int:
    """The walk-forward search over configurations."""
    made, beliefs = world()

    def exposures(chosen: Configuration) -> Floats:
        found: Floats = RULE.exposure(beliefs, 0.0018, **chosen)
        return found

    return len(list(sweep(made, beliefs, exposures, part, WINDOWS, ACCOUNT)))


def main() -> None:
    """Print the times."""
    from joblib import Parallel, delayed

    parts = [GRID[i::8] for i in range(8)]
    with Parallel(n_jobs=WORKERS) as pool:
        pool(delayed(once)(GRID[:1]) for _ in range(WORKERS))
        for job, name, wanted in ((once, "one run each", " (wanted 10)"), (windowed, "walk-forward",
                                  "")):  # fmt: skip
            began = perf_counter()
            pool(delayed(job)(part) for part in parts)
            took = perf_counter() - began
            print(
                f"{len(GRID):,} configurations, {ROWS:,} hours, {WORKERS} processes, {name}: "
                f"{took:.1f} s{wanted}"
            )


if __name__ == "__main__":
    main()
