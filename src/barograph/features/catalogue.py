"""Every declared feature."""

from collections.abc import Mapping

import barograph.features
from barograph.core.discover import discover
from barograph.features.base import Feature


def features() -> Mapping[str, Feature]:
    """Return the catalogue, sorted by name."""
    return discover(barograph.features, Feature, "FEATURES")
