"""Write what backtesting.py makes of a small made-up market to ``tests/oracles``.

Everything is in the file, prices and wishes too, in ticks: nothing of it is computed anew by the
test. Needs the environment that ``make bench-peers`` makes; ``python -m
benchmarks.freeze_peer_trades``.
"""

import json
from pathlib import Path

import numpy as np
from benchmarks.bench_peer_trading import CAPITAL, Case, half_tick, peer

from barograph.core.types import Floats
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.rules import Execution

PATH = Path(__file__).parents[1] / "tests" / "oracles" / "trades_of_backtesting_py.json"
ROWS, EVERY = 600, 7
BLOCK, LEVELLED, LIMITED = (1.0, -1.0, 1.0, 0.0, -1.0, 0.0), (1, 2), 4
COSTS = Execution(slippage_bps=0.0, commission_bps=4.0, fill_probability=1.0)


def main() -> None:
    """Trade in ``.venv-peers`` and write the file."""
    rng = np.random.default_rng(11)
    # Whole ticks, so that no machine rounds them another way.
    steps = rng.integers(-60, 61, size=(ROWS, 1))
    close = 10_000.0 + steps.cumsum(axis=0)
    before = np.vstack(([[10_000.0]], close[:-1]))
    opened: Floats = before + rng.integers(-25, 26, size=(ROWS, 1))
    high: Floats = np.maximum(opened, close) + rng.integers(0, 50, size=(ROWS, 1))
    low: Floats = np.minimum(opened, close) - rng.integers(0, 50, size=(ROWS, 1))
    unknown, nothing = np.full(close.shape, np.nan), np.zeros(close.shape)
    market = Market(("S",), np.arange(ROWS), opened, high, low, close, unknown, nothing)
    made = Case("frozen", "backtesting", wishes(rng, close), COSTS)
    said = peer(market, made)
    del said["seconds"]
    columns = {name: getattr(market, name) for name in ("open", "high", "low", "close")}
    columns |= {name: getattr(made.intents, name) for name in ("target", "limit", "stop", "take")}
    told = {name: [None if v != v else v for v in rows[:, 0]] for name, rows in columns.items()}
    PATH.write_text(
        json.dumps({"capital": CAPITAL, "costs": COSTS.model_dump(), **told, "said": said}) + "\n"
    )
    print(f"{PATH.name}: {len(said['entered'])} round trips, {PATH.stat().st_size:,} bytes")


def wishes(rng: np.random.Generator, close: Floats) -> Intents:
    """Long or short, the other side, back with levels, flat, by a limit order, flat; and again.

    No wish repeats the side of the one before: of two orders of one side the peer makes two trades.
    """
    rows = np.arange(len(close))[:, None]
    place, turn = rows // EVERY % len(BLOCK), np.sign(rng.integers(0, 2, size=close.shape) - 0.5)
    # The peer asks its strategy from the second bar on.
    asked = (rows % EVERY == 0) & (rows > 0)
    first = turn[rows - rows % (EVERY * len(BLOCK)), 0]
    side = first * np.array(BLOCK)[place]
    reach = rng.integers(40, 120, size=close.shape)
    levelled, limited = asked & np.isin(place, LEVELLED), asked & (place == LIMITED)
    plain = Intents.market(np.where(asked, 0.5 * side, np.nan))
    return Intents(
        target=plain.target,
        limit=np.where(limited, half_tick(close - side * reach / 4, 1.0), np.nan),
        stop=np.where(levelled, half_tick(close - side * reach, 1.0), np.nan),
        take=np.where(levelled, half_tick(close + side * reach, 1.0), np.nan),
        expiry=plain.expiry,
        source=plain.source,
    )


if __name__ == "__main__":
    main()
