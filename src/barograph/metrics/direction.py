"""Up or down: what the direction metrics share.

A return of exactly zero is neither and is left out. A forecast of exactly one half counts half
for each direction, so that a model without an opinion scores one half, not the market's drift.
"""

from typing import Final

import polars as pl

from barograph.metrics.base import P_UP, RETURN

COUNTED: Final = RETURN.is_not_null() & (RETURN != 0.0) & P_UP.is_not_null()

PROBABILITY: Final = pl.when(COUNTED).then(P_UP)
"""Forecast probability of a rise, null where the forecast is not counted."""

ROSE: Final = pl.when(COUNTED).then((RETURN > 0.0).cast(pl.Float64))
FELL: Final = 1.0 - ROSE

CALLED_UP: Final = ((PROBABILITY > 0.5).cast(pl.Float64) + (PROBABILITY >= 0.5)) / 2.0
"""1 for a call of up, 0 for down, one half for no opinion."""

CALLED_DOWN: Final = 1.0 - CALLED_UP
