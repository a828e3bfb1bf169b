"""The terminal's distribution and ours are one law: both are held to the same figures.

`web/src/lib/distribution.test.ts` reads the same file, so that a level dragged on screen and
``GET /chance`` cannot part.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from barograph.core.levels import LEVELS
from barograph.metrics.distribution import cdf, quantile

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "web" / "src" / "lib" / "distribution.golden.json").read_text()
)
CASES = pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: str(case["name"]))


@CASES
def test_the_chance_above_a_level_is_what_the_terminal_is_held_to(case: dict[str, Any]) -> None:
    assert [point["level"] for point in case["quantiles"]] == list(LEVELS)
    quantiles = np.array([point["log_return"] for point in case["quantiles"]])
    levels = np.array([point["level"] for point in case["above"]])
    returns = np.log(levels / case["price"])
    above = 1.0 - cdf(np.tile(quantiles, (len(returns), 1)), returns)
    wanted = [point["chance"] for point in case["above"]]
    np.testing.assert_allclose(above, wanted, rtol=0.0, atol=1e-12)


@CASES
def test_the_return_at_a_probability_is_what_the_terminal_is_held_to(case: dict[str, Any]) -> None:
    quantiles = np.array([[point["log_return"] for point in case["quantiles"]]])
    probabilities = np.array([point["probability"] for point in case["returns"]])
    wanted = [point["log_return"] for point in case["returns"]]
    found = quantile(quantiles, probabilities)[0]
    np.testing.assert_allclose(found, wanted, rtol=0.0, atol=1e-12)


def test_the_normal_law_is_scipys() -> None:
    found = norm.cdf([point["z"] for point in GOLDEN["normal"]])
    np.testing.assert_allclose(found, [point["cdf"] for point in GOLDEN["normal"]], rtol=1e-12)
