"""Model Confidence Set: the models that no other is shown to beat.

The engine is ``arch.bootstrap.MCS``. Hourly losses of overlapping targets would make it both slow
and wrong, so they are first summed into blocks of at least a day and at least the horizon; the
stationary bootstrap then draws runs of those blocks. The means compared are those of the hourly
losses, exactly.
"""

from typing import Final

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.evaluation.significance import check, grid

SIZE = 0.10
"""Size of the test: the set holds the best model with probability 90 %."""

DAY = 24
FEWEST_BLOCKS = 10
REPETITIONS = 1000

DIGITS: Final = 9
"""Decimals of the mean block loss at which two models count as one."""

TINY: Final = 1e-300


def confidence_set(losses: Floats, hours: Ints, horizon: int, seed: int = 0) -> Floats:
    """P-value of each model's place in the set.

    Parameters
    ----------
    losses : ndarray of shape (n, k)
        Loss per origin and model, no NaN.
    hours : ndarray of shape (n,)
        Origins as hours since the epoch, strictly ascending.
    horizon : int
        Hours the forecasts look ahead.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    p_values : ndarray of shape (k,)
        In the set where above ``SIZE``. NaN where the origins fill fewer than
        ``FEWEST_BLOCKS`` blocks. Models of identical loss share one p-value; a single
        distinct model has p-value one.

    Raises
    ------
    InputError
        If there is no model, a loss is not finite, or hours do not ascend.

    References
    ----------
    .. [1] Hansen, Lunde & Nason (2011), "The model confidence set", Econometrica 79(2), 453-497.
    """
    if losses.ndim != 2 or losses.shape[1] == 0:
        raise InputError(f"got losses of shape {losses.shape}, wanted (origins, models)")
    check(losses.sum(axis=1), hours)
    blocks = blocked(losses, hours, max(DAY, horizon))
    if len(blocks) < FEWEST_BLOCKS:
        return np.full(losses.shape[1], np.nan)
    # Losses that differ by rounding alone are one model: their exact ties stop the elimination.
    rounded = np.round(blocks / max(float(np.abs(blocks).mean()), TINY), DIGITS)
    distinct, place = np.unique(rounded, axis=1, return_inverse=True)
    p_values: Floats = bootstrap(distinct, seed)[place.ravel()]
    return p_values


def blocked(losses: Floats, hours: Ints, length: int) -> Floats:
    """Sums over consecutive spans of ``length`` hours, scaled to keep each column's mean.

    Empty spans are left out; the result has shape ``(blocks, k)``.
    """
    if len(hours) == 0:
        return losses
    step = grid(hours)[1]
    span = (hours - hours[0]) // max(length, step)
    _, starts = np.unique(span, return_index=True)
    sums: Floats = np.add.reduceat(losses, starts, axis=0)
    return sums * (len(sums) / len(losses))


def bootstrap(blocks: Floats, seed: int) -> Floats:
    """P-values of distinct columns, by the range statistic."""
    if blocks.shape[1] == 1:
        return np.ones(1)
    from arch.bootstrap import MCS

    run = MCS(
        blocks,
        size=SIZE,
        reps=REPETITIONS,
        block_size=max(2, int(np.ceil(len(blocks) ** (1.0 / 3.0)))),
        method="R",
        bootstrap="stationary",
        seed=seed,
    )
    run.compute()
    p_values: Floats = run.pvalues["Pvalue"].sort_index().to_numpy(dtype=np.float64)
    return p_values
