"""What a target is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from barograph.core.types import Floats, Ints

Compute: TypeAlias = Callable[[Floats, Floats, Floats, Floats, tuple[int, ...]], Floats]
"""Opens, highs, lows and closes ``(n,)`` and horizons ``(H,)`` to values ``(n, H)``."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is forecast, over each horizon.

    Attributes
    ----------
    name : str
        Unique in the catalogue.
    compute : Compute
        Value of row ``i`` at horizon ``h`` looks at rows ``i ... i + h`` only; NaN where a bar
        it needs is missing or still to come.
    unit : str
        What one unit of the value means.
    formula : str
        The formula as a person would write it.
    """

    name: str
    compute: Compute
    unit: str
    formula: str


def known_at(hours: Ints, horizons: tuple[int, ...]) -> Ints:
    """Moment each target becomes known: the end of its last bar.

    Parameters
    ----------
    hours : ndarray of shape (n,)
        Origins, hours since 1970-01-01 UTC.
    horizons : tuple of int
        Hours ahead, ``H`` of them.

    Returns
    -------
    moments : ndarray of shape (n, H)
        Hours since 1970-01-01 UTC. Bars are final at their close, so nothing is added to it.
    """
    return hours[:, None] + np.array(check_horizons(horizons), dtype=np.int64)[None, :]


def check_horizons(horizons: tuple[int, ...]) -> tuple[int, ...]:
    """Return the horizons.

    Raises
    ------
    ValueError
        If there is none, or one is below 1.
    """
    if not horizons or min(horizons) < 1:
        raise ValueError(f"horizons must be whole hours of at least 1, got {horizons}")
    return horizons


def ahead(values: Floats, hours: int) -> Floats:
    """Values of ``hours`` rows later, shape ``(n,)``; NaN where there is no such row."""
    later = np.full(len(values), np.nan)
    if hours < len(values):
        later[: len(values) - hours] = values[hours:]
    return later
