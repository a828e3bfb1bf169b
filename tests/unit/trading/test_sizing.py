"""Kelly's fraction and what is made of it, against direct maximisation and by its properties."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from barograph.core.levels import level_array
from barograph.core.types import Floats
from barograph.metrics.distribution import moments, quantile
from barograph.trading.odds import Odds, odds
from barograph.trading.sizing import Sizing, fastest, kelly, sized

CHANCE = st.floats(0.01, 0.99)
RATIO = st.floats(0.05, 20.0)
MOVE = st.floats(1e-4, 0.3)
ONE = np.ones(1)


def best(p: float, win: float, loss: float) -> float:
    """Exposure that maximises the expected log growth of a two-outcome bet, searched for."""

    def lost(x: float) -> float:
        return float(-p * np.log1p(x * win) - (1.0 - p) * np.log1p(-x * loss))

    edge = 1.0 / loss
    found = minimize_scalar(lost, bounds=(0.0, edge * (1 - 1e-9)), method="bounded",
                            options={"xatol": 1e-9 * edge})  # fmt: skip
    return float(found.x)


def bet(p: float, win: float, loss: float) -> Odds:
    """Odds of one long bet."""
    return Odds(p * ONE, win * ONE, loss * ONE)


def forecasts(seed: int, rows: int = 50) -> Floats:
    """Quantiles of forecasts like real ones: any width and side, skewed, fat tails."""
    rng = np.random.default_rng(seed)
    width, centre = rng.lognormal(-4.0, 1.0, (rows, 1)), rng.normal(0.0, 0.3, (rows, 1))
    gaps = np.sort(norm.ppf(level_array()) * rng.uniform(0.7, 1.3, (rows, 13)), axis=1)
    found: Floats = width * (centre + gaps)
    return found


@settings(max_examples=50, deadline=None)
@given(p=CHANCE, b=RATIO)
def test_kelly_is_what_grows_fastest(p: float, b: float) -> None:
    """The part at risk: a bet that loses all of it, or wins ``b`` times it."""
    found = kelly(p * ONE, b * ONE)[0]
    assert found == pytest.approx(best(p, b, 1.0), abs=2e-6)
    assert 0.0 <= found <= p


@settings(max_examples=50, deadline=None)
@given(p=CHANCE, win=MOVE, loss=MOVE, cost=st.sampled_from([0.0, 0.001, 0.01]), up=st.booleans())
def test_the_exposure_is_what_grows_fastest_after_costs(
    p: float, win: float, loss: float, cost: float, up: bool
) -> None:
    made = bet(p, win, loss) if up else Odds((1.0 - p) * ONE, loss * ONE, win * ONE)
    found = fastest(made, ONE if up else -ONE, cost)[0]
    if win <= cost:
        assert found == 0.0
    else:
        wanted = best(p, win - cost, loss + cost)
        assert found == pytest.approx(wanted, rel=1e-5, abs=1e-5 / loss)


@settings(max_examples=30, deadline=None)
@given(low=CHANCE, high=CHANCE, b=RATIO)
def test_kelly_rises_with_the_chance_and_with_the_win(low: float, high: float, b: float) -> None:
    low, high = sorted((low, high))
    assert kelly(low * ONE, b * ONE) <= kelly(high * ONE, b * ONE)
    assert kelly(high * ONE, b * ONE) <= kelly(high * ONE, 1.1 * b * ONE)


def test_kelly_by_hand_and_at_its_ends() -> None:
    p = np.array([0.55, 0.5, 0.4, 1.0, 0.0, 1.0, np.nan, 0.5])
    b = np.array([1.0, 1.0, 3.0, 2.0, 2.0, 0.0, 1.0, np.nan])
    wanted = [0.10, 0.0, 0.2, 1.0, 0.0, 1.0, np.nan, np.nan]
    np.testing.assert_allclose(kelly(p, b), wanted, atol=1e-15)


def test_what_cannot_lose_is_held_to_the_cap_and_what_can_do_nothing_not_at_all() -> None:
    sure, still = bet(1.0, 0.01, 0.0), bet(0.5, 0.0, 0.0)
    rule = Sizing(target_vol=1.0)
    assert fastest(sure, ONE, 0.0) == np.inf
    assert sized(ONE, sure, 0.01 * ONE, 0.0, rule) == rule.cap
    assert fastest(still, ONE, 0.0) == 0.0
    assert fastest(still, ONE, 0.001) == 0.0


RULES = st.builds(
    Sizing, part=st.sampled_from([0.25, 0.5, 1.0]), target_vol=st.floats(0.001, 0.1),
    cap=st.floats(0.1, 5.0), step=st.sampled_from([1e-6, 0.1, 0.25]),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), rule=RULES, cost=st.sampled_from([0.0, 0.0018]))
def test_never_beyond_cap_target_or_half_kelly_and_nothing_without_an_edge(
    seed: int, rule: Sizing, cost: float
) -> None:
    quantiles = forecasts(seed)
    made, daily = odds(quantiles), moments(quantiles).vol
    side = np.random.default_rng(seed).choice([-1.0, -0.3, 0.0, 0.7, 1.0], len(daily))
    size = sized(side, made, daily, cost, rule)
    held, hair = np.abs(size), 1e-9
    assert (held <= rule.cap * (1 + hair)).all()
    assert (held * daily <= rule.target_vol * (1 + hair)).all()
    assert (held <= rule.part * fastest(made, side, cost) + hair).all()
    assert (size * side >= 0.0).all(), "the side is the strategy's"
    expected = made.up * made.gain - (1.0 - made.up) * made.loss
    assert (held[np.sign(side) * expected <= cost] == 0.0).all()
    steps = held / rule.step
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    # Rounded down by less than a step, so that nothing else makes it smaller.
    full = np.minimum(rule.part * fastest(made, side, cost), rule.target_vol / daily)
    assert (np.minimum(full, rule.cap) - held < rule.step * (1 + 1e-6)).all()


def test_each_row_by_itself_and_the_unknown_is_no_opinion() -> None:
    quantiles = forecasts(3)
    quantiles[4] = np.nan
    made, daily = odds(quantiles), moments(quantiles).vol
    side = np.where(np.arange(50) % 3 == 0, -1.0, 1.0)
    side[7] = np.nan
    whole = sized(side, made, daily, 0.0)
    assert np.flatnonzero(np.isnan(whole)).tolist() == [4, 7]
    for row in range(50):
        one = Odds(made.up[[row]], made.gain[[row]], made.loss[[row]])
        alone = sized(side[[row]], one, daily[[row]], 0.0)
        np.testing.assert_array_equal(alone, whole[[row]])


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), shift=st.sampled_from([0.0, 0.3, -0.3]))
def test_odds_are_the_integrals_of_the_quantile_function(seed: int, shift: float) -> None:
    """Against adaptive quadrature of the same function, also far from zero."""
    quantiles = forecasts(seed, 2) + shift
    made = odds(quantiles)
    edges = [0.0, *level_array().tolist(), 1.0]
    for row in range(2):

        def part(u: float, way: float, law: Floats = quantiles[[row]]) -> float:
            return float(
                max(
                    way * np.expm1(quantile(law, np.array([min(max(u, 1e-14), 1 - 1e-14)]))[0, 0]),
                    0.0,
                )
            )

        zero = float(1.0 - made.up[row])
        wins, losses = (
            sum(
                quad(part, low, high, (way,), points=[zero] if low < zero < high else None)[0]
                for low, high in pairwise(edges)
            )
            for way in (1.0, -1.0)
        )
        assert made.up[row] * made.gain[row] == pytest.approx(wins, rel=1e-5, abs=1e-9)
        assert (1.0 - made.up[row]) * made.loss[row] == pytest.approx(losses, rel=1e-5, abs=1e-9)


def test_odds_of_a_normal_law_are_its_own() -> None:
    """But for the tails beyond 1 %, which the published quantiles do not tell."""
    mean, vol = 0.004, 0.03
    made = odds((mean + vol * norm.ppf(level_array()))[None])
    up = norm.cdf(mean / vol)
    rises = np.exp(mean + vol**2 / 2) * norm.cdf(mean / vol + vol) - up
    falls = norm.cdf(-mean / vol) - np.exp(mean + vol**2 / 2) * norm.cdf(-mean / vol - vol)
    assert made.up[0] == pytest.approx(up, rel=1e-12)
    assert made.gain[0] == pytest.approx(rises / up, rel=3e-3)
    assert made.loss[0] == pytest.approx(falls / (1 - up), rel=3e-3)


def test_odds_of_atoms_and_of_what_is_unknown() -> None:
    still, risen = np.zeros(13), np.full(13, 0.01)
    made = odds(np.stack([still, risen, -risen, np.full(13, np.nan)]))
    np.testing.assert_allclose(made.up, [0.5, 1.0, 0.0, np.nan])
    np.testing.assert_allclose(made.gain, [0.0, np.expm1(0.01), 0.0, np.nan], atol=1e-15)
    np.testing.assert_allclose(made.loss, [0.0, 0.0, -np.expm1(-0.01), np.nan], atol=1e-15)


def test_an_infinite_expectation_is_said_to_be_one() -> None:
    """A tail of scale one or more in log return: the expected price does not exist."""
    wide = 4.0 * norm.ppf(level_array())[None]
    made = odds(wide)
    assert made.gain[0] == np.inf
    assert 0.0 < made.loss[0] < 1.0, "nothing loses more than everything"


def test_the_expression_of_s3_is_not_kelly() -> None:
    """Its sign is the wrong way round: it bets against what it expects, and without bound."""

    def s3(p_up: float, expected: float, vol: float) -> float:
        edge, ratio = abs(p_up - 0.5), expected / vol
        return (edge * ratio - (1.0 - edge)) / ratio

    rise, fall = s3(0.55, 0.002, 0.03), s3(0.45, -0.002, 0.03)
    assert rise < -10.0, "short of more than ten times equity on a forecast of a rise"
    assert fall > 10.0, "long on a forecast of a fall"
    assert kelly(0.55 * ONE, ONE) == pytest.approx(0.10)
