"""Pinball (quantile) loss: the score whose minimiser is the true quantile."""

import polars as pl

from barograph.core.levels import SCORED, column
from barograph.metrics.base import RETURN, Metric

REFERENCE = "Koenker & Bassett (1978), Regression quantiles, Econometrica 46(1)"


def pinball(level: float) -> pl.Expr:
    r"""Loss of one quantile.

    .. math:: \rho_\tau(r - q) = \max\{\tau (r - q), (\tau - 1)(r - q)\}
    """
    error = RETURN - pl.col(column(level))
    return pl.max_horizontal(level * error, (level - 1.0) * error)


def one_level(level: float) -> Metric:
    """Declare the loss of a single level."""
    return Metric(
        name=f"pinball_p{100 * level:.0f}",
        unit="log return",
        orientation="lower",
        formula=f"mean max(τ e, (τ − 1) e), e = r − q_τ, τ = {level:g}",
        reference=REFERENCE,
        terms=(pinball(level),),
    )


METRICS = (
    Metric(
        name="pinball",
        unit="log return",
        orientation="lower",
        formula="mean over the 11 levels 2.3 … 97.7 % of max(τ e, (τ − 1) e), e = r − q_τ",
        reference=REFERENCE,
        terms=(pl.sum_horizontal(*map(pinball, SCORED), ignore_nulls=False) / len(SCORED),),
    ),
    *map(one_level, (0.1, 0.5, 0.9)),
)
