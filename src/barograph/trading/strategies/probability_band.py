"""Long or short where the chance of a rise leaves a band around one half."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy


def _exposure(beliefs: Beliefs, _cost: float, band: float) -> Floats:
    lean = beliefs.p_up - 0.5
    side = np.where(np.abs(lean) > band, np.sign(lean), 0.0)
    found: Floats = np.where(np.isfinite(lean), side, np.nan)
    return found


STRATEGIES = (
    Strategy(
        "probability_band",
        "all in where P(up) is further than `band` from one half",
        _exposure,
        defaults={"band": 0.02},
        grid={"band": (0.005, 0.01, 0.02, 0.03, 0.05)},
    ),
)
