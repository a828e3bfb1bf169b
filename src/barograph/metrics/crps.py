"""Continuous ranked probability score, from the published quantiles.

CRPS is twice the pinball loss integrated over all levels. The integral is taken by the trapezoid
rule on the 13 published levels, with the loss at levels 0 and 1 taken as zero (it is zero there
for any outcome inside the support). Being a sum of pinball losses with positive weights it stays
proper. The price of thirteen levels: for a normal law the expected score comes out 2.8 % low, and
about as much for every model, so that ratios hold.
"""

import numpy as np
import polars as pl

from barograph.core.levels import LEVELS
from barograph.core.types import Floats
from barograph.metrics.base import Metric
from barograph.metrics.pinball import pinball


def weights() -> Floats:
    """Weight of each published level in the score, shape ``(13,)``."""
    knots = np.concatenate(([0.0], LEVELS, [1.0]))
    trapezoid: Floats = knots[2:] - knots[:-2]
    return trapezoid


METRICS = (
    Metric(
        name="crps",
        unit="log return",
        orientation="lower",
        formula="mean 2 ∫ ρ_τ(r − q_τ) dτ, trapezoid over the 13 levels, ρ = 0 at τ = 0 and 1",
        reference="Matheson & Winkler (1976), Management Science 22(10); Laio & Tamea (2007), "
        "HESS 11(4) for the quantile form",
        terms=(
            pl.sum_horizontal(
                *(
                    weight * pinball(level)
                    for level, weight in zip(LEVELS, weights().tolist(), strict=True)
                ),
                ignore_nulls=False,
            ),
        ),
    ),
)
