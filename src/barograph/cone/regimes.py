"""What a regime does to volatility and drift: the prior that was proposed, and what was measured.

The prior multiplies volatility by 0.7, 1, 1.5 or 2 and moves the drift by half or one standard
deviation. Volatility is per square root of an hour here, and a drift of ``d`` moves the median by
``d`` standard deviations of a day, each day.

The prior is meant for one volatility for all times. Every forecast here is conditional already:
it is lower in a calm market before a multiplier comes in. ``MEASURED`` is the scale of what came
relative to what was forecast, in each regime; it is what the engine uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a regime does.

    Attributes
    ----------
    vol : float
        Factor of the volatility.
    drift : float
        Movement of the median, standard deviations of a day, per day.
    """

    vol: float = 1.0
    drift: float = 0.0


NONE: Final = Adjustment()

PRIOR: Final[Mapping[str, Adjustment]] = MappingProxyType(
    {
        "low_volatility": Adjustment(vol=0.7),
        "normal": Adjustment(),
        "high_volatility": Adjustment(vol=1.5),
        "trending_up": Adjustment(drift=0.5),
        "trending_down": Adjustment(drift=-0.5),
        "panic": Adjustment(vol=2.0, drift=-1.0),
    }
)
"""As proposed; measured against the data in the documents."""

MEASURED: Final[Mapping[str, Adjustment]] = MappingProxyType(
    {
        "low_volatility": Adjustment(vol=0.97),
        "normal": Adjustment(),
        "high_volatility": Adjustment(vol=0.97),
        "trending_up": Adjustment(vol=0.92),
        "trending_down": Adjustment(vol=1.08),
        "panic": Adjustment(vol=1.05),
    }
)
"""Measured on BTC and ETH, 2021 to 2025; a drift is zero where its interval holds zero."""


def adjustment(regime: str, table: Mapping[str, Adjustment] = MEASURED) -> Adjustment:
    """Adjustment of a regime by name; none for one that is unknown."""
    return table.get(regime, NONE)
