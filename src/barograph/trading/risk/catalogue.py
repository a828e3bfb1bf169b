"""Every breaker and every gate, found by itself."""

from collections.abc import Mapping

from barograph.core.discover import discover
from barograph.trading import risk as package
from barograph.trading.risk.base import Breaker
from barograph.trading.risk.gate import Gate


def breakers() -> Mapping[str, Breaker]:
    """Breakers by name, with the numbers of S3 14.2; take ``fresh()`` ones of them."""
    return discover(package, Breaker, "BREAKERS")  # type: ignore[type-abstract]


def gates() -> Mapping[str, Gate]:
    """Gates by name, with the limits of S3 14.1."""
    return discover(package, Gate, "GATES")  # type: ignore[type-abstract]
