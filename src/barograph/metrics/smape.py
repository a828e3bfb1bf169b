"""Symmetric absolute percentage error of the price, as a fraction between 0 and 2."""

from barograph.metrics.base import MEDIAN, PRICE, PRICE_THEN, Metric

FORECAST = PRICE * MEDIAN.exp()

METRICS = (
    Metric(
        name="smape_price",
        unit="1",
        orientation="lower",
        formula="mean 2 |P_T − P̂| / (P_T + P̂), P̂ = P_t exp(q50)",
        reference="Makridakis (1993), Accuracy measures, IJF 9(4)",
        terms=(2.0 * (PRICE_THEN - FORECAST).abs() / (PRICE_THEN + FORECAST),),
    ),
)
