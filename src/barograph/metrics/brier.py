"""Brier score of the probability of a rise; one quarter for a forecast of one half."""

from barograph.metrics.base import Metric
from barograph.metrics.direction import PROBABILITY, ROSE

METRICS = (
    Metric(
        name="brier",
        unit="1",
        orientation="lower",
        formula="mean (p_up − 1[r > 0])², r ≠ 0",
        reference="Brier (1950), Verification of forecasts expressed in terms of probability, "
        "Monthly Weather Review 78(1)",
        terms=((PROBABILITY - ROSE) ** 2,),
    ),
)
