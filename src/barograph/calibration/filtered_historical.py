"""From a scale to a distribution: past surprises, rescaled to today's volatility.

The one way every scale model becomes a distribution, so that models differ by their scale alone:
quantiles are those of the matured standardised returns ``r / sigma`` of the window, times today's
``sigma``. The forecast is debiased before (``calibration/debias.py``).
"""

from typing import Final

import numpy as np

from barograph.calibration.matured import matured_quantiles
from barograph.core.levels import level_array
from barograph.core.types import Floats

SHAPE_WINDOW: Final = 365 * 24


def filtered_historical(
    variance: Floats,
    target_return: Floats,
    horizons: tuple[int, ...],
    window: int = SHAPE_WINDOW,
) -> Floats:
    """Filtered historical simulation on a variance forecast.

    Parameters
    ----------
    variance : Floats
        Forecast of the integrated variance, shape ``(n, H)``; NaN where there is none.
    target_return : Floats
        Outcomes, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : tuple of int
        Hours ahead.
    window : int
        Hours of matured outcomes that make the shape; an eighth of it is the least.

    Returns
    -------
    quantiles : Floats
        Of the log return at ``LEVELS``, shape ``(n, H, 13)``; NaN until enough outcomes matured.

    References
    ----------
    .. [1] Barone-Adesi, Giannopoulos & Vosper (1999), "VaR without correlations for portfolios of
       derivative securities", Journal of Futures Markets 19(5), 583-602.
    """
    sigma = np.sqrt(variance)
    surprises = target_return / sigma
    shape = matured_quantiles(surprises, horizons, level_array(), window, window // 8)
    quantiles: Floats = shape * sigma[:, :, None]
    return quantiles
