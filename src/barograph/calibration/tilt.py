"""Move a distribution until it rises with a given probability."""

import numpy as np

from barograph.core.levels import level_array
from barograph.core.types import Floats


def tilt_shift(quantiles: Floats, p_up: Floats) -> Floats:
    """Shift after which the return is above zero with probability ``p_up``.

    Parameters
    ----------
    quantiles : Floats
        At ``LEVELS``, shape ``(n, H, 13)``; NaN where there are none.
    p_up : Floats
        Wanted probabilities, shape ``(n, H)``; those beyond the outer levels count as they.

    Returns
    -------
    shift : Floats
        To be added to every quantile, shape ``(n, H)``. The quantile at ``1 - p_up`` is read as
        ``metrics.distribution`` reads it, linear in the normal score between levels, so that the
        published ``p_up`` of the moved distribution is the one asked for.
    """
    from scipy.special import ndtri

    levels = level_array()
    wanted = np.clip(1.0 - p_up, levels[0], levels[-1])
    right = np.clip(np.searchsorted(levels, wanted), 1, len(levels) - 1)
    scores = ndtri(levels)
    share = (ndtri(wanted) - scores[right - 1]) / (scores[right] - scores[right - 1])
    below = np.take_along_axis(quantiles, right[:, :, None] - 1, axis=2)[:, :, 0]
    above = np.take_along_axis(quantiles, right[:, :, None], axis=2)[:, :, 0]
    shift: Floats = -(below * (1.0 - share) + above * share)
    return shift
