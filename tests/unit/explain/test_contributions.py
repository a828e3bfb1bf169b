"""Contributions add up to what is published, hour by hour, and mean what they say."""

import numpy as np
import pytest

from barograph.core.levels import level_array
from barograph.explain.contributions import (
    PRIOR_ROWS,
    PRIOR_VARIANCE,
    RESPONSE_HALF_LIFE,
    SURE,
    USUAL_HALF_LIFE,
    grouped,
    log_odds,
    log_odds_up,
    log_volatility,
    rise,
)
from barograph.metrics.distribution import moments, normal_scores

RNG = np.random.default_rng(3)
ROWS, HORIZONS = 400, 2


def normal(mean: float, scale: float, rows: int = 1) -> np.ndarray:
    """Quantiles of a normal law, ``(rows, 1, 13)``."""
    return np.broadcast_to(mean + scale * normal_scores(level_array()), (rows, 1, 13)).copy()


def market() -> tuple[list[dict[str, np.ndarray]], np.ndarray]:
    shape = (ROWS, HORIZONS)
    linear = {"base": np.full(shape, -4.0), "seasonality": 0.3 * RNG.normal(size=shape)}
    scale = {"calendar": 0.1 * RNG.normal(size=shape), "seasonality": 0.1 * RNG.normal(size=shape)}
    total = sum(linear.values()) + sum(scale.values())
    volatility = np.exp(total + 0.05 * RNG.normal(size=shape))
    volatility[100:110] = np.nan
    return [linear, scale], volatility


def test_parts_add_up_to_the_log_of_the_published_volatility() -> None:
    parts, volatility = market()
    made, _ = log_volatility(parts, volatility)
    assert made.names == ("base", "seasonality", "calendar", "calibration")
    assert np.allclose(made.values.sum(axis=2), np.log(volatility), atol=1e-12, equal_nan=True)
    assert np.isnan(made.values[100:110]).all()


def test_a_part_is_its_distance_from_usual_times_the_response() -> None:
    """The oracle: pandas' exponentially weighted means, and weighted least squares in the open."""
    pd = pytest.importorskip("pandas")
    parts, volatility = market()
    made, _ = log_volatility(parts, volatility)
    known = np.isfinite(volatility[:, 0])
    scale = (sum(part.get("seasonality", 0.0) for part in parts) + parts[1]["calendar"])[known, 0]
    calendar, published = parts[1]["calendar"][known, 0], np.log(volatility[known, 0])
    usual = pd.DataFrame({"y": published, "calendar": calendar}).ewm(halflife=USUAL_HALF_LIFE)
    mean = usual.mean().iloc[-1]
    ages = np.arange(len(scale))[::-1]
    weight = 0.5 ** (ages / RESPONSE_HALF_LIFE)
    x = scale - np.average(scale, weights=weight)
    prior = PRIOR_ROWS * PRIOR_VARIANCE
    response = ((weight * x * published).sum() + prior) / ((weight * x * x).sum() + prior)
    base, seasonality, part, rest = made.values[-1, 0]
    assert base == pytest.approx(mean["y"])
    assert part == pytest.approx(response * (calendar[-1] - mean["calendar"]))
    assert rest == pytest.approx(published[-1] - base - seasonality - part)


def test_only_what_comes_through_is_credited() -> None:
    """A forecast that follows a third of the scale credits its groups with a third."""
    scale = 0.4 * RNG.normal(size=(20_000, 1))
    made, _ = log_volatility([{"trend": scale}], np.exp(-3.0 + scale / 3.0))
    late = slice(10_000, None)
    assert np.allclose(made.values[late, 0, 1], scale[late, 0] / 3.0, atol=0.03)
    assert np.abs(made.values[late, 0, 2]).max() < 0.03


def test_what_never_changes_is_usual_and_belongs_to_the_base() -> None:
    shape = (50, 1)
    parts = [{"volume": np.full(shape, 0.7), "base": np.full(shape, -5.0)}]
    made, _ = log_volatility(parts, np.full(shape, np.exp(-4.0)))
    assert np.allclose(made.values, [-4.0, 0.0, 0.0], atol=1e-12)


def test_one_pass_and_many_steps_give_the_same_bits() -> None:
    parts, volatility = market()
    whole, end = log_volatility(parts, volatility)
    usual, found = None, []
    for rows in (slice(0, 137), *(slice(i, i + 1) for i in range(137, 160)), slice(160, None)):
        cut = [{name: values[rows] for name, values in part.items()} for part in parts]
        made, usual = log_volatility(cut, volatility[rows], usual)
        found.append(made.values)
    assert np.array_equal(np.concatenate(found), whole.values, equal_nan=True)
    assert usual is not None
    assert all(np.array_equal(*pair) for pair in zip(usual, end, strict=True))


def test_a_step_does_not_change_the_state_it_started_from() -> None:
    """So that a publication that failed can be made again."""
    parts, volatility = market()
    _, usual = log_volatility(parts, volatility)
    kept = [part.copy() for part in usual]
    log_volatility(parts, volatility, usual)
    assert all(np.array_equal(*pair) for pair in zip(usual, kept, strict=True))


def test_the_future_does_not_move_the_past() -> None:
    parts, volatility = market()
    whole, _ = log_volatility(parts, volatility)
    cut = [{name: values[:200] for name, values in part.items()} for part in parts]
    past, _ = log_volatility(cut, volatility[:200])
    assert np.array_equal(past.values, whole.values[:200], equal_nan=True)


def test_terms_are_summed_by_group_and_halved() -> None:
    terms = RNG.normal(size=(5, 2, 3))
    sums = grouped(terms, ("trend", "volume", "trend"), 0.5)
    assert list(sums) == ["trend", "volume"]
    assert np.allclose(sums["trend"], 0.5 * (terms[:, :, 0] + terms[:, :, 2]))
    with pytest.raises(ValueError, match="3 terms, 2 groups"):
        grouped(terms, ("trend", "volume"))


def test_odds_pass_the_stages_one_after_another() -> None:
    """A normal law of mean m and scale s rises with probability Phi(m / s)."""
    ndtr = pytest.importorskip("scipy.special").ndtr
    stages = [
        ("drift", normal(0.1, 1.0)),
        ("volatility_state", normal(0.1, 2.0)),
        ("calibration", normal(-0.1, 2.0)),
    ]
    made = log_odds_up(stages)
    odds = [np.log(ndtr(x) / ndtr(-x)) for x in (0.1, 0.05, -0.05)]
    wanted = [0.0, odds[0], odds[1] - odds[0], odds[2] - odds[1]]
    assert made.names == ("base", "drift", "volatility_state", "calibration")
    assert np.allclose(made.values[0, 0], wanted, atol=1e-12)


def test_odds_add_up_to_the_published_probability() -> None:
    first = np.sort(RNG.normal(size=(60, 2, 13)), axis=2)
    last = np.sort(first + 0.1 * RNG.normal(size=first.shape), axis=2)
    first[7] = np.nan
    last[9, 1] = np.nan
    made = log_odds_up([("drift", first), ("calibration", last), ("drift", last)])
    p_up = moments(last.reshape(-1, 13)).p_up.reshape(60, 2)
    known = np.isfinite(p_up) & np.isfinite(first).all(axis=2)
    total = made.values.sum(axis=2)
    assert np.array_equal(np.isfinite(total), known)
    assert np.allclose(total[known], np.log(p_up / (1.0 - p_up))[known], atol=1e-9)


def test_a_certain_rise_has_large_but_finite_odds() -> None:
    sure = np.full((1, 1, 13), 0.01)
    assert rise(sure)[0, 0] == 1.0
    assert log_odds_up([("drift", sure)]).values.sum() == pytest.approx(
        np.log((1.0 - SURE) / SURE), abs=1e-6
    )
    assert log_odds(np.array([0.0, 0.5, 1.0])) == pytest.approx([-20.723, 0.0, 20.723], abs=1e-3)


def test_stages_that_cross_are_sorted_as_the_published_ones_are() -> None:
    crossed = normal(0.2, 1.0)
    crossed[0, 0, [3, 4]] = crossed[0, 0, [4, 3]]
    assert rise(crossed) == rise(normal(0.2, 1.0))
