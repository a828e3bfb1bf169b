r"""What a forecast says of a bet: how often it wins, how much then, and how much it loses else.

For a long position of one unit of equity over the horizon the bet pays :math:`R = e^r - 1` of the
log return :math:`r`, a short one :math:`-R`. With :math:`R^+ = \max(R, 0)`, the forecast's

.. math:: p = P(R > 0), \quad W = E[R^+] / p, \quad L = E[(-R)^+] / (1 - p)

are its chance, its expected win and its expected loss. They are exact integrals of the quantile
function of ``metrics.distribution``, which says what that function is: a piece that is linear in
the normal score, :math:`Q = a + bz`, gives

.. math:: \int_{z_0}^{z_1} e^{a + bz} \phi(z)\, dz
          = e^{a + b^2/2} \left[ \Phi(z_1 - b) - \Phi(z_0 - b) \right]

and a tail of mass :math:`w` from :math:`q` with scale :math:`\beta` outward
:math:`e^q w / (1 \pm \beta)`, in each case from where the function crosses zero.
"""

from dataclasses import dataclass

import numpy as np

from barograph.core.types import Floats
from barograph.metrics.distribution import checked, moments, normal_scores, tail_scales


@dataclass(frozen=True, slots=True)
class Odds:
    """A long bet of one unit of equity, as the forecasts see it; NaN where there is no forecast.

    Attributes
    ----------
    up : Floats
        Probability of a rise.
    gain, loss : Floats
        Expected simple return where the price rises, and its fall where it does not, both not
        negative, fractions. All three are of one shape.
    """

    up: Floats
    gain: Floats
    loss: Floats

    def rows(self, rows: slice) -> "Odds":
        """Some of the hours."""
        return Odds(self.up[rows], self.gain[rows], self.loss[rows])


def odds(quantiles: Floats, levels: Floats | None = None) -> Odds:
    """Odds of each row.

    Parameters
    ----------
    quantiles : ndarray of shape (n, q)
        Of the log return, ascending along each row; a row that holds a NaN gives NaN.
    levels : ndarray of shape (q,), optional
        The published ones when None.

    Returns
    -------
    odds : Odds
        Of shape ``(n,)``. Where a rise (or a fall) has no chance its gain (or loss) is 0. Where
        the upper tail is so heavy that the expected price is infinite, so is the gain.

    Raises
    ------
    InputError
        If quantiles cross, or the shapes disagree.
    """
    q, tau = checked(quantiles, levels)
    up = moments(q, tau).p_up
    rises, falls = _parts(q, tau), _parts(-q[:, ::-1], 1.0 - tau[::-1], sign=-1.0)
    with np.errstate(invalid="ignore"):
        gain = np.where(up > 0.0, rises / np.maximum(up, np.finfo(float).tiny), 0.0)
        loss = np.where(up < 1.0, falls / np.maximum(1.0 - up, np.finfo(float).tiny), 0.0)
    unknown = np.isnan(up)
    return Odds(up, np.where(unknown, np.nan, gain), np.where(unknown, np.nan, loss))


def _parts(q: Floats, tau: Floats, sign: float = 1.0) -> Floats:
    """``E[|exp(sign * Q) - 1|; Q > 0]`` of each row: what is won beyond zero, times its chance."""
    z = normal_scores(tau)
    slope = np.diff(q) / np.diff(z)
    start = q[:, :-1] - slope * z[:-1]
    from_z = _crossing(q, z)
    total: Floats = _piece(start, slope, from_z, z[1:], sign).sum(axis=1)
    return total + _lower(q, tau, sign) + _upper(q, tau, sign)


def _crossing(q: Floats, z: Floats) -> Floats:
    """Normal score within each piece from which on it is above zero; its end where it never is."""
    left, right = q[:, :-1], q[:, 1:]
    gap = right - left
    share = np.divide(-left, gap, out=(left <= 0.0).astype(float), where=gap > 0.0)
    found: Floats = z[:-1] + np.clip(share, 0.0, 1.0) * np.diff(z)
    return found


def _piece(start: Floats, slope: Floats, low: Floats, high: Floats, sign: float) -> Floats:
    from scipy.special import ndtr

    b = sign * slope
    grown = np.exp(sign * start + b**2 / 2.0) * (ndtr(high - b) - ndtr(low - b))
    found: Floats = sign * (grown - (ndtr(high) - ndtr(low)))
    return found


def _lower(q: Floats, tau: Floats, sign: float) -> Floats:
    """The tail below the lowest level, as far as it is above zero."""
    down, _ = tail_scales(q, tau)
    edge, mass = np.maximum(q[:, 0], 0.0), tau[0]
    left = np.exp(-np.divide(edge, down, out=np.full_like(edge, np.inf), where=down > 0.0))
    b = sign * down
    grown = np.exp(sign * edge) * mass / (1.0 + b) * (1.0 - left ** (1.0 + b))
    return np.where(edge > 0.0, sign * (grown - mass * (1.0 - left)), 0.0)


def _upper(q: Floats, tau: Floats, sign: float) -> Floats:
    """The tail above the highest level, as far as it is above zero."""
    _, up = tail_scales(q, tau)
    edge, mass = q[:, -1], 1.0 - tau[-1]
    flat = np.where(edge >= 0.0, 0.0, np.inf)
    passed = np.divide(-edge, up, out=flat, where=up > 0.0)
    share = np.exp(-np.maximum(passed, 0.0))
    b = sign * up
    # Of the part above zero: from its own edge, which is q or 0, with the same scale.
    grown = np.exp(sign * np.maximum(edge, 0.0)) / np.where(b < 1.0, 1.0 - b, np.nan)
    value = np.where(b >= 1.0, np.inf, sign * (grown - 1.0))
    found: Floats = mass * np.where(share > 0.0, share, 1.0) * np.where(share > 0.0, value, 0.0)
    return found
