"""Long or short where the expected return pays for the round trip."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy


def _exposure(beliefs: Beliefs, cost: float, hurdle: float) -> Floats:
    least = hurdle * cost
    side = np.where(beliefs.mean > least, 1.0, np.where(beliefs.mean < -least, -1.0, 0.0))
    found: Floats = np.where(np.isfinite(beliefs.mean), side, np.nan)
    return found


STRATEGIES = (
    Strategy(
        "threshold",
        "all in where the expected return exceeds `hurdle` round trips",
        _exposure,
        defaults={"hurdle": 1.0},
        grid={"hurdle": (0.25, 0.5, 1.0, 1.5, 2.0)},
    ),
)
