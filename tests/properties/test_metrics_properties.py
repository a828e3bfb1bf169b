"""What must hold for any forecast and any outcome."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from barograph.core.levels import LEVELS, column, level_array
from barograph.core.types import Floats
from barograph.metrics.catalogue import metrics
from barograph.metrics.distribution import cdf, moments, quantile

TAU = level_array()
SMALL = st.floats(-0.5, 0.5, allow_subnormal=False).map(lambda x: round(x, 6))
QUANTILES = arrays(np.float64, 13, elements=SMALL).map(np.sort)
SCALE = st.floats(0.01, 100.0)


def frame(quantiles: Floats, outcome: float) -> pl.DataFrame:
    values = {column(level): [q] for level, q in zip(LEVELS, quantiles.tolist(), strict=True)}
    return pl.DataFrame({**values, "realised_return": [outcome]})


def score(name: str, quantiles: Floats, outcome: float) -> float:
    return float(frame(quantiles, outcome).select(metrics()[name].aggregate).item())


@given(QUANTILES, SMALL)
@pytest.mark.parametrize("name", ["pinball", "pinball_p10", "crps", "winkler_80"])
def test_a_loss_is_never_negative(name: str, quantiles: Floats, outcome: float) -> None:
    assert score(name, quantiles, outcome) >= 0.0


@given(QUANTILES, SMALL, SCALE)
@pytest.mark.parametrize("name", ["pinball", "crps", "winkler_95"])
def test_a_loss_scales_with_its_unit(
    name: str, quantiles: Floats, outcome: float, scale: float
) -> None:
    plain = score(name, quantiles, outcome)
    assert score(name, quantiles * scale, outcome * scale) == pytest.approx(
        plain * scale, rel=1e-9, abs=1e-12
    )


@given(arrays(np.float64, 200, elements=SMALL), st.sampled_from([0.1, 0.5, 0.9]), SMALL)
def test_the_samples_own_quantile_minimises_the_pinball_loss(
    outcomes: Floats, level: float, other: float
) -> None:
    best = float(np.quantile(outcomes, level, method="inverted_cdf"))
    rows = pl.DataFrame({"realised_return": outcomes})
    metric = metrics()[f"pinball_p{100 * level:.0f}"]
    losses = [
        rows.with_columns(pl.lit(q).alias(column(level))).select(metric.aggregate).item()
        for q in (best, other)
    ]
    assert losses[0] <= losses[1] + 1e-12


@given(st.floats(1e-8, 1e-2), st.floats(1e-8, 1e-2))
def test_qlike_is_zero_for_the_truth_and_positive_otherwise(truth: float, other: float) -> None:
    rows = pl.DataFrame({"realised_variance": [truth, truth], "variance": [truth, other]})
    right, wrong = rows.select(metrics()["qlike"].terms[0]).to_series()
    assert right == pytest.approx(0.0, abs=1e-12)
    assert wrong >= -1e-12


@given(QUANTILES, st.floats(0.001, 0.999))
def test_quantile_and_distribution_function_are_inverse(quantiles: Floats, p: float) -> None:
    q = (quantiles + np.arange(13) * 1e-3)[None, :]
    value = quantile(q, np.array([p]))[:, 0]
    assert cdf(q, value)[0] == pytest.approx(p, abs=1e-9)


@given(QUANTILES, SMALL, SCALE)
@settings(max_examples=60)
def test_moments_move_and_scale_with_the_quantiles(
    quantiles: Floats, shift: float, scale: float
) -> None:
    plain = moments(quantiles[None, :])
    moved = moments((quantiles * scale + shift)[None, :])
    assert moved.mean[0] == pytest.approx(plain.mean[0] * scale + shift, rel=1e-9, abs=1e-9)
    assert moved.vol[0] == pytest.approx(plain.vol[0] * scale, rel=1e-6, abs=1e-7)


@given(QUANTILES)
def test_p_up_agrees_with_the_quantiles(quantiles: Floats) -> None:
    p_up = moments(quantiles[None, :]).p_up[0]
    assert 0.0 <= p_up <= 1.0
    surely_up, surely_down = quantiles > 0.0, quantiles < 0.0
    if surely_up.any():
        assert p_up >= 1.0 - TAU[surely_up][0] - 1e-12
    if surely_down.any():
        assert p_up <= 1.0 - TAU[surely_down][-1] + 1e-12


@given(QUANTILES, arrays(np.float64, 5, elements=SMALL).map(np.sort))
def test_the_distribution_function_never_falls(quantiles: Floats, values: Floats) -> None:
    q = np.repeat(quantiles[None, :], 5, axis=0)
    assert (np.diff(cdf(q, values)) >= -1e-12).all()
