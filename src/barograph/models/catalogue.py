"""Every declared model."""

from collections.abc import Mapping

import barograph.models
from barograph.core.discover import discover
from barograph.core.errors import SettingsError
from barograph.models.base import Recipe


def recipes() -> Mapping[str, Recipe]:
    """Return the catalogue, sorted by name."""
    return discover(barograph.models, Recipe, "MODELS")  # type: ignore[type-abstract]


def pick(names: tuple[str, ...]) -> tuple[Recipe, ...]:
    """Return recipes by name, in the order asked.

    Raises
    ------
    SettingsError
        If a name is not in the catalogue.
    """
    known = recipes()
    for name in names:
        if name not in known:
            raise SettingsError(f"unknown model {name!r}; known: {', '.join(known)}")
    return tuple(known[name] for name in names)
