"""Area under the ROC curve: the chance that a rise was given a higher probability than a fall."""

import polars as pl

from barograph.metrics.base import Metric
from barograph.metrics.direction import PROBABILITY, ROSE


def mann_whitney(probability: pl.Expr, rose: pl.Expr) -> pl.Expr:
    """Area from the rank sum of the rises, ties at their mean rank."""
    rises = rose.sum()
    falls = rose.count() - rises
    rank_sum = (probability.rank("average") * rose).sum()
    return (rank_sum - rises * (rises + 1.0) / 2.0) / (rises * falls)


METRICS = (
    Metric(
        name="auc",
        unit="1",
        orientation="higher",
        formula="P(p_up of a rise > p_up of a fall) + ½ P(equal), r ≠ 0",
        reference="Hanley & McNeil (1982), The meaning and use of the area under a ROC curve, "
        "Radiology 143(1)",
        terms=(PROBABILITY, ROSE),
        combine=mann_whitney,
    ),
)
