"""barograph: the Bitcoin market forecast as a distribution.

>>> from barograph import Project
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from barograph.api import Project
    from barograph.core.errors import BarographError

__version__ = "0.1.0"
__all__ = ["BarographError", "Project", "__version__"]

_PLACES = {"Project": "barograph.api", "BarographError": "barograph.core.errors"}


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that importing the package is quick."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    """Name what is public."""
    return sorted(__all__)
