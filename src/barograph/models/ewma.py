"""Exponentially weighted moving average of squared returns."""

from dataclasses import dataclass

import numpy as np

from barograph.calibration.filters import exponential_mean
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.models.base import Output, Refit


@dataclass(frozen=True, slots=True)
class Ewma:
    """RiskMetrics: tomorrow's variance is a discounted mean of past squared returns.

    Attributes
    ----------
    half_life_hours : float
        Time in which an observation's weight halves.

    References
    ----------
    .. [1] J.P. Morgan/Reuters (1996), "RiskMetrics - Technical Document", 4th edition, ch. 5.
    """

    half_life_hours: float = 24.0
    name: str = "ewma"
    inputs: tuple[str, ...] = ()
    refit: Refit = "online"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "Ewma":  # noqa: ARG002 - nothing is estimated
        """Nothing is estimated: the recipe is its own fitted form."""
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Hours ahead times the present hourly variance, shape ``(n, H)``."""
        hourly = exponential_mean(panel.log_return**2, self.half_life_hours)
        ahead: Floats = hourly[:, None] * np.array(panel.horizons, dtype=float)
        return Output(ahead[start:stop])


MODELS = (Ewma(),)
