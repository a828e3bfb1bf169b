"""What a feature is, and what features share."""

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
        Over columns of the grid and of ``PARTS``; looks at rows at or before its own row, never
        after: ``tests/laws`` prove it.
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
    def reads(self) -> frozenset[str]:
        """Grid columns and parts the feature names, taken from the expression itself."""
        return frozenset(self.expr.meta.root_names())

    @property
    def inputs(self) -> frozenset[str]:
        """Grid columns the feature reads, directly or through parts."""
        from barograph.features.catalogue import inputs

        return inputs(self)


@dataclass(frozen=True, slots=True)
class Part:
    """A column several features are made of, computed once; never a feature itself.

    Attributes
    ----------
    name : str
        Begins with an underscore, so that no grid column or feature can be meant.
    expr : polars.Expr
        Over columns of the grid and of other parts, as causal as a feature's.
    """

    name: str
    expr: pl.Expr

    @property
    def column(self) -> pl.Expr:
        """The part, to be used in the expression of a feature or of another part."""
        return pl.col(self.name)

    @property
    def reads(self) -> frozenset[str]:
        """Grid columns and parts it names."""
        return frozenset(self.expr.meta.root_names())
