r"""Split conformal intervals around zero, on a rolling window with delayed feedback.

1. Every matured outcome leaves a score :math:`s_j = |r_j| / \sigma_j`, the return in units of the
   scale forecast for it.
2. For every pair of levels with nominal coverage ``c``, the :math:`\lceil (m + 1) c \rceil`-th
   smallest of the last ``m`` scores is taken [1]_ [2]_.
3. Times today's scale it is half the width of today's interval.

Were scores exchangeable, an interval would hold with a probability of at least ``c``, and at
most ``c + 1 / (m + 1)``. Market hours are not: scores overlap at long horizons, and their law
drifts. The window forgets; the guarantee is then approximate, and has to be measured.

Missing-value law: a NaN return or scale, or a scale that is not positive, leaves no score, and a
row whose scale is so has no quantiles. Row ``i`` reads outcomes of rows ``j`` with ``j + h <= i``
only.

References
----------
.. [1] Papadopoulos, Proedrou, Vovk & Gammerman (2002), "Inductive confidence machines for
   regression", ECML.
.. [2] Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), "Distribution-free predictive
   inference for regression", JASA 113(523), 1094-1111 (locally weighted scores).
"""

import numpy as np

from barograph.calibration.matured import matured_conformal_quantiles
from barograph.core.types import Floats


def split_conformal(
    scale: Floats,
    outcome: Floats,
    horizons: tuple[int, ...],
    levels: Floats,
    window: int = 365 * 24,
    least: int = 720,
) -> Floats:
    """Quantiles symmetric about zero from past returns in units of their scale.

    Parameters
    ----------
    scale : Floats
        Log-return scale at the origin, shape ``(n, H)``; only its relative size matters.
    outcome : Floats
        Log returns, shape ``(n, H)``; each is used from the hour it matures on.
    horizons : tuple of int
        Hours ahead, ``H`` of them.
    levels : Floats
        Probabilities, ascending and symmetric about a half, shape ``(Q,)``.
    window, least : int
        Hours of matured outcomes looked back over, and the fewest that make an interval.

    Returns
    -------
    quantiles : Floats
        Of the log return, shape ``(n, H, Q)``, non-decreasing along the last axis; NaN where the
        scale is not a positive number, and until ``least`` outcomes, and enough for the widest
        interval, have matured.
    """
    usable = np.where(scale > 0, scale, np.nan)
    pairs = len(levels) // 2
    coverages = (levels[::-1] - levels)[:pairs]
    scores = np.abs(outcome) / usable
    half = matured_conformal_quantiles(scores, horizons, coverages, window, least)
    half *= usable[:, :, None]
    whole = np.isfinite(half).all(axis=-1)
    quantiles = np.full((*scale.shape, len(levels)), np.nan)
    quantiles[whole] = 0.0  # the middle level, where there is one
    quantiles[whole, :pairs] = -half[whole]
    quantiles[whole, len(levels) - pairs :] = half[whole, ::-1]
    return quantiles
