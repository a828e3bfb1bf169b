"""QLIKE: the loss for variance forecasts that a noisy measure of variance cannot mislead."""

from barograph.metrics.base import FORECAST_VARIANCE, VARIANCE, Metric

RATIO = VARIANCE / FORECAST_VARIANCE

METRICS = (
    Metric(
        name="qlike",
        unit="1",
        orientation="lower",
        formula="mean u − ln u − 1, u = v / v̂, v the integrated Garman–Klass variance",
        reference="Patton (2011), Volatility forecast comparison using imperfect volatility "
        "proxies, J. Econometrics 160(1)",
        terms=(RATIO - RATIO.log() - 1.0,),
    ),
)
