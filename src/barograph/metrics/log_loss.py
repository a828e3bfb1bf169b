"""Logarithmic score of the probability of a rise; ln 2 for a forecast of one half."""

import sys

from barograph.metrics.base import Metric
from barograph.metrics.direction import FELL, PROBABILITY, ROSE

EPSILON = sys.float_info.epsilon
"""A certain forecast is moved this far inside (0, 1), so that its failure costs 36, not ∞."""

INSIDE = PROBABILITY.clip(EPSILON, 1.0 - EPSILON)

METRICS = (
    Metric(
        name="log_loss",
        unit="nat",
        orientation="lower",
        formula="−mean ln p_up if r > 0 else ln(1 − p_up), r ≠ 0",
        reference="Good (1952), Rational decisions, JRSS B 14(1)",
        terms=(-(ROSE * INSIDE.log() + FELL * (1.0 - INSIDE).log()),),
    ),
)
