"""What the kinds that look at the spread alone share."""

import numpy as np

from barograph.core.types import Bools, Floats
from barograph.pair.beta import Spread


def own_moves(spread: Spread) -> Floats:
    """Moves of the spread in units of the scale known an hour before, shape ``(n,)``."""
    return spread.move / np.concatenate(([np.nan], spread.scale[:-1]))


def stretched(spread: Spread, direction: Floats, entry: float) -> Bools:
    """Whether the score lies beyond the entry on the side the spread has just moved to."""
    found: Bools = (direction != 0.0) & (spread.score * direction >= entry)
    return found
