"""One forecast from warm features: milliseconds, and the walk-forward's own answer.

A walk-forward ends with everything its steps have learnt (``Learnt``). From that and one row of
regressors and experts' forecasts, the flagship's distribution is a handful of small sums: nothing
is learnt on the way, nothing is changed, so that one ``Warm`` may serve many threads.

What has matured by a row is learnt before that row is answered. So a ``Warm`` made from a panel
up to a row gives that row's published answer exactly, and answers for other regressors at that
hour; when the next bar is there, the walk-forward moves on and a new one is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from barograph.calibration.conformal import correct
from barograph.calibration.quantile_pool import mix
from barograph.calibration.return_scale import ReturnScaleState, predict
from barograph.calibration.shape import ShapeState, quantiles
from barograph.core.levels import level_array
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints
from barograph.models.barograph import (
    GROUP_EDGES,
    LEAST_OUTCOMES,
    TRIM,
    Barograph,
    Learnt,
    bins,
    cells,
    finite,
    weekdays,
)
from barograph.models.base import Output
from barograph.models.har_design import rich_design


@dataclass(frozen=True, slots=True)
class Row:
    """Warm features: what the flagship reads of one origin.

    Attributes
    ----------
    hour : int
        The origin, hours since 1970.
    variances : Mapping[str, Floats]
        Forecasts of the experts and of the model of the size of returns, shape ``(H,)`` each.
    slow : Floats
        Log scale of the long memory, shape ``(H,)``.
    common : Floats
        Regressors of all horizons, of ``rich_design``, shape ``(k,)``.
    ahead : Floats
        Regressors by horizon, shape ``(H, 1)``.
    p_up : Floats or None
        A classifier's probability of a rise, shape ``(H,)``; None where none was run.
    """

    hour: int
    variances: Mapping[str, Floats]
    slow: Floats
    common: Floats
    ahead: Floats
    p_up: Floats | None = None


@dataclass(frozen=True, slots=True)
class Warm:
    """The flagship at the end of a walk-forward.

    Attributes
    ----------
    flagship : Barograph
        Its constants.
    horizons : tuple of int
        Hours ahead.
    learnt : Learnt
        What its steps know; never changed.
    """

    flagship: Barograph
    horizons: tuple[int, ...]
    learnt: Learnt

    def answer(self, row: Row) -> Output:
        """Forecast one origin.

        Returns
        -------
        output : Output
            Variance ``(1, H)`` and quantiles ``(1, H, 13)``; NaN where an expert is missing or
            too little has matured.
        """
        learnt, origin = self.learnt, np.array([row.hour])
        variance = self.variance(row)
        base = 0.5 * np.log(variance)
        relative = 2.0 * (base - row.slow)
        height = relative[:, None]
        week = weekdays(origin)[0]
        common = np.concatenate([week, finite(row.common[1:])])
        plain = scale_of(learnt.plain, base, week, height)
        rich = scale_of(
            learnt.rich, base, common, np.concatenate([height, finite(row.ahead)], axis=1)
        )
        scales = [plain, rich, rich]
        if learnt.boosted is not None:
            size = 0.5 * np.log(row.variances[self.flagship.size])
            scales.append(scale_of(learnt.boosted, size, week, height))
        groups = bins(relative, GROUP_EDGES)
        stack = [
            shape_of(state, self.horizons, groups) * np.exp(scale)[:, None]
            for scale, state in zip(scales, learnt.shapes, strict=False)
        ]
        unknown = np.where(np.isfinite(base), row.slow, np.nan)
        pooled_only = np.full(len(groups), -1)
        slow = shape_of(learnt.shapes[-1], self.horizons, pooled_only)
        stack.append(slow * np.exp(unknown)[:, None])
        calibrated = self.calibrated(row, np.stack(stack, axis=1), rich, relative)
        return Output(variance[None], calibrated[None])

    def variance(self, row: Row) -> Floats:
        """Pooled forecast of the integrated variance, shape ``(H,)``; see ``pool_variances``."""
        hours = np.array(self.horizons)
        names = [name for name in self.flagship.experts if name in row.variances]
        logs = np.stack([np.log(row.variances[name] / hours) for name in names])
        logs += self.learnt.factors
        weights = np.where(np.isfinite(logs), self.learnt.weights, 0.0)
        mass = weights.sum(axis=0)
        total = np.where(np.isfinite(logs), weights * logs, 0.0).sum(axis=0)
        rate = np.divide(total, mass, out=np.full(len(hours), np.nan), where=mass > 0.0)
        variance: Floats = np.exp(rate) * hours
        return variance

    def calibrated(self, row: Row, stack: Floats, rich: Floats, relative: Floats) -> Floats:
        """Members ``(H, E, 13)`` pooled, leant and corrected, shape ``(H, 13)``."""
        learnt, count = self.learnt, len(self.horizons)
        pooled = np.full((count, stack.shape[2]), np.nan)
        for k in range(count):
            mix(learnt.pool, k, stack[k], TRIM, pooled[k])
        if row.p_up is not None:
            said = Output(row.slow[None], p_up=row.p_up[None])
            pooled = self.flagship.leaning(pooled[None], said)[0]
        place = cells(np.array([row.hour]), self.horizons, relative[None])[0]
        corrected = np.full(pooled.shape, np.nan)
        for k in range(count):
            correct(learnt.tracking, k, pooled[k], float(np.exp(rich[k])), place, corrected[k])
        return corrected


def warm(
    flagship: Barograph, panel: Panel, outputs: Mapping[str, Output]
) -> tuple[Output, Warm, Row]:
    """Walk the flagship to the end of a panel.

    Returns
    -------
    output : Output
        Of every row, as ``combine`` gives it.
    warm : Warm
        What was learnt by the last row.
    row : Row
        The last row's warm features.
    """
    output, learnt = flagship.learn(panel, outputs)
    design = rich_design(panel)
    direction = outputs.get(flagship.direction)
    p_up = None if direction is None or direction.p_up is None else direction.p_up[-1]
    wanted = [name for name in (*flagship.experts, flagship.size) if name in outputs]
    row = Row(
        hour=int(panel.hours[-1]),
        variances={name: outputs[name].variance[-1] for name in wanted},
        slow=flagship.slow(panel)[-1],
        common=design.common[-1],
        ahead=design.ahead[-1],
        p_up=p_up,
    )
    return output, Warm(flagship, panel.horizons, learnt), row


def scale_of(state: ReturnScaleState, base: Floats, common: Floats, own: Floats) -> Floats:
    """Corrected log scale of one row, shape ``(H,)``."""
    return np.array([predict(state, k, base[k], common, own[k]) for k in range(len(base))])


def shape_of(state: ShapeState, horizons: tuple[int, ...], groups: Ints) -> Floats:
    """Quantiles of standardised returns of one row, shape ``(H, 13)``; NaN from too few."""
    levels = level_array()
    found = np.full((len(horizons), len(levels)), np.nan)
    for k, hours in enumerate(horizons):
        if state.known[k] >= LEAST_OUTCOMES + hours:
            quantiles(state, k, int(groups[k]), levels, found[k])
    return found
