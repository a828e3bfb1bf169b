"""The distribution between the quantiles, against the laws the quantiles came from."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from barograph.core.levels import level_array
from barograph.metrics.distribution import cdf, mean_and_vol, moments, quantile

LEVELS = level_array()


@pytest.mark.parametrize("mean", [-0.4, 0.0, 0.3])
def test_a_normal_law_has_its_mean_and_p_up_exactly(mean: float) -> None:
    law = stats.norm(mean, 1.3)
    got = moments(law.ppf(LEVELS)[None, :])
    assert got.mean[0] == pytest.approx(mean, abs=1e-12)
    assert got.p_up[0] == pytest.approx(law.sf(0.0), abs=1e-12)
    assert got.vol[0] / law.std() == pytest.approx(1.0038, abs=1e-4)


@pytest.mark.parametrize(("df", "ratio"), [(10, 1.000), (5, 0.985), (3.5, 0.949)])
def test_heavy_tails_cost_the_volatility_what_is_documented(df: float, ratio: float) -> None:
    law = stats.t(df)
    got = moments(law.ppf(LEVELS)[None, :])
    assert got.vol[0] / law.std() == pytest.approx(ratio, abs=2e-3)


@pytest.mark.parametrize(
    "law", [stats.norm(0.1, 1.0), stats.t(4, 0.2, 0.7), stats.skewnorm(4), stats.laplace(-0.3)]
)
def test_moments_are_the_integrals_of_the_quantile_function(law: Any) -> None:
    q = law.ppf(LEVELS)[None, :]

    def at(p: float) -> float:
        return float(quantile(q, np.array([p]))[0, 0])

    knots = [1e-13, 1e-6, *LEVELS, 1.0 - 1e-6, 1.0 - 1e-13]
    spans = list(pairwise(knots))
    first = sum(quad(at, a, b, epsrel=1e-9)[0] for a, b in spans)
    second = sum(quad(lambda p: at(p) ** 2, a, b, epsrel=1e-9)[0] for a, b in spans)
    mean, vol = mean_and_vol(q, LEVELS)
    assert mean[0] == pytest.approx(first, abs=1e-7)
    assert vol[0] == pytest.approx(np.sqrt(second - first**2), rel=1e-6)


@pytest.mark.parametrize("law", [stats.t(4, 0.2, 0.7), stats.skewnorm(4)])
def test_the_distribution_function_is_within_a_percent(law: Any) -> None:
    values = law.ppf(np.linspace(0.002, 0.998, 300))
    q = np.repeat(law.ppf(LEVELS)[None, :], len(values), axis=0)
    assert np.abs(cdf(q, values) - law.cdf(values)).max() < 0.01
