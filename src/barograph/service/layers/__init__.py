"""Layers of the chart: one file each, ending in ``LAYERS = (...)``."""

import sys
from collections.abc import Mapping
from functools import cache

from barograph.core.discover import discover
from barograph.service.layers.base import LayerKind


@cache
def catalogue() -> Mapping[str, LayerKind]:
    """Every layer by name."""
    return discover(sys.modules[__name__], LayerKind, "LAYERS")
