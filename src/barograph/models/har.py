"""Heterogeneous autoregressions of log variance, refitted at every hourly origin."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.debias import debias
from barograph.calibration.variance_pool import pool_variances
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.models.base import Output, Refit
from barograph.models.har_design import Design, plain_design, rich_design
from barograph.models.rls import Loss, rls_forecast

YEAR: Final = 8760.0
PLAIN: Final = [0, 1, 3, 4, 5, 6]
"""Columns of the rich design a plain member sees: one, and means over 1, 24, 72, 168, 720 h."""
WINDOWS: Final = (1, 6, 24, 168, 720)


@dataclass(frozen=True, slots=True)
class Har:
    """Log-HAR by recursive least squares: every origin is an exact refit on all matured outcomes.

    Attributes
    ----------
    windows : tuple of int
        Hours over which variance is averaged.

    References
    ----------
    .. [1] Corsi (2009), "A simple approximate long-memory model of realized volatility", Journal
       of Financial Econometrics 7(2), 174-196.
    """

    windows: tuple[int, ...] = WINDOWS
    name: str = "har"
    inputs: tuple[str, ...] = ()
    refit: Refit = "online"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "Har":  # noqa: ARG002 - learns as it goes
        """Nothing is fitted ahead: the recursion starts with the panel."""
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """One recursion a horizon, over the whole panel."""
        design = plain_design(panel, self.windows)
        raw, _ = rls_forecast(design.common, design.outcomes(panel), panel.horizons, z=design.ahead)
        return Output(design.integrated(panel, raw)[start:stop])


@dataclass(frozen=True, slots=True)
class Member:
    """One recursion of the pool.

    Attributes
    ----------
    loss : str
        ``gaussian`` on log variance, or ``gamma`` on variance.
    half_life : float
        Memory, years.
    ridge : float
        Prior precision of the coefficients.
    plain : bool
        Whether it sees the textbook's regressors only.
    """

    loss: Loss
    half_life: float = np.inf
    ridge: float = 1.0
    plain: bool = False

    @property
    def forgetting(self) -> float:
        """Weight an hour keeps an hour later."""
        keep: float = 0.5 ** (1.0 / (self.half_life * YEAR))
        return keep


@dataclass(frozen=True, slots=True)
class HarX:
    """Log-HAR with season, volume, leverage and price path; two losses, two memories, pooled.

    Three cautious members, with few regressors or a tight prior, carry young histories; once
    there is data they are trimmed or weigh little.

    Attributes
    ----------
    members : tuple of Member
        Recursions; their logs are averaged with weights from their discounted QLIKE.
    """

    members: tuple[Member, ...] = (
        Member("gaussian"),
        Member("gamma"),
        Member("gaussian", 4.0),
        Member("gamma", 4.0),
        Member("gaussian", plain=True),
        Member("gaussian", ridge=30.0),
        Member("gamma", ridge=30.0),
    )
    name: str = "har_x"
    inputs: tuple[str, ...] = ()
    refit: Refit = "online"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "HarX":  # noqa: ARG002 - learns as it goes
        """Nothing is fitted ahead: the recursions start with the panel."""
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Recursions over the whole panel, debiased and pooled online."""
        design = rich_design(panel)
        log_rate = self.log_rate(panel, design)
        return Output(design.integrated(panel, log_rate)[start:stop], debiased=True)

    def log_rate(self, panel: Panel, design: Design) -> Floats:
        """Log variance per hour relative to the design's unit, shape ``(n, H)``."""
        outcomes = design.outcomes(panel)
        hours = np.array(panel.horizons)
        stack = []
        for member in self.members:
            raw, _ = rls_forecast(
                design.common[:, PLAIN] if member.plain else design.common,
                outcomes,
                panel.horizons,
                z=design.ahead,
                forgetting=member.forgetting,
                ridge=member.ridge,
                loss=member.loss,
            )
            stack.append(debias(raw, outcomes, hours, member.loss == "gaussian"))
        pooled, _ = pool_variances(np.stack(stack), outcomes, hours)
        return pooled


MODELS = (Har(), HarX())
