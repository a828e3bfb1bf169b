"""Mean absolute error of the median, on log returns and on prices."""

from barograph.metrics.base import MEDIAN, PRICE, PRICE_THEN, RETURN, Metric

REFERENCE = "Gneiting (2011), Making and evaluating point forecasts, JASA 106(494): the median"

METRICS = (
    Metric(
        name="mae_return",
        unit="log return",
        orientation="lower",
        formula="mean |r − q50|",
        reference=REFERENCE,
        terms=((RETURN - MEDIAN).abs(),),
    ),
    Metric(
        name="mae_price",
        unit="quote currency",
        orientation="lower",
        formula="mean |P_T − P_t exp(q50)|",
        reference=REFERENCE,
        terms=((PRICE_THEN - PRICE * MEDIAN.exp()).abs(),),
    ),
)
