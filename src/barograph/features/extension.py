"""Features of the user's own: a module that ends in ``FEATURES``."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from barograph.core.errors import InputError
from barograph.features.base import Feature


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
