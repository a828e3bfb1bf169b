"""Share of directions called right, plain and balanced between rises and falls."""

import polars as pl

from barograph.metrics.base import Metric
from barograph.metrics.direction import CALLED_DOWN, CALLED_UP, FELL, ROSE

REFERENCE = "Brodersen et al. (2010), The balanced accuracy and its posterior distribution, ICPR"


def balanced(right_up: pl.Expr, right_down: pl.Expr, rose: pl.Expr) -> pl.Expr:
    """Mean of the two recalls; NaN without at least one rise and one fall."""
    return (right_up.sum() / rose.sum() + right_down.sum() / (1.0 - rose).sum()) / 2.0


METRICS = (
    Metric(
        name="direction_accuracy",
        unit="1",
        orientation="higher",
        formula="share of r ≠ 0 with (p_up > ½) = (r > 0); p_up = ½ counts half",
        reference="Pesaran & Timmermann (1992), A simple nonparametric test of predictive "
        "performance, JBES 10(4)",
        terms=(CALLED_UP * ROSE + CALLED_DOWN * FELL,),
    ),
    Metric(
        name="balanced_accuracy",
        unit="1",
        orientation="higher",
        formula="(recall_up + recall_down) / 2",
        reference=REFERENCE,
        terms=(CALLED_UP * ROSE, CALLED_DOWN * FELL, ROSE),
        combine=balanced,
    ),
)
