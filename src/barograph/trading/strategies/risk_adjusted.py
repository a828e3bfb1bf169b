"""Exposure by what is expected beyond costs, in units of the volatility expected."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy

FULL = 0.25
"""Expected move over volatility, after costs, at which the exposure is one."""
STEPS = 4
"""Exposures are rounded down to so many parts, so that noise is not traded."""


def _exposure(beliefs: Beliefs, cost: float) -> Floats:
    edge = np.maximum(np.abs(beliefs.mean) - cost, 0.0) / beliefs.vol
    size = np.floor(np.minimum(edge / FULL, 1.0) * STEPS) / STEPS
    found: Floats = np.sign(beliefs.mean) * size
    return found


STRATEGIES = (
    Strategy("risk_adjusted", "more where more is expected for the risk, after costs", _exposure),
)
