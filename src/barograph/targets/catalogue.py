"""Every declared target."""

from collections.abc import Mapping

import barograph.targets
from barograph.core.discover import discover
from barograph.targets.base import Target


def targets() -> Mapping[str, Target]:
    """Return the catalogue, sorted by name."""
    return discover(barograph.targets, Target, "TARGETS")
