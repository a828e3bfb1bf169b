"""Winkler's interval score: width, plus a fine for every miss.

The fine is divided by the miss probability of the interval as published: the 95 % interval lies
between the 2.3 % and 97.7 % quantiles, so its fine is 2/0.046.
"""

import polars as pl

from barograph.core.levels import INTERVALS, column
from barograph.metrics.base import RETURN, Metric


def interval_score(low: float, high: float) -> pl.Expr:
    """Width of the interval between two levels, plus the fine."""
    lower, upper = pl.col(column(low)), pl.col(column(high))
    miss = (lower - RETURN).clip(0.0) + (RETURN - upper).clip(0.0)
    return (upper - lower) + 2.0 / (1.0 - (high - low)) * miss


def winkler(nominal: int) -> Metric:
    """Declare the score of one central interval."""
    low, high = INTERVALS[nominal]
    return Metric(
        name=f"winkler_{nominal}",
        unit="log return",
        orientation="lower",
        formula=f"mean (u − l) + (2/α) (l − r)⁺ + (2/α) (r − u)⁺, l = q{100 * low:g}, "
        f"u = q{100 * high:g}, α = {1 - high + low:.3g}",
        reference="Winkler (1972), A decision-theoretic approach to interval estimation, "
        "JASA 67(337)",
        terms=(interval_score(low, high),),
    )


METRICS = tuple(map(winkler, (68, 80, 95)))
