"""Whether a feature sees the future: the truncation test (R-V4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose

import polars as pl

from barograph.features.base import Feature
from barograph.features.build import build


@dataclass(frozen=True, slots=True)
class Leak:
    """A value that changes when what came later is cut off.

    Attributes
    ----------
    feature : str
        Which feature.
    as_of : datetime
        At which origin.
    full, cut : float or None
        Its value on all the data, and on the data up to ``as_of``.
    """

    feature: str
    as_of: datetime
    full: float | None
    cut: float | None


def leaks(
    grid: pl.DataFrame, features: Mapping[str, Feature], rows: Iterable[int]
) -> tuple[Leak, ...]:
    """Compare features on the whole grid with the same on the grid cut at each of some rows.

    Parameters
    ----------
    grid : DataFrame
        The complete hourly grid.
    features : Mapping[str, Feature]
        What to test.
    rows : iterable of int
        Rows at which the data is cut.

    Returns
    -------
    found : tuple of Leak
        Every difference beyond rounding (a relative 1e-9), by row and then by feature.

    Raises
    ------
    InputError
        As for :func:`barograph.features.build.build`.
    """
    full = build(grid, features)
    found = []
    for row in rows:
        whole, cut = full.row(row, named=True), build(grid.head(row + 1), features)
        alone = cut.row(-1, named=True)
        found += [
            Leak(name, whole["as_of"], whole[name], alone[name])
            for name in features
            if not same(whole[name], alone[name])
        ]
    return tuple(found)


def same(a: float | None, b: float | None) -> bool:
    """Whether two values agree up to rounding; null agrees with null only."""
    if a is None or b is None:
        return a is b
    return isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
