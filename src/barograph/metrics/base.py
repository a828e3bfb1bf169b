"""What a metric is, and the columns it may read.

A scored frame holds one row per forecast: the columns of ``forecasts.parquet`` beside what came
of it (``price`` at the origin, ``realised_return``, ``realised_variance``) and its slices. An
outcome that is not known yet is null and is left out; how many forecasts were counted is always
stated beside the score.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import polars as pl

from barograph.core.levels import column

Orientation: TypeAlias = Literal["lower", "higher", "target"]
Combine: TypeAlias = Callable[..., pl.Expr]

RETURN: Final = pl.col("realised_return")
VARIANCE: Final = pl.col("realised_variance")
PRICE: Final = pl.col("price")
PRICE_THEN: Final = PRICE * RETURN.exp()
"""Price at the end of the horizon."""

MEAN: Final = pl.col("mean")
MEDIAN: Final = pl.col(column(0.5))
FORECAST_VARIANCE: Final = pl.col("variance")
P_UP: Final = pl.col("p_up")


def mean(term: pl.Expr) -> pl.Expr:
    """Mean over a group; nulls are left out."""
    return term.mean()


def root_mean(term: pl.Expr) -> pl.Expr:
    """Root of the mean over a group; nulls are left out."""
    return term.mean().sqrt()


def ratio_of_sums(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Sum over sum; NaN where the group has nothing to divide by."""
    return numerator.sum() / denominator.sum()


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A formula over scored forecasts; grouping and averaging live in ``evaluation.scores``.

    Attributes
    ----------
    name : str
        Unique in the catalogue; the value of the column ``metric``.
    unit : str
        What one unit of the score means; ``1`` for a pure number.
    orientation : str
        ``lower`` or ``higher`` is better, or a ``target`` is to be met.
    formula : str
        The formula as a person would write it, for the generated reference.
    reference : str
        Where it comes from.
    terms : tuple of polars.Expr
        One value per forecast each; all null where the forecast is not counted.
    combine : Callable
        Terms to the score of a group. A score that does not exist (no rise in the group, say)
        is NaN or null.
    target : float or None
        What a ``target`` metric should equal.
    """

    name: str
    unit: str
    orientation: Orientation
    formula: str
    reference: str
    terms: tuple[pl.Expr, ...]
    combine: Combine = mean
    target: float | None = None

    @property
    def pointwise(self) -> pl.Expr | None:
        """One score per forecast; None for what exists on a group only (R², AUC)."""
        return self.terms[0] if len(self.terms) == 1 else None

    @property
    def aggregate(self) -> pl.Expr:
        """Score of a group, for ``group_by(...).agg``; named as the metric."""
        return self.combine(*self.terms).alias(self.name)

    @property
    def count(self) -> pl.Expr:
        """Forecasts counted in a group."""
        return self.terms[0].count()

    @property
    def inputs(self) -> frozenset[str]:
        """Columns of the scored frame the metric reads, taken from its terms."""
        return frozenset(name for term in self.terms for name in term.meta.root_names())
