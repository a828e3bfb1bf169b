"""Every declared feature and part, and what a feature comes down to on the grid."""

from collections.abc import Mapping
from functools import cache

import barograph.features
from barograph.core.discover import discover
from barograph.features.base import Feature, Part


@cache
def features() -> Mapping[str, Feature]:
    """Return the catalogue, sorted by name."""
    return discover(barograph.features, Feature, "FEATURES")


@cache
def parts() -> Mapping[str, Part]:
    """Return what features share, sorted by name."""
    return discover(barograph.features, Part, "PARTS")


def inputs(feature: Feature) -> frozenset[str]:
    """Grid columns a feature reads, directly or through parts."""
    return feature.reads.union(*(p.reads for p in needed_parts([feature]))) - parts().keys()


def needed_parts(wanted: "list[Feature]") -> list[Part]:
    """Parts that features need, each after those it is made of itself."""
    ordered: dict[str, Part] = {}

    def visit(name: str) -> None:
        part = parts().get(name)
        if part is None or name in ordered:
            return
        for read in sorted(part.reads):
            visit(read)
        ordered[name] = part

    for feature in wanted:
        for name in sorted(feature.reads):
            visit(name)
    return list(ordered.values())
