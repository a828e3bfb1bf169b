"""From a scale to a distribution: past surprises, rescaled to today's volatility.

The one way every scale model becomes a distribution, so that models differ by their scale alone:

1. the variance forecast is multiplied by the discounted mean ratio of realised to forecast
   variance of matured outcomes (a forecast of squared returns is biased for Garman-Klass
   variance, one of log variance for variance);
2. quantiles are those of the matured standardised returns ``r / sigma`` of the window, times
   today's ``sigma``.
"""

from typing import Final

import numpy as np
from numba import njit

from barograph.calibration.rolling import rolling_quantiles
from barograph.core.levels import level_array
from barograph.core.types import Floats

SHAPE_WINDOW: Final = 365 * 24
BIAS_HALF_LIFE: Final = 90 * 24.0


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
    shape = rolling_quantiles(surprises, horizons, level_array(), window, window // 8)
    quantiles: Floats = shape * sigma[:, :, None]
    return quantiles


def matured_ratio(
    forecast: Floats,
    realised: Floats,
    horizons: tuple[int, ...],
    half_life: float = BIAS_HALF_LIFE,
) -> Floats:
    """Discounted mean of realised over forecast among matured outcomes, shape ``(n, H)``.

    The factor that minimises the discounted QLIKE of a rescaled forecast; one before the first
    outcome matures.
    """
    columns = [
        _ratio(np.ascontiguousarray(realised[:, k] / forecast[:, k]), h, 0.5 ** (1.0 / half_life))
        for k, h in enumerate(horizons)
    ]
    return np.stack(columns, axis=1)


@njit(cache=True)
def _ratio(ratio: Floats, lag: int, decay: float) -> Floats:  # pragma: no cover - compiled
    found = np.ones(len(ratio))
    total, weight = 0.0, 0.0
    for i in range(len(ratio)):
        if i >= lag and np.isfinite(ratio[i - lag]):
            total = decay * total + ratio[i - lag]
            weight = decay * weight + 1.0
        if weight > 0.0:
            found[i] = total / weight
    return found
