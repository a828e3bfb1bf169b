"""The flagship: pooled experts, a scale learnt on returns, conditional shape, conformal tracking.

For every horizon, each step from matured outcomes only:

1. variance: the experts' logs are averaged with weights from their discounted QLIKE, bad members
   trimmed;
2. return scale: two log-linear corrections of that scale, learnt on the size of returns (how far
   it is shrunk to its slow mean at long horizons, which weekdays ranges misjudge);
3. shape: discounted quantiles of returns over scale, half symmetrised, shrunk from groups of the
   scale's height to all;
4. pool: quantiles of two scales, two memories and the slow scale, averaged with weights from
   second-order Hedge on the pinball loss;
5. drift: moved by a small part of what a classifier of the sign, where one is run, asks for;
   without one the median's, which the half-symmetrised shape keeps near zero;
6. calibration: adaptive conformal tracking per level, and per time of day and regime.

All that is published, the point forecast, P(up), volatility and intervals, is read from these
quantiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.conformal import ConformalState, online_conformal
from barograph.calibration.debias import debias
from barograph.calibration.filters import exponential_mean
from barograph.calibration.quantile_pool import PoolState, pool_quantiles
from barograph.calibration.return_scale import ReturnScaleState, online_return_scale
from barograph.calibration.seasonal import hour_of_week
from barograph.calibration.shape import ShapeState, half_lives, online_shape
from barograph.calibration.tilt import tilt_shift
from barograph.calibration.variance_pool import pool_variances
from barograph.core.levels import level_array
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints
from barograph.models.base import Output
from barograph.models.har_design import rich_design

SLOW_HALF_LIFE: Final = 180 * 24.0
GROUP_EDGES: Final = (-1.0, -0.35, 0.35, 1.0)
REGIME_EDGES: Final = (-0.35, 0.0)
PRIOR: Final = (1.0, *(0.003,) * 7)
"""Prior variances of the return scale's intercept and weekdays."""
TRIM: Final = 0.02
"""Weight below which a member is left out of the pool of quantiles."""
LEAST_OUTCOMES: Final = 720
"""Outcomes a shape needs, beyond the horizon."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What every step knows after the last row of a panel; enough to answer for that row.

    Attributes
    ----------
    factors, weights : Floats
        Of the experts' log variances: what debiasing adds, and weights in the pool, ``(M, H)``.
    plain, rich : ReturnScaleState
        Corrections of the scale.
    boosted : ReturnScaleState or None
        The same for the model of the size of returns, where it was run.
    shapes : tuple of ShapeState
        One for each member of the pool of quantiles, in its order.
    pool : PoolState
        Weights of the quantiles.
    tracking : ConformalState
        Corrections of the quantiles.
    """

    factors: Floats
    weights: Floats
    plain: ReturnScaleState
    rich: ReturnScaleState
    boosted: ReturnScaleState | None
    shapes: tuple[ShapeState, ...]
    pool: PoolState
    tracking: ConformalState


@dataclass(frozen=True, slots=True)
class Barograph:
    """Constants of the flagship; every one may be halved or doubled at little cost.

    Attributes
    ----------
    experts : tuple of str
        Scale models pooled in step 1, those of them that were run.
    size : str
        A model of the size of returns whose scale joins the pool of step 4, if it was run.
    direction : str
        A classifier of the sign, if it was run.
    lean : float
        How far the distribution is moved to the classifier's probability: heavily shrunk.
    shape_days, quick_shape_days, slow_shape_days : float
        Half-life of the shape at one hour; it grows with the square root of the horizon.
    symmetry : float
        How far the shape is symmetrised, 0 to 1.
    group_prior : float
        Independent outcomes at which a group's own shape weighs as much as the common one.
    gain, cell_gain : float
        Steps of conformal tracking, per level and per cell, in units of the scale.
    """

    experts: tuple[str, ...] = ("har_x", "lightgbm")
    size: str = "lightgbm_size"
    direction: str = "lightgbm_direction"
    lean: float = 0.15
    shape_days: float = 180.0
    quick_shape_days: float = 60.0
    slow_shape_days: float = 360.0
    symmetry: float = 0.5
    group_prior: float = 300.0
    gain: float = 0.001
    cell_gain: float = 0.0005
    name: str = "barograph"

    def combine(self, panel: Panel, outputs: Mapping[str, Output]) -> Output:
        """Make the published distribution of the experts' answers.

        Parameters
        ----------
        panel : Panel
            Origins and outcomes.
        outputs : Mapping[str, Output]
            Answers by model name, of the panel's length.

        Returns
        -------
        output : Output
            Variance and quantiles, NaN where an expert is missing or too little has matured.
        """
        return self.learn(panel, outputs)[0]

    def learn(self, panel: Panel, outputs: Mapping[str, Output]) -> tuple[Output, Learnt]:
        """Answer as ``combine`` does, and keep what each step has learnt by the last row."""
        variance, factors, weights = self.variance(panel, outputs)
        base = 0.5 * np.log(variance)
        slow = np.where(np.isfinite(base), self.slow(panel), np.nan)
        relative = 2.0 * (base - slow)
        plain, plain_state = self.plain_scale(panel, base, relative)
        rich, rich_state = self.rich_scale(panel, base, relative)
        boosted_state = None
        scales = [plain, rich, rich]
        if self.size in outputs:
            size = 0.5 * np.log(outputs[self.size].variance)
            boosted, boosted_state = self.plain_scale(panel, size, relative)
            scales.append(boosted)
        groups = bins(relative, GROUP_EDGES)
        shaped = [
            self.shaped(panel, scale, days, groups)
            for scale, days in zip(scales, self.memories, strict=False)
        ]
        shaped.append(self.shaped(panel, slow, self.slow_shape_days, None))
        stack = np.stack([quantiles for quantiles, _ in shaped], axis=2)
        hours, levels = np.array(panel.horizons), level_array()
        equal = np.ones(stack.shape[2])
        pooled, pool = pool_quantiles(
            stack, panel.target_return, hours, levels, equal, share=0.25, trim=TRIM
        )
        if self.direction in outputs:
            pooled = self.leaning(pooled, outputs[self.direction])
        calibrated, tracking = online_conformal(
            pooled,
            np.exp(rich),
            panel.target_return,
            hours,
            levels,
            cells(panel.hours, panel.horizons, relative),
            self.gain,
            self.cell_gain,
        )
        shapes = tuple(state for _, state in shaped)
        learnt = Learnt(
            factors, weights, plain_state, rich_state, boosted_state, shapes, pool, tracking
        )
        return Output(variance, calibrated), learnt

    @property
    def memories(self) -> tuple[float, ...]:
        """Half-lives of the shapes of the plain, the rich, the rich and the boosted scale."""
        return self.shape_days, self.shape_days, self.quick_shape_days, self.shape_days

    def variance(
        self, panel: Panel, outputs: Mapping[str, Output]
    ) -> tuple[Floats, Floats, Floats]:
        """Pooled forecast of the integrated variance ``(n, H)``, last factors and weights."""
        hours = np.array(panel.horizons)
        rate = np.log(panel.target_variance / hours)
        members, factors = [], []
        for name in self.experts:
            if name in outputs:
                raw = np.log(outputs[name].variance / hours)
                unbiased = outputs[name].debiased
                member = raw if unbiased else debias(raw, rate, hours, False)
                members.append(member)
                factors.append(member[-1] - raw[-1])
        pooled, weights = pool_variances(np.stack(members), rate, hours)
        variance: Floats = np.exp(pooled) * hours
        return variance, np.stack(factors), weights

    def slow(self, panel: Panel) -> Floats:
        """Log scale of a half-year's squared returns: the long memory, shape ``(n, H)``."""
        hourly = exponential_mean(panel.log_return**2, SLOW_HALF_LIFE)
        scale: Floats = 0.5 * np.log(hourly[:, None] * np.array(panel.horizons, dtype=float))
        return scale

    def leaning(self, quantiles: Floats, direction: Output) -> Floats:
        """Quantiles moved part of the way to a classifier's probability of a rise."""
        if direction.p_up is None:
            raise ValueError(f"{self.direction} gives no probability of a rise")
        shift = self.lean * tilt_shift(quantiles, direction.p_up)
        moved: Floats = quantiles + finite(shift)[:, :, None]
        return moved

    def plain_scale(
        self, panel: Panel, base: Floats, relative: Floats
    ) -> tuple[Floats, ReturnScaleState]:
        """Log scale corrected for weekday and height above the slow scale, shape ``(n, H)``."""
        return online_return_scale(
            base,
            weekdays(panel.hours),
            relative[:, :, None],
            panel.target_return,
            np.array(panel.horizons),
            np.array([*PRIOR, 0.02]),
        )

    def rich_scale(
        self, panel: Panel, base: Floats, relative: Floats
    ) -> tuple[Floats, ReturnScaleState]:
        """Log scale corrected by all regressors, shape ``(n, H)``."""
        design = rich_design(panel)
        height = relative[:, :, None]
        extra = finite(design.common[:, 1:])
        return online_return_scale(
            base,
            np.column_stack([weekdays(panel.hours), extra]),
            np.concatenate([height, finite(design.ahead)], axis=2),
            panel.target_return,
            np.array(panel.horizons),
            np.array([*PRIOR, *[0.001] * extra.shape[1], 0.02, 0.001]),
        )

    def shaped(
        self, panel: Panel, log_scale: Floats, days: float, groups: Ints | None
    ) -> tuple[Floats, ShapeState]:
        """Quantiles of the return under one scale and one memory, shape ``(n, H, 13)``."""
        hours = np.array(panel.horizons)
        scale = np.exp(log_scale)
        shape, state = online_shape(
            panel.target_return / scale,
            hours,
            level_array(),
            groups,
            half_lives(hours, days),
            self.symmetry,
            self.group_prior,
            LEAST_OUTCOMES,
        )
        return shape * scale[:, :, None], state


def weekdays(hours: Ints) -> Floats:
    """A column of ones and one for each weekday of the origin's bar, shape ``(n, 8)``."""
    weekday = hour_of_week(hours) // 24
    days = (weekday[:, None] == np.arange(7)[None, :]).astype(float)
    return np.column_stack([np.ones(len(hours)), days])


def finite(values: Floats) -> Floats:
    """Zero where a regressor is unknown: no correction on its account."""
    return np.where(np.isfinite(values), values, 0.0)


def bins(values: Floats, edges: tuple[float, ...]) -> Ints:
    """Index of the interval each value lies in; an unknown one counts as zero."""
    return np.digitize(finite(values), edges).astype(np.int64)


def cells(hours: Ints, horizons: tuple[int, ...], relative: Floats) -> Ints:
    """Three hours of the day and regime, at which coverage is tracked apart, shape ``(n, 2)``."""
    day = int(np.argmin(np.abs(np.array(horizons) - 24)))
    block = (hours % 24) // 3
    regime = bins(0.5 * relative[:, day], REGIME_EDGES)
    return np.stack([block, 8 + regime], axis=1)


FLAGSHIP: Final = Barograph()
