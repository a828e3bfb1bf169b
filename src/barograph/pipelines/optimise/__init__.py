"""Parameters of a strategy chosen walk-forward: configurations, windows, the path, files."""

from barograph.pipelines.optimise.document import document, write
from barograph.pipelines.optimise.run import Optimised, Search, optimise

__all__ = ["Optimised", "Search", "document", "optimise", "write"]
