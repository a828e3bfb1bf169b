r"""The calibrated cone: the model's own quantiles on an hourly grid (R-C1).

At a horizon of the model a band is the published quantile itself, to the last bit. Between two
horizons :math:`a < b` the hours are counted by the variance they are expected to bring,

.. math:: \lambda(t) = \frac{W(t) - W(a)}{W(b) - W(a)}, \qquad W(t) = \sum_{j \le t} w_j,

with the hour-of-week season as weights :math:`w`: variances of independent increments add, and an
afternoon in New York adds more than a Sunday morning. The median runs linearly in
:math:`\lambda`, and the squared distance of every other quantile from the median does too:

.. math:: (q_p(t) - q_{.5}(t))^2
   = (1 - \lambda) (q_p(a) - q_{.5}(a))^2 + \lambda (q_p(b) - q_{.5}(b))^2

from zero at the origin, so that the first stretch opens as the square root of variance. Distances
from the median that are ordered at both ends are ordered between them, so the bands never cross;
each distance runs monotonically from one horizon to the next, without a jump.
"""

from typing import Final

import numpy as np

from barograph.core.errors import InputError
from barograph.core.levels import LEVELS
from barograph.core.types import Floats, Ints

BANDS: Final = (0.023, 0.159, 0.500, 0.841, 0.977)
"""Lower 2σ, lower 1σ, middle, upper 1σ, upper 2σ."""
PLACES: Final = tuple(LEVELS.index(level) for level in BANDS)
"""Places of the bands among the published levels."""


def cone(quantiles: Floats, horizons: tuple[int, ...], weights: Floats) -> Floats:
    """Quantiles of the log return at every hour to the longest horizon.

    Parameters
    ----------
    quantiles : Floats
        Of the log return over each horizon, shape ``(..., H, Q)``: ascending, an odd number of
        levels of which the middle one is the median (all 13, or the five of ``PLACES``).
    horizons : tuple of int
        Hours ahead, ascending, ``H`` of them.
    weights : Floats
        Expected variance of each hour ahead in any one unit, positive, shape ``(..., T)`` with
        ``T`` the longest horizon.

    Returns
    -------
    bands : Floats
        Shape ``(..., T, Q)`` for the hours ``1 ... T``; NaN throughout where a quantile is NaN.

    Raises
    ------
    InputError
        If quantiles cross, a weight is not positive, or shapes disagree.
    """
    check(quantiles, horizons, weights)
    known = np.array((0, *horizons))
    hours = np.arange(1, known[-1] + 1)
    segment = np.searchsorted(known, hours) - 1
    clock = np.concatenate([np.zeros((*weights.shape[:-1], 1)), np.cumsum(weights, axis=-1)], -1)
    begin, end = clock[..., known[segment]], clock[..., known[segment + 1]]
    share = ((clock[..., 1:] - begin) / (end - begin))[..., None]
    middle = quantiles.shape[-1] // 2
    anchors = np.concatenate([np.zeros_like(quantiles[..., :1, :]), quantiles], axis=-2)
    median = anchors[..., middle : middle + 1]
    square = (anchors - median) ** 2
    side = np.sign(np.arange(quantiles.shape[-1]) - middle)
    far = np.sqrt(_between(square, segment, share))
    bands: Floats = _between(median, segment, share) + side * far
    bands[..., known[1:] - 1, :] = quantiles
    unknown = np.isnan(quantiles).any(axis=(-2, -1))
    bands[unknown] = np.nan
    return bands


def check(quantiles: Floats, horizons: tuple[int, ...], weights: Floats) -> None:
    """Refuse what makes no cone; see ``cone``."""
    count = len(horizons)
    if not count or min(horizons) < 1 or list(horizons) != sorted(set(horizons)):
        raise InputError(f"horizons {horizons} are not ascending hours from 1 on")
    shape = (*quantiles.shape[:-2], count, quantiles.shape[-1])
    if quantiles.ndim < 2 or quantiles.shape != shape or quantiles.shape[-1] % 2 == 0:
        raise InputError(
            f"got quantiles of shape {quantiles.shape}, wanted (..., {count}, an odd number)"
        )
    if weights.shape != (*quantiles.shape[:-2], horizons[-1]):
        raise InputError(
            f"got weights of shape {weights.shape} for quantiles {quantiles.shape}, "
            f"wanted one for each of {horizons[-1]} hours"
        )
    if not (np.isfinite(weights) & (weights > 0.0)).all():
        raise InputError("a weight of an hour is not a positive number")
    if (np.diff(quantiles, axis=-1) < 0.0).any():
        raise InputError("quantiles cross; sort them before asking for a cone")


def _between(anchors: Floats, segment: Ints, share: Floats) -> Floats:
    """Weighted mean of the two anchors around every hour, shape ``(..., T, Q)``."""
    mixed: Floats = (1.0 - share) * anchors[..., segment, :] + share * anchors[..., segment + 1, :]
    return mixed
