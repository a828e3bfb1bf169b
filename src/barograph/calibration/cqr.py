r"""Conformalised quantile regression on a rolling window with delayed feedback.

For every pair of levels ``a`` and ``1 - a`` of any quantile forecast:

1. every matured outcome leaves a score, how far it fell outside the interval issued for it
   (negative: how deep inside), in units of that interval's width [1]_ [2]_,
   :math:`s_j = \max(q_{a,j} - y_j,\; y_j - q_{1-a,j}) / (q_{1-a,j} - q_{a,j})`;
2. the :math:`\lceil (m + 1)(1 - 2a) \rceil`-th smallest of the last ``m`` scores is the correction;
3. both ends of today's interval move out (or in) by the correction times today's width.

A score is never below minus a half, so a narrowed pair never crosses itself; pairs that come to
cross each other are sorted, which cannot worsen a quantile [3]_. The median is not calibrated, a
shift of the whole distribution is not either: pairs are widened about their middle. As in
``split_conformal`` the guarantee supposes exchangeable scores and is approximate on a market.

Missing-value law: a NaN outcome, or a pair with a NaN or without width, leaves no score; a forecast
with a NaN is NaN. Row ``i`` reads outcomes of rows ``j`` with ``j + h <= i`` only.

References
----------
.. [1] Romano, Patterson & Candes (2019), "Conformalized quantile regression", NeurIPS.
.. [2] Sesia & Candes (2020), "A comparison of some conformal quantile regression methods", Stat
   9(1), e261 (the score in units of the width, "CQR-r").
.. [3] Chernozhukov, Fernandez-Val & Galichon (2010), "Quantile and probability curves without
   crossing", Econometrica 78(3), 1093-1125.
"""

import numpy as np

from barograph.calibration.matured import matured_conformal_quantiles
from barograph.core.types import Floats


def conformal_quantile_regression(
    forecast: Floats,
    outcome: Floats,
    horizons: tuple[int, ...],
    levels: Floats,
    window: int = 365 * 24,
    least: int = 720,
) -> Floats:
    """Quantiles whose central pairs are widened or narrowed to the coverage they claim.

    Parameters
    ----------
    forecast : Floats
        Quantiles, non-decreasing along the last axis, shape ``(n, H, Q)``; any unit.
    outcome : Floats
        What was forecast, same unit, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : tuple of int
        Hours ahead, ``H`` of them.
    levels : Floats
        Probabilities, ascending and symmetric about a half, shape ``(Q,)``.
    window, least : int
        Hours of matured outcomes looked back over, and the fewest that make a correction.

    Returns
    -------
    corrected : Floats
        Shape ``(n, H, Q)``, non-decreasing along the last axis; NaN where the forecast has a NaN,
        and until ``least`` outcomes, and enough for the widest pair, have matured.
    """
    corrected = np.array(forecast)
    whole = np.isfinite(forecast).all(axis=-1)
    for low in range(len(levels) // 2):
        high = len(levels) - 1 - low
        below, above = forecast[..., low], forecast[..., high]
        width = np.where(whole & (above > below), above - below, np.nan)
        score = np.maximum(below - outcome, outcome - above) / width
        coverage = levels[high] - levels[low]
        outward = matured_conformal_quantiles(score, horizons, np.array([coverage]), window, least)
        step = outward[..., 0] * (above - below)
        corrected[..., low] = below - step
        corrected[..., high] = above + step
    corrected[~np.isfinite(corrected).all(axis=-1)] = np.nan
    corrected.sort(axis=-1)
    return corrected
