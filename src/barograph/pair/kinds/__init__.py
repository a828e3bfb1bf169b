"""Kinds of events of the pair, found by themselves."""

from collections.abc import Mapping
from functools import cache

from barograph.core.discover import discover
from barograph.pair.kinds.base import Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """Kinds by name."""
    from barograph.pair import kinds as package

    return discover(package, Kind, "KINDS")
