"""Mean absolute error as a share of the naive forecast's.

Hyndman and Koehler scale by the naive's error inside the training sample. A walk-forward has a
new training sample at every refit, so the scale here is the naive's error (the random walk's
zero return: mean |r|) on the very forecasts that are scored; below one beats the naive.
"""

from barograph.metrics.base import MEDIAN, RETURN, Metric, ratio_of_sums

METRICS = (
    Metric(
        name="mase",
        unit="1",
        orientation="lower",
        formula="Σ |r − q50| / Σ |r|",
        reference="Hyndman & Koehler (2006), Another look at measures of forecast accuracy, "
        "IJF 22(4); scaled on the scored sample",
        terms=((RETURN - MEDIAN).abs(), RETURN.abs() + 0.0 * MEDIAN),
        combine=ratio_of_sums,
    ),
)
