"""Bought at the first hour and held: what the engine makes of it must be holding, less costs."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy


def _exposure(beliefs: Beliefs, _cost: float) -> Floats:
    return np.ones(beliefs.mean.shape)


STRATEGIES = (
    Strategy(
        "always_long",
        "bought at the first hour and held: a check, must equal buy and hold less costs",
        _exposure,
        is_check=True,
    ),
)
