"""A grid of GARCH(1,1) recursions on ranges, weighted online instead of estimated."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from barograph.calibration.debias import debias
from barograph.calibration.filters import exponential_mean, garch_filter
from barograph.calibration.variance_pool import pool_variances
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.models.base import Output, Refit

MEAN_HALF_LIFE: Final = 180 * 24.0
FLOOR: Final = 0.05
"""Least forecast, as a share of the slow mean."""


@dataclass(frozen=True, slots=True)
class GarchGrid:
    r"""GARCH(1,1) with variance targeting on Garman-Klass variance, for fixed parameters.

    Each member shocks by ``reaction`` and returns to the slow mean with a fixed half-life;
    the pool gives weight to those whose discounted QLIKE is best, horizon by horizon, so that
    nothing is estimated by search and every origin is up to date.

    Attributes
    ----------
    half_lives : tuple of float
        Hours in which a shock's effect halves.
    reactions : tuple of float
        Weight of the newest hour.
    """

    half_lives: tuple[float, ...] = (12.0, 48.0, 168.0, 720.0)
    reactions: tuple[float, ...] = (0.05, 0.12, 0.25)
    name: str = "garch_grid"
    inputs: tuple[str, ...] = ()
    refit: Refit = "online"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "GarchGrid":  # noqa: ARG002 - learns as it goes
        """Nothing is fitted ahead: weights are learnt online."""
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Run every recursion over the panel, debias and pool."""
        hours = np.array(panel.horizons)
        mean = exponential_mean(panel.variance, MEAN_HALF_LIFE)
        rate = np.log(panel.target_variance / hours)
        members = [
            debias(np.log(self.member(panel, mean, *pair) / hours), rate, hours, False)
            for pair in product(self.half_lives, self.reactions)
        ]
        pooled, _ = pool_variances(np.stack(members), rate, hours)
        return Output((np.exp(pooled) * hours)[start:stop], debiased=True)

    def member(self, panel: Panel, mean: Floats, half_life: float, reaction: float) -> Floats:
        """Variance over each horizon under one pair of parameters, shape ``(n, H)``."""
        persistence = 0.5 ** (1.0 / half_life)
        weight = min(reaction, persistence)
        # The recursion runs on the deviation from a slow mean, which stands in for omega.
        away = garch_filter(panel.variance - mean, 0.0, weight, persistence - weight, 0.0)
        steps = np.array(panel.horizons, dtype=float)
        decay = (1.0 - persistence**steps) / (1.0 - persistence)
        summed: Floats = mean[:, None] * steps + away[:, None] * decay
        floored: Floats = np.maximum(summed, FLOOR * mean[:, None] * steps)
        return floored


MODELS = (GarchGrid(),)
