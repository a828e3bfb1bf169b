"""Every declared metric."""

from collections.abc import Mapping
from functools import cache

import barograph.metrics
from barograph.core.discover import discover
from barograph.metrics.base import Metric


@cache
def metrics() -> Mapping[str, Metric]:
    """Return the catalogue, sorted by name."""
    return discover(barograph.metrics, Metric, "METRICS")
