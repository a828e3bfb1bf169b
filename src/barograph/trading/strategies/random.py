"""Sides drawn by lot, whatever is forecast: it must lose about what it costs."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy


def _exposure(beliefs: Beliefs, _cost: float, seed: float, hours: float) -> Floats:
    # Drawn row by row, so that what is drawn for an hour does not depend on how many follow.
    drawn = np.random.default_rng(int(seed)).random(beliefs.mean.shape)
    kept = np.arange(len(drawn)) // int(hours) * int(hours)
    found: Floats = np.where(drawn[kept] < 0.5, -1.0, 1.0)
    return found


STRATEGIES = (
    Strategy(
        "random",
        "long or short by lot every `hours`, drawn with `seed`: a check, must lose about its costs",
        _exposure,
        defaults={"seed": 7.0, "hours": 24.0},
        is_check=True,
    ),
)
