"""How a forecast came about: what each regressor and each step added, row by row.

A trace is written on the way by the steps themselves, so that what explains a forecast is the
arithmetic that made it. Everything adds up:

- ``har_terms`` to the log of the pooled variance per hour;
- ``scale_terms`` to the log of the rich return scale less half the log of the variance;
- ``conditional`` plus ``shifts``, sorted, to the published quantiles (a classifier that leans the
  distribution, which the live engine does not run, comes between).
"""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from barograph.core.levels import LEVELS
from barograph.core.types import Floats
from barograph.models.har_design import GROUPS

HAR_TERMS: Final[dict[str, str]] = {"level": "base", **GROUPS}
"""Parts of the log variance per hour and what each is about: the asset's unit of variance with
the factors of debiasing, then the regressors."""
SCALE_TERMS: Final[dict[str, str]] = {
    "intercept": "base",
    "weekday": "calendar",
    **{name: group for name, group in GROUPS.items() if name not in {"constant", "season_ahead"}},
    "height": "long_volatility",
    "season_ahead": "seasonality",
}
"""Parts of the return scale's correction. ``height`` is how far the forecast variance stands above
the half-year's: a negative weight pulls it back to the long memory."""
SHIFTS: Final = ("level", "time_of_day", "regime")
"""Parts of conformal tracking: by level alone, by hour of the day, by regime of volatility."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Parts of every answer; NaN or zero where there is none.

    Attributes
    ----------
    har_terms : Floats
        Parts named in ``HAR_TERMS``, shape ``(n, H, 23)``; they add up to the log of the pooled
        variance over the horizon less ``log(h)``.
    scale_terms : Floats
        Parts named in ``SCALE_TERMS``, shape ``(n, H, 24)``.
    scale : Floats
        Rich log scale of the return over the horizon, shape ``(n, H)``.
    unconditional : Floats
        Quantiles of the log return from the same scales and the same pool, the shape of all
        hours taken instead of that of hours like this one, shape ``(n, H, 13)``.
    conditional : Floats
        Quantiles of the pool before any lean and before conformal tracking, ``(n, H, 13)``.
    shifts : Floats
        What conformal tracking adds to each quantile, by ``SHIFTS``, shape ``(n, H, 3, 13)``.
    season_ahead : Floats
        Log of the mean seasonal factor of variance over the hours ahead, shape ``(n, H)``.
    """

    har_terms: Floats
    scale_terms: Floats
    scale: Floats
    unconditional: Floats
    conditional: Floats
    shifts: Floats
    season_ahead: Floats

    @classmethod
    def blank(cls, rows: int, horizons: int) -> "Trace":
        """Return a trace to be written."""
        levels = len(LEVELS)
        shapes = ((len(HAR_TERMS),), (len(SCALE_TERMS),), (), (levels,), (levels,), (3, levels), ())
        return cls(*(np.full((rows, horizons, *tail), np.nan) for tail in shapes))

    def rows(self, start: int, stop: int | None = None) -> "Trace":
        """Views of some rows; writing to them writes here."""
        return replace(self, **{f.name: getattr(self, f.name)[start:stop] for f in fields(self)})

    def take(self, start: int, block: "Trace") -> None:
        """Write a block's trace from row ``start`` on."""
        for f in fields(self):
            part = getattr(block, f.name)
            getattr(self, f.name)[start : start + len(part)] = part
