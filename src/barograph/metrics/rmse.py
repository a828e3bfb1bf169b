"""Root mean squared error of the mean, on log returns and on prices."""

from barograph.metrics.base import MEAN, PRICE, PRICE_THEN, RETURN, Metric, root_mean

REFERENCE = "Gneiting (2011), Making and evaluating point forecasts, JASA 106(494): the mean"

METRICS = (
    Metric(
        name="rmse_return",
        unit="log return",
        orientation="lower",
        formula="√ mean (r − mean)²",
        reference=REFERENCE,
        terms=((RETURN - MEAN) ** 2,),
        combine=root_mean,
    ),
    Metric(
        name="rmse_price",
        unit="quote currency",
        orientation="lower",
        formula="√ mean (P_T − P_t exp(mean))²",
        reference=REFERENCE,
        terms=((PRICE_THEN - PRICE * MEAN.exp()) ** 2,),
        combine=root_mean,
    ),
)
