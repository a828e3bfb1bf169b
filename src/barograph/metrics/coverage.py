"""Share of outcomes inside the central intervals; an outcome on the edge is inside."""

import polars as pl

from barograph.core.levels import INTERVALS, column
from barograph.metrics.base import RETURN, Metric


def coverage(nominal: int) -> Metric:
    """Declare the coverage of one central interval."""
    low, high = INTERVALS[nominal]
    inside = (pl.col(column(low)) <= RETURN) & (pl.col(column(high)) >= RETURN)
    return Metric(
        name=f"coverage_{nominal}",
        unit="1",
        orientation="target",
        formula=f"share of r in [q{100 * low:g}, q{100 * high:g}]",
        reference="Christoffersen (1998), Evaluating interval forecasts, IER 39(4)",
        terms=(inside.cast(pl.Float64),),
        target=round(high - low, 3),
    )


METRICS = tuple(map(coverage, INTERVALS))
