r"""Random paths whose distribution at every hour is the cone's, exactly.

Dependence between hours is a Gaussian copula [1]_: the normal scores of a path run like a Brownian
motion on the clock of the cone's own variance,

.. math:: \operatorname{corr}(Z_s, Z_t) = \sqrt{V(s) / V(t)}, \qquad s \le t,

with :math:`V` the squared half-width of the 1σ band, never falling. Returns of a random walk
whose steps have that variance are correlated so; with the same volatility at all hours it is
:math:`\sqrt{s/t}`.

Sampling is stratified at every hour: of ``n`` paths the one that ranks ``i``-th by its score gets
the cone's quantile at :math:`(i - \frac12)/n`. Ranks keep the dependence; the sorted paths are the
cone's distribution to the last bit, whatever the seed.

References
----------
.. [1] Nelsen (2006), "An Introduction to Copulas", 2nd ed., Springer.
"""

from typing import Final

import numpy as np

from barograph.cone.bands import cone
from barograph.core.errors import InputError
from barograph.core.levels import LEVELS
from barograph.core.types import Floats
from barograph.metrics.distribution import quantile

PATHS: Final = 1_000
LOWER, UPPER = LEVELS.index(0.159), LEVELS.index(0.841)
LEAST: Final = 1e-12
"""Share of the variance that passes evenly, so that no hour is without any."""


def paths(
    quantiles: Floats,
    horizons: tuple[int, ...],
    weights: Floats,
    count: int = PATHS,
    seed: int = 7,
) -> Floats:
    """Log returns along random paths.

    Parameters
    ----------
    quantiles : Floats
        Published quantiles, shape ``(H, 13)``.
    horizons : tuple of int
        Hours ahead, ``H`` of them.
    weights : Floats
        Expected variance of each hour ahead, shape ``(T,)``.
    count, seed : int
        Number of paths, at least 2, and what they are drawn by.

    Returns
    -------
    returns : Floats
        After ``1 ... T`` hours, shape ``(count, T)``.

    Raises
    ------
    InputError
        If the quantiles are unknown or cross, shapes disagree, or there are too few paths.
    """
    if count < 2:
        raise InputError(f"asked for {count} paths, wanted at least 2")
    bands = cone(quantiles, horizons, weights)
    if np.isnan(bands).any():
        raise InputError("no paths are drawn of an unknown forecast")
    steps = np.random.default_rng(seed).standard_normal((count, len(bands)))
    walked = np.cumsum(steps * np.sqrt(np.diff(variance_clock(bands, weights), prepend=0.0)), 1)
    rank = np.argsort(np.argsort(walked, axis=0), axis=0)
    levels = (np.arange(count) + 0.5) / count
    returns: Floats = np.take_along_axis(quantile(bands, levels).T, rank, axis=0)
    return returns


def variance_clock(bands: Floats, weights: Floats) -> Floats:
    """Variance passed by each hour, ascending, shape ``(T,)``; see the module for its source."""
    half = (bands[:, UPPER] - bands[:, LOWER]) / 2.0
    passed = np.maximum.accumulate(half**2)
    even = np.cumsum(weights) / np.sum(weights)
    clock: Floats = passed + LEAST * max(passed[-1], LEAST) * even
    return clock
