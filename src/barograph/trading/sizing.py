r"""How much to hold: half of Kelly's fraction, no more volatile than a target, capped (R-K3).

A bet that wins :math:`W` with probability :math:`p` and else loses :math:`L`, per unit held, lets
equity grow fastest in the long run if the part

.. math:: f = p - \frac{1 - p}{b}, \quad b = \frac{W}{L}

of it is at risk [1]_, that is, if :math:`f / L` units are held: it maximises
:math:`p \ln(1 + xW) + (1 - p) \ln(1 - xL)` over :math:`x`. Half of it gives three quarters of the
growth at half the volatility. The costs of a round trip come off the win and onto the loss.

``docs/explanation/risk.md`` derives this, says what it leaves out, and why the expression of S3
14.3 is not used.

References
----------
.. [1] Kelly (1956), "A new interpretation of information rate", Bell System Technical Journal 35,
   917-926.
"""

from typing import Final

import numpy as np
from pydantic import Field

from barograph.core.settings import Strict
from barograph.core.types import Floats
from barograph.trading.odds import Odds


class Sizing(Strict):
    """Numbers of the rule.

    Attributes
    ----------
    part : float
        Of the exposure that grows fastest; 0.5 is half Kelly.
    target_vol : float
        Largest standard deviation of a day that a position may be expected to have, as a fraction
        of equity.
    cap : float
        Largest exposure, as a multiple of equity.
    step : float
        Exposures are rounded down to multiples of this, so that noise is not traded.
    """

    part: float = Field(default=0.5, gt=0.0, le=1.0)
    target_vol: float = Field(default=0.02, gt=0.0, le=1.0)
    cap: float = Field(default=1.0, gt=0.0, le=100.0)
    step: float = Field(default=0.1, gt=0.0, le=1.0)


HALF_KELLY: Final = Sizing()
"""Half Kelly, two per cent a day, never more than what there is."""


def kelly(p: Floats, b: Floats) -> Floats:
    """Part of equity to risk on a bet that wins ``b`` times what it may lose.

    Parameters
    ----------
    p : ndarray
        Probability of winning.
    b : ndarray of the same shape
        Win over loss, not negative.

    Returns
    -------
    f : ndarray
        Within [0, 1]: 0 where the bet has no edge, NaN where anything is unknown.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        lost: Floats = np.where(p == 1.0, 0.0, (1.0 - p) / b)
        found: Floats = np.maximum(p - lost, 0.0)
    return found


def fastest(found: Odds, side: Floats, cost: float) -> Floats:
    """Exposure on a side that grows fastest, ``f / L``, shape of the odds.

    Parameters
    ----------
    found : Odds
    side : ndarray
        Positive for long, negative for short, 0 for none, NaN where unknown.
    cost : float
        Of a round trip, as a fraction.

    Returns
    -------
    exposure : ndarray
        Not negative; 0 without an edge, infinite where nothing can be lost, NaN where unknown.
    """
    is_long = side > 0.0
    p = np.where(is_long, found.up, 1.0 - found.up)
    win = np.maximum(np.where(is_long, found.gain, found.loss) - cost, 0.0)
    loss = np.where(is_long, found.loss, found.gain) + cost
    with np.errstate(divide="ignore", invalid="ignore"):
        f = kelly(p, win / loss)
        exposure: Floats = np.where(f > 0.0, f / loss, 0.0 * f)
    # Nothing to lose and nothing to win is no bet; something to win and nothing to lose is.
    sure = (loss == 0.0) & (p * win > 0.0)
    exposure = np.where(sure, np.inf, np.where((loss == 0.0) & ~sure, 0.0, exposure))
    known = np.isfinite(side) & np.isfinite(found.up)
    return np.where(known, np.where(side == 0.0, 0.0, exposure), np.nan)


def sized(
    side: Floats, found: Odds, daily_vol: Floats, cost: float, rule: Sizing = HALF_KELLY
) -> Floats:
    """Exposures of the sides that a strategy takes.

    Parameters
    ----------
    side : ndarray of shape (n, m)
        Its sign says the side; its size is not looked at. NaN where there is no opinion.
    found : Odds
        Of the horizon that is traded, of the same shape.
    daily_vol : ndarray of shape (n, m)
        Expected standard deviation of a day's log return of what is traded.
    cost : float
        Of a round trip, as a fraction.
    rule : Sizing

    Returns
    -------
    exposure : ndarray of shape (n, m)
        Negative for short; 0 where costs leave no edge on that side; NaN where ``side``, the odds
        or the volatility are unknown. Each value from its own row and column alone.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        calm = np.where(daily_vol > 0.0, rule.target_vol / daily_vol, np.inf)
        size = np.minimum(np.minimum(rule.part * fastest(found, side, cost), calm), rule.cap)
        # A hair is added so that 0.3 is three steps of 0.1 in spite of its binary digits.
        size = np.floor(size / rule.step + 1e-9) * rule.step
    exposure: Floats = np.where(np.isnan(daily_vol), np.nan, np.sign(side) * size)
    return exposure
