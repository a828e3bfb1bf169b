"""Share of variance explained: of the return, of the log variance and of the price level.

The R² of a price *level* is near one for a forecast that says nothing (the price of now), so it
is never shown without the naive's, ``r2_price_naive``.
"""

import polars as pl

from barograph.metrics.base import (
    FORECAST_VARIANCE,
    MEAN,
    PRICE,
    PRICE_THEN,
    RETURN,
    VARIANCE,
    Metric,
)

REFERENCE = "Theil (1961), Economic Forecasts and Policy; total about the scored sample's mean"


def r_squared(squared_error: pl.Expr, outcome: pl.Expr) -> pl.Expr:
    """One minus the squared error over the outcome's variance; NaN where that is zero."""
    total = outcome.var(ddof=0)
    explained = 1.0 - squared_error.mean() / total
    return pl.when(total > 0.0).then(explained).otherwise(None)


def share_explained(name: str, formula: str, forecast: pl.Expr, outcome: pl.Expr) -> Metric:
    """Declare an R²."""
    error = (outcome - forecast) ** 2
    return Metric(
        name=name,
        unit="1",
        orientation="higher",
        formula=formula,
        reference=REFERENCE,
        terms=(error, pl.when(error.is_not_null()).then(outcome)),
        combine=r_squared,
    )


METRICS = (
    share_explained("r2_return", "1 − mean (r − mean)² / var r", MEAN, RETURN),
    share_explained(
        "r2_price",
        "1 − mean (P_T − P_t exp(mean))² / var P_T",
        PRICE * MEAN.exp(),
        PRICE_THEN,
    ),
    share_explained(
        "r2_price_naive",
        "1 − mean (P_T − P_t)² / var P_T: the R² of a forecast that says nothing",
        PRICE + 0.0 * MEAN,
        PRICE_THEN,
    ),
    share_explained(
        "r2_log_variance",
        "1 − mean (ln v − ln v̂)² / var ln v",
        FORECAST_VARIANCE.log(),
        VARIANCE.log(),
    ),
)
