"""The price goes nowhere in particular: the past's returns are the forecast."""

from dataclasses import dataclass

from barograph.calibration.matured import matured_mean, matured_quantiles
from barograph.core.levels import level_array
from barograph.core.panel import Panel
from barograph.models.base import Output, Refit


@dataclass(frozen=True, slots=True)
class RandomWalk:
    """Empirical quantiles of the returns of the last ``days``, unscaled.

    Attributes
    ----------
    days : int
        Window of matured outcomes, one every hour; a quarter of it must be known, so that a
        rolling window of 90 days is enough from its first origin on.
    """

    days: int = 180
    name: str = "random_walk"
    inputs: tuple[str, ...] = ()
    refit: Refit = "online"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "RandomWalk":  # noqa: ARG002 - nothing is estimated
        """Nothing is estimated: the recipe is its own fitted form."""
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Quantiles and mean variance of the matured outcomes in the window."""
        window = self.days * 24
        quantiles = matured_quantiles(
            panel.target_return, panel.horizons, level_array(), window, window // 4
        )
        variance = matured_mean(panel.target_variance, panel.horizons, window, window // 4)
        return Output(variance[start:stop], quantiles[start:stop])


MODELS = (RandomWalk(),)
