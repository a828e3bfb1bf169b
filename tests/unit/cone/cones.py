"""Forecasts to draw cones of: honest ones of a fat-tailed market, wide and narrow."""

import numpy as np
from scipy import stats

from barograph.core.levels import level_array
from barograph.core.time import HORIZONS
from barograph.core.types import Floats

HOURS = HORIZONS[-1]
FLAT = np.ones(HOURS)


def forecast(vol: float = 0.006, drift: float = 0.0, seed: int | None = None) -> Floats:
    """Published quantiles at the usual horizons, shape ``(6, 13)``.

    Student's t at an hour, nearly normal at a week; with a seed, widths and medians wander.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for place, horizon in enumerate(HORIZONS):
        scale = vol * np.sqrt(horizon) * (1.0 if seed is None else np.exp(rng.normal(0.0, 0.2)))
        shift = drift * horizon + (0.0 if seed is None else rng.normal(0.0, 0.1 * scale))
        rows.append(shift + scale * stats.t.ppf(level_array(), 4 + 4 * place))
    return np.array(rows)


def season(depth: float = 0.6) -> Floats:
    """Log factors by hour of the week: a daily wave, quiet weekends, shape ``(168,)``."""
    hour = np.arange(HOURS)
    return depth * np.sin(2 * np.pi * hour / 24) - 0.3 * (hour >= 120)
