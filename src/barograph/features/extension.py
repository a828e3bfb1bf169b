"""Features of the user's own: a module that ends in ``FEATURES``."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import InputError, LeakError
from barograph.features.base import Feature
from barograph.features.catalogue import features as declared
from barograph.features.causality import leaks

CUTS: Final = 24
"""Moments at which the future is cut off to see whether a feature notices."""


def extended(known: Mapping[str, Feature], path: Path) -> Mapping[str, Feature]:
    """Add the features a module declares to a catalogue.

    Parameters
    ----------
    known : Mapping[str, Feature]
        The catalogue to extend.
    path : Path
        A Python file. It is executed: load only what you trust.

    Returns
    -------
    catalogue : Mapping[str, Feature]
        Known and new, sorted by name.

    Raises
    ------
    InputError
        If the file is missing or fails, exports no features, or takes a name that is taken.
    """
    if not path.is_file():
        raise InputError(f"no feature module at {path}; give the path of a .py file")
    spec = importlib.util.spec_from_file_location(f"barograph_extension_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is no Python module; give the path of a .py file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path} failed: {type(error).__name__}: {error}") from error
    declared = getattr(module, "FEATURES", ())
    if not declared:
        raise InputError(f"{path} exports no FEATURES; end it with FEATURES = (...)")
    added: dict[str, Feature] = {}
    for item in declared:
        if not isinstance(item, Feature):
            raise InputError(f"{path}: FEATURES holds {item!r}, not a Feature")
        if item.name in known or item.name in added:
            raise InputError(f"{path}: the name {item.name!r} is taken; choose another")
        added[item.name] = item
    return MappingProxyType(dict(sorted({**known, **added}.items())))


def own(catalogue: Mapping[str, Feature]) -> Mapping[str, Feature]:
    """The features of a catalogue that are not shipped with barograph."""
    shipped = declared()
    return {name: feature for name, feature in catalogue.items() if name not in shipped}


def refuse_leaks(grid: pl.DataFrame, catalogue: Mapping[str, Feature]) -> None:
    """Hold the user's own features to the law ours obey: nothing later than the row is read.

    The truncation test at ``CUTS`` moments spread over the bars there are. The shipped features
    are held to it by the tests.

    Raises
    ------
    LeakError
        Naming the first feature that changes when the future is cut off, and the moment.
    """
    added = own(catalogue)
    held = np.flatnonzero(grid["close"].is_not_null().to_numpy())[:-1]
    if not added or not len(held):
        return
    rows = held[np.unique(np.linspace(0, len(held) - 1, CUTS).astype(int))]
    found = leaks(grid, added, [int(row) for row in rows])
    if found:
        first = found[0]
        raise LeakError(
            f"feature {first.feature!r} reads the future: at {first.as_of:%Y-%m-%dT%H:%M} it is "
            f"{first.full} with what came later and {first.cut} without; use no later row"
        )
