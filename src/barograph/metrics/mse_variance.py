"""Squared error of the variance forecast, plain and of its logarithm."""

from barograph.metrics.base import FORECAST_VARIANCE, VARIANCE, Metric

REFERENCE = (
    "Patton (2011), Volatility forecast comparison using imperfect volatility proxies, "
    "J. Econometrics 160(1)"
)

METRICS = (
    Metric(
        name="mse_variance",
        unit="log return⁴",
        orientation="lower",
        formula="mean (v − v̂)²",
        reference=REFERENCE,
        terms=((VARIANCE - FORECAST_VARIANCE) ** 2,),
    ),
    Metric(
        name="mse_log_variance",
        unit="1",
        orientation="lower",
        formula="mean (ln v − ln v̂)²",
        reference=REFERENCE + "; not robust to the proxy's noise, shown for comparison",
        terms=((VARIANCE.log() - FORECAST_VARIANCE.log()) ** 2,),
    ),
)
