"""The flagship: pooled experts, a scale learnt on returns, conditional shape, conformal tracking.

For every horizon, each step from matured outcomes only:

1. variance: the experts' logs are averaged with weights from their discounted QLIKE, bad members
   trimmed;
2. return scale: two log-linear corrections of that scale, learnt on the size of returns (how far
   it is shrunk to its slow mean at long horizons, which weekdays among the hours ahead ranges
   misjudge);
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
from functools import cache
from typing import Final

import numpy as np

from barograph.calibration.carry import Carry, exp, log
from barograph.calibration.conformal import online_conformal
from barograph.calibration.debias import debias
from barograph.calibration.filters import exponential_mean
from barograph.calibration.quantile_pool import pool_quantiles
from barograph.calibration.return_scale import online_return_scale
from barograph.calibration.seasonal import WEEK, hour_of_week
from barograph.calibration.shape import half_lives, online_shape
from barograph.calibration.tilt import tilt_shift
from barograph.calibration.variance_pool import pool_variances
from barograph.core.levels import level_array
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints
from barograph.models.base import Output
from barograph.models.har_design import Design, rich_design
from barograph.models.trace import Trace

SLOW_HALF_LIFE: Final = 180 * 24.0
GROUP_EDGES: Final = (-1.0, -0.35, 0.35, 1.0)
REGIME_EDGES: Final = (-0.35, 0.0)
BLOCKS: Final = 8
"""Parts of the day, three hours each, in which coverage is tracked apart."""
CELLS: Final = BLOCKS + len(REGIME_EDGES) + 1
WEEKDAYS: Final = (0.003,) * 7
"""Prior variances of the weekdays in the return scale."""
TRIM: Final = 0.02
"""Weight below which a member is left out of the pool of quantiles."""
LEAST_OUTCOMES: Final = 720
"""Outcomes a shape needs, beyond the horizon."""


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

    def combine(
        self,
        panel: Panel,
        outputs: Mapping[str, Output],
        design: Design | None = None,
        carry: Carry | None = None,
        trace: Trace | None = None,
    ) -> Output:
        """Make the published distribution of the experts' answers.

        Parameters
        ----------
        panel : Panel
            Origins and outcomes.
        outputs : Mapping[str, Output]
            Answers by model name, of the panel's length.
        design : Design or None
            Regressors of the panel; computed where None.
        carry : Carry or None
            Go on where the rows before ``carry.start`` stopped; None starts anew.
        trace : Trace or None
            Written: how each answer came about, but for the terms of ``har_x``.

        Returns
        -------
        output : Output
            Variance and quantiles, NaN where an expert is missing or too little has matured.
        """
        carry = Carry(depth=max(panel.horizons)) if carry is None else carry
        design = rich_design(panel) if design is None else design
        variance = self.variance(panel, outputs, carry)
        base = 0.5 * log(variance)
        slow = np.where(np.isfinite(base), self.slow(panel, carry), np.nan)
        relative = 2.0 * (base - slow)
        plain = self.plain_scale(panel, base, relative, carry.part("plain"))
        rich = self.rich_scale(panel, design, base, relative, carry.part("rich"), trace)
        scales = [plain, rich, rich]
        if self.size in outputs:
            size = 0.5 * log(outputs[self.size].variance)
            scales.append(self.plain_scale(panel, size, relative, carry.part("boosted")))
        pooled = self.pooled(panel, [*scales, slow], bins(relative, GROUP_EDGES), carry, trace)
        if self.direction in outputs:
            pooled = self.leaning(pooled, outputs[self.direction])
        calibrated, _ = online_conformal(
            pooled,
            exp(rich),
            panel.target_return,
            np.array(panel.horizons),
            level_array(),
            cells(panel.hours, panel.horizons, relative),
            self.gain,
            self.cell_gain,
            carry=carry,
            number=CELLS,
            parts=None if trace is None else trace.shifts,
        )
        return Output(variance, calibrated)

    def pooled(
        self,
        panel: Panel,
        scales: list[Floats],
        groups: Ints,
        carry: Carry,
        trace: Trace | None,
    ) -> Floats:
        """Quantiles of every scale and memory, the slow scale last, averaged: ``(n, H, 13)``."""
        own, common = [], []
        for place, (scale, days) in enumerate(zip(scales, self.memories(len(scales)), strict=True)):
            where = None if place == len(scales) - 1 else groups
            every = None if trace is None else np.full(trace.conditional.shape, np.nan)
            part = carry.part(f"shape {place}")
            own.append(self.shaped(panel, scale, days, where, part, every))
            common.append(every)
        stack = carry.with_past("stack", np.stack(own, axis=2)[carry.start :])
        others = None
        if trace is not None:
            factors = [np.exp(scale)[:, :, None] for scale in scales]
            others = np.stack(
                [every * factor for every, factor in zip(common, factors, strict=True)], axis=2
            )
        pooled, _ = pool_quantiles(
            stack,
            panel.target_return,
            np.array(panel.horizons),
            level_array(),
            np.ones(len(scales)),
            share=0.25,
            trim=TRIM,
            carry=carry,
            others=others,
        )
        if trace is not None and others is not None:
            trace.conditional[:] = pooled
            trace.unconditional[:] = others[:, :, 0]
        return pooled

    def memories(self, scales: int) -> tuple[float, ...]:
        """Half-lives of the shapes: plain, rich, rich again, boosted if there, the slow last."""
        own = (self.shape_days, self.shape_days, self.quick_shape_days, self.shape_days)
        return (*own[: scales - 1], self.slow_shape_days)

    def variance(
        self, panel: Panel, outputs: Mapping[str, Output], carry: Carry | None = None
    ) -> Floats:
        """Pooled forecast of the integrated variance, shape ``(n, H)``."""
        carry = Carry() if carry is None else carry
        hours = np.array(panel.horizons)
        rate = log(panel.target_variance / hours)
        members = []
        for name in self.experts:
            if name in outputs:
                raw = log(outputs[name].variance / hours)
                unbiased = outputs[name].debiased
                part = carry.part(name)
                members.append(raw if unbiased else debias(raw, rate, hours, False, carry=part))
        pooled, _ = pool_variances(np.stack(members), rate, hours, carry=carry.part("variance"))
        variance: Floats = exp(pooled) * hours
        return variance

    def slow(self, panel: Panel, carry: Carry | None = None) -> Floats:
        """Log scale of a half-year's squared returns: the long memory, shape ``(n, H)``."""
        carry = Carry() if carry is None else carry
        squares = panel.log_return[carry.start :] ** 2
        hourly = exponential_mean(squares, SLOW_HALF_LIFE, carry=carry.part("slow"))
        scale = 0.5 * log(hourly[:, None] * np.array(panel.horizons, dtype=float))
        return carry.with_past("slow scale", scale)

    def leaning(self, quantiles: Floats, direction: Output) -> Floats:
        """Quantiles moved part of the way to a classifier's probability of a rise."""
        if direction.p_up is None:
            raise ValueError(f"{self.direction} gives no probability of a rise")
        shift = self.lean * tilt_shift(quantiles, direction.p_up)
        moved: Floats = quantiles + finite(shift)[:, :, None]
        return moved

    def plain_scale(self, panel: Panel, base: Floats, relative: Floats, carry: Carry) -> Floats:
        """Log scale corrected for weekday and height above the slow scale, shape ``(n, H)``."""
        corrected, _ = online_return_scale(
            base,
            np.ones((len(panel), 1)),
            np.concatenate([days_ahead(panel.hours, panel.horizons), relative[:, :, None]], axis=2),
            panel.target_return,
            np.array(panel.horizons),
            np.array([1.0, *WEEKDAYS, 0.02]),
            carry=carry,
        )
        return corrected

    def rich_scale(
        self,
        panel: Panel,
        design: Design,
        base: Floats,
        relative: Floats,
        carry: Carry | None = None,
        trace: Trace | None = None,
    ) -> Floats:
        """Log scale corrected by all regressors, shape ``(n, H)``."""
        extra = finite(design.common[:, 1:])
        common = np.column_stack([np.ones(len(panel)), extra])
        days = days_ahead(panel.hours, panel.horizons)
        own = np.concatenate([days, relative[:, :, None], finite(design.ahead)], axis=2)
        width = common.shape[1] + own.shape[2]
        weights = None if trace is None else np.full((*base.shape, width), np.nan)
        corrected, _ = online_return_scale(
            base,
            common,
            own,
            panel.target_return,
            np.array(panel.horizons),
            np.array([1.0, *[0.001] * extra.shape[1], *WEEKDAYS, 0.02, 0.001]),
            carry=carry,
            weights=weights,
        )
        if trace is not None and weights is not None:
            shared = np.broadcast_to(common[:, None, :], (*base.shape, common.shape[1]))
            terms = weights * np.concatenate([shared, own], axis=2)
            first = common.shape[1]
            last = first + len(WEEKDAYS)
            trace.scale_terms[:, :, 0] = terms[:, :, 0]
            trace.scale_terms[:, :, 1] = terms[:, :, first:last].sum(axis=2)
            trace.scale_terms[:, :, 2 : first + 1] = terms[:, :, 1:first]
            trace.scale_terms[:, :, first + 1 :] = terms[:, :, last:]
            trace.scale[:] = corrected
        return corrected

    def shaped(
        self,
        panel: Panel,
        log_scale: Floats,
        days: float,
        groups: Ints | None,
        carry: Carry,
        every: Floats | None,
    ) -> Floats:
        """Quantiles of the return under one scale and one memory, shape ``(n, H, 13)``.

        ``every`` is written where it is given: quantiles of the standardised return, groups
        together.
        """
        hours = np.array(panel.horizons)
        scale = exp(log_scale)
        shape, _ = online_shape(
            panel.target_return / scale,
            hours,
            level_array(),
            groups,
            half_lives(hours, days),
            self.symmetry,
            self.group_prior,
            LEAST_OUTCOMES,
            carry=carry,
            number=0 if groups is None else len(GROUP_EDGES) + 1,
            pooled=every,
        )
        quantiles: Floats = shape * scale[:, :, None]
        return quantiles


def days_ahead(hours: Ints, horizons: tuple[int, ...]) -> Floats:
    """Share of each weekday in the hours ahead, shape ``(n, H, 7)``.

    A horizon that ends at midnight of the same day lies in one day; one of a week in all alike.
    """
    return days_table(horizons)[hour_of_week(hours)]


@cache
def days_table(horizons: tuple[int, ...]) -> Floats:
    """``days_ahead`` by hour of the week of the origin's bar, shape ``(168, H, 7)``."""
    day = np.arange(WEEK) // 24
    ahead = np.arange(WEEK)[:, None] + np.arange(1, max(horizons) + 1)[None, :]
    hourly = (day[ahead % WEEK][:, :, None] == np.arange(7)).astype(float)
    return np.stack([hourly[:, :h].mean(axis=1) for h in horizons], axis=1)


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
    return np.stack([block, BLOCKS + regime], axis=1)


FLAGSHIP: Final = Barograph()
