"""A made-up market with forecasts, for tests of strategies."""

import numpy as np
from tests.unit.trading.worlds import market

from barograph.trading.foresight import Question
from barograph.trading.odds import Odds
from barograph.trading.strategies.base import Beliefs


def question(rows: int = 240, width: int = 2, seed: int = 1) -> Question:
    """Prices that wander, forecasts at most hours, numbered by their hour."""
    rng = np.random.default_rng(seed)
    world, shape = market(rng, rows, width), (rows, width)
    told = rng.random(shape) > 0.1
    mean, vol, p_up = (np.where(told, values, np.nan) for values in (
        0.004 * rng.normal(size=shape), 0.02 + 0.01 * rng.random(shape),
        0.5 + 0.03 * rng.normal(size=shape)))  # fmt: skip
    source = np.where(told, np.arange(1, rows + 1)[:, None], 0)
    odds = Odds(p_up, 0.01 + 0.0 * p_up, 0.01 + 0.0 * p_up)
    return Question({}, 0.0018, world, Beliefs(mean, vol, p_up, source, 24, odds))
