"""Precision and recall of each direction."""

import polars as pl

from barograph.metrics.base import Metric, ratio_of_sums
from barograph.metrics.direction import CALLED_DOWN, CALLED_UP, FELL, ROSE

REFERENCE = "van Rijsbergen (1979), Information Retrieval, ch. 7"


def share(name: str, formula: str, right: pl.Expr, among: pl.Expr) -> Metric:
    """Declare a share of right calls."""
    return Metric(
        name=name,
        unit="1",
        orientation="higher",
        formula=formula,
        reference=REFERENCE,
        terms=(right, among),
        combine=ratio_of_sums,
    )


METRICS = (
    share("precision_up", "rises among calls of up", CALLED_UP * ROSE, CALLED_UP),
    share("precision_down", "falls among calls of down", CALLED_DOWN * FELL, CALLED_DOWN),
    share("recall_up", "calls of up among rises", CALLED_UP * ROSE, ROSE),
    share("recall_down", "calls of down among falls", CALLED_DOWN * FELL, FELL),
)
