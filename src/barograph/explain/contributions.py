r"""Contributions to the volatility and to the odds that are published; exact sums.

**Log volatility.** The published standard deviation :math:`s` of the return over ``h`` hours is
taken apart in the order in which it is made, because each step corrects what came before it:

1. variance: the pooled log variance per hour is linear in its regressors, so each group of them
   has its sum of coefficient times value, halved; :math:`\tfrac12 \log h` belongs to the base;
2. return scale: a linear correction of the same log, added to the same groups by regressor;
3. the rest, :math:`\log s` less the return scale: what the shape of returns, the pool with the
   long memory and conformal tracking add. It is no sum of regressors and is named
   ``calibration``.

Every group is then measured from what it usually is, the exponential mean of its own past (half
of the weight in the last 180 days): a contribution of 0.10 means 10 % more volatility *than this
group usually brings*. What is usual for all of them adds up in ``base``: what an hour without
anything unusual would have. Groups of regressors that move together (the ranges of the last hours)
share a name, since their coefficients mean little one by one.

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
SURE: Final = 1e-9
"""Odds are taken of a probability kept this far from 0 and 1: at most 20.7 either way."""


class Usual(NamedTuple):
    """What each group usually brings; a value, so that a step may be tried again.

    Attributes
    ----------
    total, weight : Floats
        Discounted sums of contributions and of weights, shape ``(H, K)`` each.
    """

    total: Floats
    weight: Floats


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
        Contributions to the log scale by group, of each linear step, shape ``(n, H)`` each; all
        of them add up to the log scale that shape and pool start from. ``base`` is the part that
        is nobody's, ``calibration`` joins what the steps behind the scale add.
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
    groups = list(dict.fromkeys(name for part in parts for name in part))
    names = (BASE, *(g for g in groups if g not in {BASE, CALIBRATION}), CALIBRATION)
    raw = np.zeros((*volatility.shape, len(names)))
    for part in parts:
        for name, values in part.items():
            raw[:, :, names.index(name)] += values
    raw[:, :, -1] += np.log(volatility) - raw.sum(axis=2)
    raw[~np.isfinite(raw).all(axis=2)] = np.nan
    if usual is None:
        usual = Usual(np.zeros(raw.shape[1:]), np.zeros(raw.shape[1:]))
    total, weight = usual.total.copy(), usual.weight.copy()
    values = _centred(raw, total, weight, 0.5 ** (1.0 / USUAL_HALF_LIFE))
    return Contributions(names, values), Usual(total, weight)


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
def _centred(raw: Floats, total: Floats, weight: Floats, keep: float) -> Floats:
    """Every part but the first less its exponential mean, which the first gains."""
    rows, horizons, parts = raw.shape
    values = np.full(raw.shape, np.nan)
    for i in range(rows):
        for k in range(horizons):
            if not np.isfinite(raw[i, k, 0]):
                continue
            base = raw[i, k, 0]
            for a in range(1, parts):
                total[k, a] = keep * total[k, a] + (1.0 - keep) * raw[i, k, a]
                weight[k, a] = keep * weight[k, a] + (1.0 - keep)
                mean = total[k, a] / weight[k, a]
                values[i, k, a] = raw[i, k, a] - mean
                base += mean
            values[i, k, 0] = base
    return values
