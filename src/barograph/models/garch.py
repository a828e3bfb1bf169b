"""GARCH(1,1) with Student-t innovations, on hourly returns."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.filters import garch_filter
from barograph.core.errors import NotEnoughDataError
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.models.base import Output, Refit

LEAST: Final = 500
"""Fewest hourly returns a fit is attempted on."""


@dataclass(frozen=True, slots=True)
class GarchT:
    """Maximum likelihood on the latest returns, refitted for every test window.

    Attributes
    ----------
    window_days : int
        Days of hourly returns each fit uses.

    References
    ----------
    .. [1] Bollerslev (1987), "A conditionally heteroskedastic time series model for speculative
       prices and rates of return", Review of Economics and Statistics 69(3), 542-547.
    """

    window_days: int = 730
    name: str = "garch_t"
    inputs: tuple[str, ...] = ()
    refit: Refit = "window"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "FittedGarch":
        """Fit on the last ``window_days`` of hourly returns.

        Raises
        ------
        NotEnoughDataError
            If fewer than 500 returns are known.
        """
        from arch import arch_model
        from threadpoolctl import threadpool_limits

        returns = past.log_return
        returns = returns[np.isfinite(returns)][-self.window_days * 24 :]
        if len(returns) < LEAST:
            raise NotEnoughDataError(
                f"garch_t needs {LEAST} hourly returns, got {len(returns)}; give more history"
            )
        # The likelihood is searched in units of the sample's own deviation: no level matters.
        unit = float(returns.std())
        model = arch_model(
            returns / unit, mean="Zero", vol="GARCH", p=1, q=1, dist="t", rescale=False
        )
        # With several threads sums round in another order, and the search ends elsewhere in the
        # seventh digit: by machine, and by number of workers. Only libraries already loaded are
        # limited, hence not before the import.
        with threadpool_limits(limits=1, user_api="blas"):
            params = model.fit(disp="off", show_warning=False).params
        persistence = float(params["alpha[1]"] + params["beta[1]"])
        return FittedGarch(
            omega=float(params["omega"]) * unit**2,
            alpha=float(params["alpha[1]"]),
            beta=float(params["beta[1]"]) - max(persistence - 0.9999, 0.0),
            level=unit**2,
        )


@dataclass(frozen=True, slots=True)
class FittedGarch:
    """Parameters, and the sample variance the filter starts from; variance per hour."""

    omega: float
    alpha: float
    beta: float
    level: float

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Filter the whole panel, then add up the expected variances of the hours ahead."""
        ahead = garch_filter(panel.log_return**2, self.omega, self.alpha, self.beta, self.level)
        return Output(self.integrated(ahead[start:stop], panel.horizons))

    def integrated(self, ahead: Floats, horizons: tuple[int, ...]) -> Floats:
        r"""Sum of the expected variances of the next ``h`` hours, shape ``(n, H)``.

        .. math:: \sum_{k=1}^h \mathrm E\sigma^2_{t+k} = h\bar\sigma^2
                  + (\sigma^2_{t+1} - \bar\sigma^2)\frac{1-\phi^h}{1-\phi},
                  \quad \phi = \alpha + \beta
        """
        persistence = self.alpha + self.beta
        mean = self.omega / (1.0 - persistence)
        steps = np.array(horizons, dtype=float)
        decay = (1.0 - persistence**steps) / (1.0 - persistence)
        summed: Floats = mean * steps + (ahead[:, None] - mean) * decay
        return summed


MODELS = (GarchT(),)
