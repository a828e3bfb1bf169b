"""The spread is stretched and has just been stretched further: it is expected to come back."""

import numpy as np

from barograph.core.types import Floats
from barograph.pair.beta import Spread
from barograph.pair.kinds.base import Kind
from barograph.pair.kinds.stretch import own_moves, stretched


def _side(spread: Spread, direction: Floats, entry: float) -> Floats:
    return np.where(stretched(spread, direction, entry), -direction, 0.0)


KINDS = (
    Kind(
        name="reversion",
        what="a stretched spread comes back",
        drive=own_moves,
        side=_side,
        entries=(1.0, 1.5, 2.5),
    ),
)
