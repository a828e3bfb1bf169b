"""How much a forecast deserves to be trusted, in three words with a written definition (R-C4).

``high``
    The 68 % interval is no wider than its median of the last 180 days, and 68 % intervals that
    matured in the last 90 days held within 5 points of 68 %.
``low``
    The interval is wider than nine in ten of the last 180 days, or the matured ones were off by
    more than 10 points.
``medium``
    Everything else, and wherever there is too little history to say.
"""

from typing import Final

import numpy as np

from barograph.calibration.matured import matured_mean, matured_quantiles
from barograph.core.types import Floats, Ints

NAMES: Final = ("low", "medium", "high")
WIDTH_WINDOW: Final = 180 * 24
RECORD_WINDOW: Final = 90 * 24


def confidence(
    lower: Floats, upper: Floats, target_return: Floats, horizons: tuple[int, ...]
) -> Ints:
    """Grade every forecast.

    Parameters
    ----------
    lower, upper : Floats
        Ends of the 68 % interval, log return, shape ``(n, H)``; NaN where there is no forecast.
    target_return : Floats
        Outcomes, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : tuple of int
        Hours ahead.

    Returns
    -------
    grade : Ints
        Index into ``NAMES``, shape ``(n, H)``.
    """
    width = upper - lower
    none = (0,) * len(horizons)
    usual = matured_quantiles(width, none, np.array([0.5, 0.9]), WIDTH_WINDOW, WIDTH_WINDOW // 4)
    inside = np.where(
        np.isfinite(target_return) & np.isfinite(width),
        (target_return >= lower) & (target_return <= upper),
        np.nan,
    )
    held = matured_mean(inside, horizons, RECORD_WINDOW, RECORD_WINDOW // 3)
    off = np.abs(held - 0.682)
    grade = np.ones(width.shape, dtype=np.int64)
    grade[(width <= usual[:, :, 0]) & (off <= 0.05)] = 2
    grade[(width > usual[:, :, 1]) | (off > 0.10)] = 0
    return grade
