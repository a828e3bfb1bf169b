"""BTC has moved and ETH has not followed for its beta: it is expected to catch up."""

from typing import Final

import numpy as np

from barograph.core.types import Floats
from barograph.pair.beta import Spread
from barograph.pair.kinds.base import Kind

LOOK: Final = 6
"""Hours in which ETH might have followed."""


def _drive(spread: Spread) -> Floats:
    return spread.lead / np.concatenate(([np.nan], spread.lead_scale[:-1]))


def _side(spread: Spread, direction: Floats, entry: float) -> Floats:
    total = np.convolve(np.nan_to_num(spread.move), np.ones(LOOK))[: len(spread.move)]
    behind = -direction * total / (spread.scale * np.sqrt(LOOK))
    return np.where((direction != 0.0) & (behind >= entry), direction, 0.0)


KINDS = (
    Kind(
        name="lead_lag",
        what="ETH catches up with BTC",
        drive=_drive,
        side=_side,
        entries=(0.5, 1.0),
    ),
)
