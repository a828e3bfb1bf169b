"""Last week, same hours."""

from dataclasses import dataclass

import numpy as np

from barograph.calibration.seasonal import WEEK
from barograph.core.panel import Panel
from barograph.models.base import Output, Refit


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """Variance over the same hours of the last whole week that has been seen.

    For horizons up to a week that is the outcome of the origin one week back, which matured
    by now; for longer ones the latest whole number of weeks that has.
    """

    name: str = "seasonal_naive"
    inputs: tuple[str, ...] = ()
    refit: Refit = "online"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "SeasonalNaive":  # noqa: ARG002 - nothing is estimated
        """Nothing is estimated: the recipe is its own fitted form."""
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Shift the realised variance by whole weeks."""
        variance = np.full(panel.target_variance.shape, np.nan)
        for k, horizon in enumerate(panel.horizons):
            shift = WEEK * -(-horizon // WEEK)
            variance[shift:, k] = panel.target_variance[:-shift, k]
        return Output(variance[start:stop])


MODELS = (SeasonalNaive(),)
