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
5. calibration: adaptive conformal tracking per level, and per time of day and regime.

The drift is the median's: half-symmetrised, it stays near zero. All that is published, the point
forecast, P(up), volatility and intervals, is read from these quantiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.calibration.conformal import online_conformal
from barograph.calibration.debias import debias
from barograph.calibration.filters import exponential_mean
from barograph.calibration.quantile_pool import pool_quantiles
from barograph.calibration.return_scale import online_return_scale
from barograph.calibration.seasonal import hour_of_week
from barograph.calibration.shape import half_lives, online_shape
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


@dataclass(frozen=True, slots=True)
class Barograph:
    """Constants of the flagship; every one may be halved or doubled at little cost.

    Attributes
    ----------
    experts : tuple of str
        Scale models pooled in step 1, those of them that were run.
    size : str
        A model of the size of returns whose scale joins the pool of step 4, if it was run.
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
        variance = self.variance(panel, outputs)
        base = 0.5 * np.log(variance)
        slow = np.where(np.isfinite(base), self.slow(panel), np.nan)
        relative = 2.0 * (base - slow)
        plain, rich = self.return_scales(panel, base, relative)
        groups = bins(relative, GROUP_EDGES)
        scales = [(plain, self.shape_days), (rich, self.shape_days), (rich, self.quick_shape_days)]
        if self.size in outputs:
            scales.append((self.boosted(panel, outputs, relative), self.shape_days))
        shaped = [self.shaped(panel, scale, days, groups) for scale, days in scales]
        shaped.append(self.shaped(panel, slow, self.slow_shape_days, None))
        stack = np.stack(shaped, axis=2)
        hours, levels = np.array(panel.horizons), level_array()
        pooled, _ = pool_quantiles(
            stack, panel.target_return, hours, levels, np.ones(stack.shape[2]), share=0.25
        )
        calibrated, _ = online_conformal(
            pooled,
            np.exp(rich),
            panel.target_return,
            hours,
            levels,
            cells(panel, relative),
            self.gain,
            self.cell_gain,
        )
        return Output(variance, calibrated)

    def variance(self, panel: Panel, outputs: Mapping[str, Output]) -> Floats:
        """Pooled forecast of the integrated variance, shape ``(n, H)``."""
        hours = np.array(panel.horizons)
        rate = np.log(panel.target_variance / hours)
        members = []
        for name in self.experts:
            if name in outputs:
                log_rate = np.log(outputs[name].variance / hours)
                unbiased = outputs[name].debiased
                members.append(log_rate if unbiased else debias(log_rate, rate, hours, False))
        pooled, _ = pool_variances(np.stack(members), rate, hours)
        variance: Floats = np.exp(pooled) * hours
        return variance

    def slow(self, panel: Panel) -> Floats:
        """Log scale of a half-year's squared returns: the long memory, shape ``(n, H)``."""
        hourly = exponential_mean(panel.log_return**2, SLOW_HALF_LIFE)
        scale: Floats = 0.5 * np.log(hourly[:, None] * np.array(panel.horizons, dtype=float))
        return scale

    def boosted(self, panel: Panel, outputs: Mapping[str, Output], relative: Floats) -> Floats:
        """Log scale of the trees on the size of returns, corrected as the plain one is."""
        scale = 0.5 * np.log(outputs[self.size].variance)
        return self.plain_scale(panel, scale, relative)

    def plain_scale(self, panel: Panel, base: Floats, relative: Floats) -> Floats:
        """Log scale corrected for weekday and height above the slow scale, shape ``(n, H)``."""
        learnt, _ = online_return_scale(
            base,
            weekdays(panel),
            relative[:, :, None],
            panel.target_return,
            np.array(panel.horizons),
            np.array([*PRIOR, 0.02]),
        )
        return learnt

    def return_scales(self, panel: Panel, base: Floats, relative: Floats) -> tuple[Floats, Floats]:
        """Log scales learnt on returns: with weekday and height alone, and with all regressors."""
        design = rich_design(panel)
        height = relative[:, :, None]
        extra = finite(design.common[:, 1:])
        rich, _ = online_return_scale(
            base,
            np.column_stack([weekdays(panel), extra]),
            np.concatenate([height, finite(design.ahead)], axis=2),
            panel.target_return,
            np.array(panel.horizons),
            np.array([*PRIOR, *[0.001] * extra.shape[1], 0.02, 0.001]),
        )
        return self.plain_scale(panel, base, relative), rich

    def shaped(self, panel: Panel, log_scale: Floats, days: float, groups: Ints | None) -> Floats:
        """Quantiles of the return under one scale and one memory, shape ``(n, H, 13)``."""
        hours = np.array(panel.horizons)
        scale = np.exp(log_scale)
        shape, _ = online_shape(
            panel.target_return / scale,
            hours,
            level_array(),
            groups,
            half_lives(hours, days),
            self.symmetry,
            self.group_prior,
        )
        quantiles: Floats = shape * scale[:, :, None]
        return quantiles


def weekdays(panel: Panel) -> Floats:
    """A column of ones and one for each weekday of the origin's bar, shape ``(n, 8)``."""
    weekday = hour_of_week(panel.hours) // 24
    days = (weekday[:, None] == np.arange(7)[None, :]).astype(float)
    return np.column_stack([np.ones(len(panel)), days])


def finite(values: Floats) -> Floats:
    """Zero where a regressor is unknown: no correction on its account."""
    return np.where(np.isfinite(values), values, 0.0)


def bins(values: Floats, edges: tuple[float, ...]) -> Ints:
    """Index of the interval each value lies in; an unknown one counts as zero."""
    return np.digitize(finite(values), edges).astype(np.int64)


def cells(panel: Panel, relative: Floats) -> Ints:
    """Three hours of the day and regime, at which coverage is tracked apart, shape ``(n, 2)``."""
    day = int(np.argmin(np.abs(np.array(panel.horizons) - 24)))
    block = (panel.hours % 24) // 3
    regime = bins(0.5 * relative[:, day], REGIME_EDGES)
    return np.stack([block, 8 + regime], axis=1)


FLAGSHIP: Final = Barograph()
