"""Find what each package declares, so that adding a thing means adding a file."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything a catalogue can hold."""

    @property
    def name(self) -> str:
        """Unique within the catalogue."""
        ...


T = TypeVar("T", bound=Named)


def discover(package: ModuleType, kind: type[T], attribute: str) -> Mapping[str, T]:
    """Collect the declarations of every module of a package.

    Parameters
    ----------
    package : ModuleType
        The package to walk, for instance ``barograph.features``.
    kind : type
        What each declaration must be an instance of.
    attribute : str
        The tuple each declaring module exports, for instance ``"FEATURES"``.

    Returns
    -------
    catalogue : Mapping[str, T]
        Read-only, sorted by name, so that the order of files on disk cannot matter.

    Raises
    ------
    TypeError
        If a module exports something that is not of ``kind``.
    ValueError
        If two modules declare the same name.
    """
    found: dict[str, T] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for item in getattr(import_module(module.name), attribute, ()):
            if not isinstance(item, kind):
                raise TypeError(f"{module.name}.{attribute} holds {item!r}, not a {kind.__name__}")
            if item.name in found:
                raise ValueError(f"{module.name} declares {item.name!r} a second time")
            found[item.name] = item
    return MappingProxyType(dict(sorted(found.items())))
