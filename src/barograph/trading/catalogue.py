"""Every strategy, found by itself."""

from collections.abc import Mapping

from barograph.core.discover import discover
from barograph.trading import strategies as package
from barograph.trading.strategies.base import Strategy


def strategies() -> Mapping[str, Strategy]:
    """Strategies by name."""
    return discover(package, Strategy, "STRATEGIES")
