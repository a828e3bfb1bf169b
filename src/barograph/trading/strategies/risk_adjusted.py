"""Exposure by what is expected beyond costs, in units of the volatility expected."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy


def _exposure(beliefs: Beliefs, cost: float, full: float, steps: float, hurdle: float) -> Floats:
    edge = np.maximum(np.abs(beliefs.mean) - hurdle * cost, 0.0) / beliefs.vol
    # Rounded down to parts, so that noise is not traded.
    size = np.floor(np.minimum(edge / full, 1.0) * steps) / steps
    found: Floats = np.sign(beliefs.mean) * size
    return found


STRATEGIES = (
    Strategy(
        "risk_adjusted",
        "more where more than `hurdle` round trips is expected for the risk, all in at `full`",
        _exposure,
        defaults={"full": 0.25, "steps": 4.0, "hurdle": 1.0},
        grid={"full": (0.05, 0.1, 0.25, 0.5), "hurdle": (0.0, 0.5, 1.0)},
    ),
)
