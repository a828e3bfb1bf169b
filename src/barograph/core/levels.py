"""The quantile levels every forecast is published at."""

from typing import Final

import numpy as np

from barograph.core.types import Floats

LEVELS: Final[tuple[float, ...]] = (
    0.010,
    0.023,
    0.050,
    0.100,
    0.159,
    0.250,
    0.500,
    0.750,
    0.841,
    0.900,
    0.950,
    0.977,
    0.990,
)
"""Probabilities, ascending; 2.3/15.9/84.1/97.7 % are the normal law's one and two sigma."""

SCORED: Final[tuple[float, ...]] = LEVELS[1:-1]
"""The eleven levels of the headline pinball loss; the 1 % tails are published, scored apart."""

INTERVALS: Final[dict[int, tuple[float, float]]] = {
    50: (0.250, 0.750),
    68: (0.159, 0.841),
    80: (0.100, 0.900),
    90: (0.050, 0.950),
    95: (0.023, 0.977),
}
"""Central intervals by nominal coverage in percent; the 95 % one is two sigma (95.4 %)."""


def column(level: float) -> str:
    """Column of a level in ``forecasts.parquet``, for instance ``q0.159``."""
    return f"q{level:.3f}"


def level_array() -> Floats:
    """``LEVELS`` as an array of shape ``(13,)``."""
    return np.array(LEVELS)
