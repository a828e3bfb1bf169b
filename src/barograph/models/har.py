"""Heterogeneous autoregressions of log variance, refitted at every hourly origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.carry import Carry
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
        return Output(self.variance(panel)[start:stop])

    def variance(self, panel: Panel, carry: Carry | None = None) -> Floats:
        """Forecast of the integrated variance, shape ``(n, H)``.

        ``carry`` says where the rows before ``carry.start`` stopped; None starts anew.
        """
        carry = Carry(depth=max(panel.horizons)) if carry is None else carry
        design = plain_design(panel, self.windows, carry)
        raw = recursion(Member("gaussian"), design, design.outcomes(panel), panel.horizons, carry)
        return design.integrated(panel, raw)


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

    def seen(self, design: Design) -> list[int]:
        """Places of the regressors it sees among the names of a design."""
        width = design.common.shape[1]
        return [*(PLAIN if self.plain else range(width)), *range(width, len(design.names))]

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

    def log_rate(
        self,
        panel: Panel,
        design: Design,
        carry: Carry | None = None,
        terms: Floats | None = None,
    ) -> Floats:
        """Log variance per hour relative to the design's unit, shape ``(n, H)``.

        Parameters
        ----------
        panel, design : Panel, Design
            Outcomes and regressors.
        carry : Carry or None
            Go on where the rows before ``carry.start`` stopped; None starts anew.
        terms : Floats or None
            Written: what makes up the answer of each row, shape ``(n, H, 1 + k)``: the factors
            of debiasing, then coefficient times value of each regressor of the design; members
            together, with the pool's weights.
        """
        carry = Carry(depth=max(panel.horizons)) if carry is None else carry
        outcomes = design.outcomes(panel)
        hours = np.array(panel.horizons)
        told = 0 if terms is None else len(outcomes)
        raws, stack, parts = [], [], []
        for place, member in enumerate(self.members):
            own = carry.part(f"member {place}")
            used = np.zeros((told, len(hours), len(member.seen(design))))
            raws.append(recursion(member, design, outcomes, panel.horizons, own, used))
            lognormal = member.loss == "gaussian"
            stack.append(debias(raws[-1], outcomes, hours, lognormal, carry=own))
            parts.append(used[carry.start :])
        members = np.stack(stack)
        shares = np.zeros((len(members), told, len(hours)))
        pooled, _ = pool_variances(members, outcomes, hours, carry=carry, shares=shares)
        if terms is not None:
            new = slice(carry.start, None)
            factors = finite(members[:, new] - np.stack(raws)[:, new])
            terms[new, :, 0] = (shares[:, new] * factors).sum(axis=0)
            terms[new, :, 1:] = self.together(design, shares[:, new], parts)
            terms[new, :, 1:] *= finite(values_of(design)[new])
            terms[~np.isfinite(pooled)] = np.nan
        return pooled

    def together(self, design: Design, shares: Floats, parts: Sequence[Floats]) -> Floats:
        """Coefficients of all regressors, members together: shape ``(n, H, k)``.

        ``shares`` says what members weigh, ``(M, n, H)``; ``parts`` are their own coefficients.
        """
        total = np.zeros((*shares.shape[1:], len(design.names)))
        for member, share, used in zip(self.members, shares, parts, strict=True):
            where = member.seen(design) if member.plain else slice(None)
            total[:, :, where] += share[:, :, None] * used
        return total


def recursion(
    member: Member,
    design: Design,
    outcomes: Floats,
    horizons: tuple[int, ...],
    carry: Carry,
    used: Floats | None = None,
) -> Floats:
    """Forecasts of one recursion, shape ``(n, H)``, gone on with from where it stopped."""
    raw, state = rls_forecast(
        design.common[:, PLAIN] if member.plain else design.common,
        outcomes,
        horizons,
        z=design.ahead,
        forgetting=member.forgetting,
        ridge=member.ridge,
        loss=member.loss,
        state=carry.last("recursion"),
        first=carry.first,
        used=used,
    )
    carry.keep("recursion", state)
    return carry.with_past("raw", raw[carry.start :])


def values_of(design: Design) -> Floats:
    """Value of every regressor for every horizon, shape ``(n, H, k)``."""
    rows, count = design.ahead.shape[:2]
    shared = np.broadcast_to(design.common[:, None, :], (rows, count, design.common.shape[1]))
    return np.concatenate([shared, design.ahead], axis=2)


def finite(values: Floats) -> Floats:
    """Zero where unknown."""
    return np.where(np.isfinite(values), values, 0.0)


MODELS = (Har(), HarX())
