"""Markets and wishes to trade with, drawn at random so that everything happens in them."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.intents import Intents
from barograph.trading.market import Market

FIRST = 473_352
"""Hours since 1970 of 2024-01-01 00:00 UTC."""


def market(
    rng: np.random.Generator, rows: int, width: int = 1, *, hole: float = 0.02, wild: float = 0.01
) -> Market:
    """A random walk with missing bars, silent hours, gaps and funding every eight hours."""
    shape = (rows, width)
    steps = wild * rng.standard_t(3, size=shape)
    close = 100.0 * np.exp(np.clip(steps, -0.5, 0.5).cumsum(axis=0))
    before = np.vstack((np.full((1, width), 100.0), close[:-1]))
    opened = before * np.exp(0.2 * wild * rng.normal(size=shape))
    reach = np.abs(wild * rng.normal(size=(2, *shape)))
    high = np.maximum(opened, close) * np.exp(reach[0])
    low = np.minimum(opened, close) * np.exp(-reach[1])
    volume = rng.lognormal(3.0, 1.0, size=shape)
    volume[rng.random(shape) < 0.05] = 0.0
    volume[rng.random(shape) < 0.05] = np.nan
    missing = rng.random(shape) < hole
    prices = (np.where(missing, np.nan, price) for price in (opened, high, low, close))
    hours = FIRST + np.arange(rows)
    rate = np.where((hours % 8 == 1)[:, None], 1e-4 * rng.normal(size=shape), 0.0)
    names = tuple(f"S{k}" for k in range(width))
    first, top, bottom, last = prices
    traded = np.where(missing, np.nan, volume)
    return Market(names, hours, first, top, bottom, last, traded, rate)


def intents(rng: np.random.Generator, made: Market, *, often: float = 0.1) -> Intents:
    """Wishes of every kind: market and limit, with and without levels, long and short."""
    shape = made.close.shape
    close = np.where(np.isfinite(made.close), made.close, 100.0)

    def some(share: float, values: Floats) -> Floats:
        chosen: Floats = np.where(rng.random(shape) < share, values, np.nan)
        return chosen

    target = rng.choice([-1.5, -0.5, 0.0, 0.3, 1.0], size=shape)
    return Intents(
        target=some(often, target),
        limit=some(0.4, close * np.exp(0.005 * rng.normal(size=shape))),
        stop=some(0.5, close * np.exp(-0.02 * np.sign(target) * rng.random(shape))),
        take=some(0.5, close * np.exp(0.02 * np.sign(target) * rng.random(shape))),
        expiry=rng.integers(1, 12, size=shape),
        source=rng.integers(0, 1000, size=shape),
    )
