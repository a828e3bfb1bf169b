"""Long or short where the chance of a rise leaves a band around one half."""

import numpy as np

from barograph.core.types import Floats
from barograph.trading.strategies.base import Beliefs, Strategy

BAND = 0.02
"""Half the width of the band."""


def _exposure(beliefs: Beliefs, _cost: float) -> Floats:
    lean = beliefs.p_up - 0.5
    side = np.where(np.abs(lean) > BAND, np.sign(lean), 0.0)
    found: Floats = np.where(np.isfinite(lean), side, np.nan)
    return found


STRATEGIES = (Strategy("probability_band", "all in where P(up) is outside 48 to 52 %", _exposure),)
