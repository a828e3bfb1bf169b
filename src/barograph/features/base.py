"""What a feature is."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of the design matrix, as an expression over the as-of hourly grid.

    The grid is complete: one row per hour from the first bar on, null where the supplier has
    no bar, so that a window of ``n`` rows is a window of ``n`` hours.

    Attributes
    ----------
    name : str
        Column name; unique in the catalogue.
    expr : polars.Expr
        Looks at rows at or before its own row, never after: ``tests/laws`` prove it.
    lookback : int
        Rows, the current one included, that ``expr`` reads; before that many hours of history
        the value is null. For a recursive feature: the length at which the weight of all that
        lies further back falls below ``tolerance``.
    unit : str
        What one unit of the value means; ``1`` for a pure number.
    formula : str
        The formula as a person would write it, for the generated feature table.
    group : str
        The family it belongs to (``price``, ``volatility``, ``technical`` ...).
    tolerance : float
        Relative weight left beyond ``lookback``; zero for a finite window.
    """

    name: str
    expr: pl.Expr
    lookback: int
    unit: str
    formula: str
    group: str
    tolerance: float = 0.0

    @property
    def inputs(self) -> frozenset[str]:
        """Grid columns the feature reads, taken from the expression itself."""
        return frozenset(self.expr.meta.root_names())
