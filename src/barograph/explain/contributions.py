r"""Contributions to the volatility and to the odds that are published; exact sums.

**Log volatility.** The log of the published standard deviation over ``h`` hours is taken apart in
the order in which it is made:

1. scale: the pooled log variance and the return scale that corrects it are linear in their
   regressors. Every group of them has its sum of coefficient times value, in units of log
   volatility. Groups, since regressors that move together (ranges of the last hours) have
   coefficients that mean little one by one.
2. usual: each group is measured from what it usually is, the exponential mean of its own past
   (half of the weight in the last 180 days). The same mean of the published log volatility is the
   ``base``: an ordinary hour.
3. response: shrinking to the long memory and pooling with it let only part of a move of the scale
   through, nearly all of it at one hour, about a quarter at seven days. The slope of the published
   log volatility on the scale, learnt over a half-life of 90 days, says how much. A contribution
   is response times deviation: to first order, what the published volatility would lose if the
   group were as usual. Without this step a week's forecast would credit a group with four times
   what it does and give the rest back under another name.
4. ``calibration``: what is left, the part of shape, pool and conformal tracking that does not
   follow the scale. It makes the sum exact.

**Log-odds of a rise.** A quantile is no sum, so the stages of the distribution are passed one
after another and each gets the change of :math:`\log(p/(1-p))` it makes: the shape of all past
hours (drift of the long memory), the shape of hours in the present state of volatility, a
classifier where one is run, calibration by level and regime, calibration by time of day. The base
is even odds, 0.

Missing-value law: an hour and horizon without a forecast has NaN contributions, and nothing is
forgotten over it. Row ``i`` reads rows up to ``i``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from barograph.core.types import Floats
from barograph.metrics.distribution import moments

BASE: Final = "base"
CALIBRATION: Final = "calibration"
USUAL_HALF_LIFE: Final = 180 * 24.0
"""Forecasts in which the weight of the past halves in what counts as usual."""
RESPONSE_HALF_LIFE: Final = 90 * 24.0
"""The same of the response."""
PRIOR_ROWS: Final = 168.0
PRIOR_VARIANCE: Final = 0.04
"""The response starts at one, worth so many rows in which the scale varied so much."""
SURE: Final = 1e-9
"""Odds are taken of a probability kept this far from 0 and 1: at most 20.7 either way."""


class Usual(NamedTuple):
    """What is usual and how the published volatility responds; a value, never changed in place.

    Attributes
    ----------
    total : Floats
        Discounted sums of log volatility (first) and of every group, shape ``(H, K)``.
    weight : Floats
        Discounted number of rows, shape ``(H,)``.
    slope : Floats
        Discounted sums of 1, x, y, xx, xy of scale and log volatility, shape ``(H, 5)``.
    """

    total: Floats
    weight: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class Contributions:
    """Parts that add up, for every row.

    Attributes
    ----------
    names : tuple of str
        Of the parts; the first is the base.
    values : Floats
        Log units, shape ``(n, H, K)``; NaN where there is no forecast.
    """

    names: tuple[str, ...]
    values: Floats


def log_volatility(
    parts: Sequence[Mapping[str, Floats]],
    volatility: Floats,
    usual: Usual | None = None,
) -> tuple[Contributions, Usual]:
    """Take the log of the published volatility apart.

    Parameters
    ----------
    parts : sequence of mapping of str to Floats
        Contributions to the log scale by group, of each linear step, shape ``(n, H)`` each.
        ``base`` and ``calibration`` among them, what a step adds that is no regressor's, are
        covered by the parts of these names.
    volatility : Floats
        Published standard deviation of the log return over the horizon, shape ``(n, H)``.
    usual : Usual or None
        Where an earlier call stopped; None starts anew.

    Returns
    -------
    contributions : Contributions
        They sum to ``log(volatility)`` but for rounding. ``base`` first, then the groups in the
        order they are met, ``calibration`` last.
    usual : Usual
        After the last row. Continuing from it gives the bits that one call over all rows gives.
    """
    met = dict.fromkeys(name for part in parts for name in part)
    groups = [name for name in met if name not in {BASE, CALIBRATION}]
    raw = np.zeros((*volatility.shape, len(groups) + 1))
    raw[:, :, 0] = np.log(volatility)
    for part in parts:
        for place, name in enumerate(groups, start=1):
            raw[:, :, place] += part.get(name, 0.0)
    count, width = raw.shape[1:]
    if usual is None:
        usual = Usual(np.zeros((count, width)), np.zeros(count), np.zeros((count, 5)))
    after = Usual(usual.total.copy(), usual.weight.copy(), usual.slope.copy())
    keep = 0.5 ** (1.0 / np.array([USUAL_HALF_LIFE, RESPONSE_HALF_LIFE]))
    values = _walk(raw, after.total, after.weight, after.slope, keep)
    return Contributions((BASE, *groups, CALIBRATION), values), after


def grouped(terms: Floats, groups: Sequence[str], factor: float = 1.0) -> dict[str, Floats]:
    """Sum terms by group.

    Parameters
    ----------
    terms : Floats
        Contributions of single regressors, shape ``(n, H, k)``.
    groups : sequence of str
        Group of each, ``k`` of them.
    factor : float
        A half turns log variance into log volatility.

    Returns
    -------
    sums : dict of str to Floats
        Shape ``(n, H)`` each, in the order groups are met.

    Raises
    ------
    ValueError
        If there is not one group for each term.
    """
    if terms.shape[2] != len(groups):
        raise ValueError(f"{terms.shape[2]} terms, {len(groups)} groups; wanted one each")
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    return {group: factor * terms[:, :, held].sum(axis=2) for group, held in places.items()}


def log_odds(probability: Floats) -> Floats:
    """Log-odds of a probability, any shape; it is first kept ``SURE`` away from 0 and 1."""
    kept = np.clip(probability, SURE, 1.0 - SURE)
    odds: Floats = np.log(kept) - np.log1p(-kept)
    return odds


def log_odds_up(stages: Sequence[tuple[str, Floats]]) -> Contributions:
    """Take the log-odds of a rise apart, stage by stage.

    Parameters
    ----------
    stages : sequence of (str, Floats)
        Name of what a stage adds, and the quantiles of the log return after it, shape
        ``(n, H, 13)``, in the order in which the distribution is made; the last are those
        published. Quantiles that cross are sorted, as they are when published. Stages of one
        name are added up.

    Returns
    -------
    contributions : Contributions
        They sum to the log-odds of the published ``p_up`` but for rounding; ``base`` (even odds,
        0) first. Where ``p_up`` is 0 or 1 they sum to those of ``SURE`` or one less it, since a
        sum cannot be infinite: about 20.7 either way.
    """
    names = (BASE, *dict.fromkeys(name for name, _ in stages))
    shape = stages[0][1].shape[:2]
    values = np.zeros((*shape, len(names)))
    before = np.zeros(shape)
    for name, quantiles in stages:
        after = log_odds(rise(quantiles))
        values[:, :, names.index(name)] += after - before
        before = after
    values[~np.isfinite(values).all(axis=2)] = np.nan
    return Contributions(names, values)


def rise(quantiles: Floats) -> Floats:
    """Probability of a rise ``(n, H)`` from quantiles ``(n, H, 13)``; NaN where one is."""
    return moments(np.sort(quantiles, axis=2).reshape(-1, quantiles.shape[2])).p_up.reshape(
        quantiles.shape[:2]
    )


@njit(cache=True)
def _walk(raw: Floats, total: Floats, weight: Floats, slope: Floats, keep: Floats) -> Floats:
    """Contributions of every row; the sums are updated in place.

    ``raw`` holds log volatility, then the groups.
    """
    rows, horizons, width = raw.shape
    values = np.full((rows, horizons, width + 1), np.nan)
    for i in range(rows):
        for k in range(horizons):
            scale = 0.0
            for a in range(1, width):
                scale += raw[i, k, a]
            if not np.isfinite(scale + raw[i, k, 0]):
                continue
            weight[k] = keep[0] * weight[k] + 1.0
            for a in range(width):
                total[k, a] = keep[0] * total[k, a] + raw[i, k, a]
            response = _response(slope[k], scale, raw[i, k, 0], keep[1])
            base = total[k, 0] / weight[k]
            rest = raw[i, k, 0] - base
            for a in range(1, width):
                part = response * (raw[i, k, a] - total[k, a] / weight[k])
                values[i, k, a] = part
                rest -= part
            values[i, k, 0] = base
            values[i, k, width] = rest
    return values


@njit(cache=True)
def _response(sums: Floats, x: float, y: float, keep: float) -> float:
    """Add a point and give the slope of ``y`` on ``x``, shrunk to one."""
    for a, value in enumerate((1.0, x, y, x * x, x * y)):
        sums[a] = keep * sums[a] + value
    prior = PRIOR_ROWS * PRIOR_VARIANCE
    spread = sums[3] - sums[1] * sums[1] / sums[0]
    slope: float = (sums[4] - sums[1] * sums[2] / sums[0] + prior) / (max(spread, 0.0) + prior)
    return slope
