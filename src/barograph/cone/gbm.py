r"""The other engine: geometric Brownian motion, ten thousand paths, one unit of time.

.. math:: P_t = P_0 \exp\big((\mu - \tfrac12 \sigma^2) t + \sigma B_t\big)

with :math:`t` in hours, :math:`\mu` per hour and :math:`\sigma` per square root of an hour: there
is no second unit that a step could be mistaken for. It knows one volatility and no season, no
return of volatility to its mean and no fat tail; it is shown beside the calibrated cone as the
textbook's answer, and the study measures what that costs.

The order statistics of :math:`a + b B_t` with :math:`b > 0` are those of :math:`B_t`, moved and
stretched. So the ten thousand paths are drawn once for a seed, and every cone made of them is
exactly the Monte Carlo cone, in microseconds.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from barograph.cone.bands import BANDS
from barograph.cone.regimes import Adjustment
from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.metrics.distribution import moments, normal_scores

PATHS: Final = 10_000
SEED: Final = 7
DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Gbm:
    """A geometric Brownian motion.

    Attributes
    ----------
    drift : float
        Growth rate of the expected price, per hour.
    vol : float
        Standard deviation of the log return, per square root of an hour; not negative.
    """

    drift: float
    vol: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.drift) and np.isfinite(self.vol) and self.vol >= 0.0):
            raise InputError(f"no Brownian motion has drift {self.drift} and vol {self.vol}")

    @property
    def trend(self) -> float:
        """Hourly growth of the median's logarithm: drift less half the variance."""
        return self.drift - 0.5 * self.vol**2

    def closed_form(self, hours: int, levels: tuple[float, ...] = BANDS) -> Floats:
        """Exact quantiles of the log return after ``1 ... hours``, shape ``(hours, q)``."""
        t = np.arange(1.0, hours + 1.0)[:, None]
        exact: Floats = self.trend * t + self.vol * np.sqrt(t) * normal_scores(np.array(levels))
        return exact

    def paths(self, hours: int, count: int = PATHS, seed: int = SEED) -> Floats:
        """Log returns after ``1 ... hours`` along random paths, shape ``(count, hours)``."""
        t = np.arange(1.0, hours + 1.0)
        drawn: Floats = self.trend * t + self.vol * brownian(hours, count, seed)
        return drawn

    def bands(
        self,
        hours: int,
        levels: tuple[float, ...] = BANDS,
        count: int = PATHS,
        seed: int = SEED,
    ) -> Floats:
        """Quantiles of ``paths`` at every hour, shape ``(hours, q)``."""
        t = np.arange(1.0, hours + 1.0)[:, None]
        found: Floats = self.trend * t + self.vol * _standard(hours, levels, count, seed)
        return found


def brownian(hours: int, count: int, seed: int) -> Floats:
    """Standard Brownian motion at hours ``1 ... hours``, shape ``(count, hours)``."""
    return _walks(hours, count, seed).T


def _walks(hours: int, count: int, seed: int) -> Floats:
    """The same hour by hour in memory, as sums and sorts over paths want it."""
    walked = np.random.default_rng(seed).standard_normal((hours, count))
    np.cumsum(walked, axis=0, out=walked)
    return walked


@lru_cache(maxsize=8)
def _standard(hours: int, levels: tuple[float, ...], count: int, seed: int) -> Floats:
    """Quantiles over the paths of standard Brownian motion, shape ``(hours, q)``; read-only."""
    ranked = _walks(hours, count, seed)
    ranked.sort(axis=1)
    place = np.array(levels) * (count - 1)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, count - 1)
    found: Floats = ranked[:, below] + (place - below) * (ranked[:, above] - ranked[:, below])
    found.flags.writeable = False
    return found


def from_quantiles(quantiles: Floats, horizon: int, adjustment: Adjustment) -> Gbm:
    """Brownian motion with the moments of one forecast, adjusted for the regime.

    Parameters
    ----------
    quantiles : Floats
        Published quantiles of the log return over ``horizon`` hours, shape ``(13,)``.
    horizon : int
        Hours they look ahead.
    adjustment : Adjustment
        What the regime does to volatility and drift.
    """
    law = moments(quantiles[None])
    vol = float(law.vol[0]) / np.sqrt(horizon)
    trend = float(law.mean[0]) / horizon + adjustment.drift * vol * np.sqrt(DAY) / DAY
    vol *= adjustment.vol
    return Gbm(drift=trend + 0.5 * vol**2, vol=vol)
