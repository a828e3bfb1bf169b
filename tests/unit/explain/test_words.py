"""Words never contradict the numbers they stand beside."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.explain.answer import Hour, explanation
from barograph.explain.wording import SMALL, effect, percent, points, tilt
from barograph.explain.words import (
    changed_sentence,
    level_sentence,
    odds_sentence,
    volatility_sentence,
)

GROUPS = (
    "seasonality",
    "recent_volatility",
    "long_volatility",
    "trend",
    "volume",
    "calendar",
    "calibration",
    "something_new",
)
FACTS = (
    "move_1h",
    "move_24h",
    "move_72h",
    "volatility_1h",
    "volatility_24h",
    "volatility_168h",
    "volatility_720h",
    "volatility_4320h",
    "volume_24h",
    "season_24h",
)
effects = st.floats(-2.0, 2.0, allow_nan=False)
numbers = st.one_of(st.floats(1e-5, 5.0), st.just(math.nan))
hours = st.fixed_dictionaries(dict.fromkeys(FACTS, numbers))
chances = st.floats(0.001, 0.999)


@given(st.sampled_from(GROUPS), effects, hours)
def test_the_verb_has_the_sign_of_the_contribution(
    group: str, value: float, facts: dict[str, float]
) -> None:
    sentence = volatility_sentence(group, value, facts, 24)
    assert ("raises" in sentence) == (value >= SMALL)
    assert ("lowers" in sentence) == (value <= -SMALL)
    assert "nan" not in sentence
    assert sentence.endswith(".")


@given(effects.filter(lambda value: abs(value) >= SMALL))
def test_the_size_said_is_the_size(value: float) -> None:
    said = float(re.findall(r"([\d.]+) %", effect(value))[0]) / 100.0
    step = 0.0051 if abs(value) >= 0.0995 else 0.00051
    assert said == pytest.approx(abs(math.expm1(value)), abs=step)


@given(st.floats(-0.3, 0.3), st.floats(1e-4, 0.2), st.floats(1e-4, 0.2))
def test_facts_say_which_way_price_went(move: float, hour: float, month: float) -> None:
    facts = {"move_1h": move, "volatility_1h": hour, "volatility_24h": hour}
    facts["volatility_4320h"] = month
    sentence = volatility_sentence("recent_volatility", 0.1, facts, 1)
    relative = math.expm1(move)
    assert ("rose" in sentence) == (relative >= 0.0005)
    assert ("fell" in sentence) == (relative <= -0.0005)
    assert (" times " in sentence) == (hour / month > 1.05)
    assert ("only" in sentence) == (hour / month < 0.95)


@given(st.floats(0.05, 20.0), effects.filter(lambda value: abs(value) >= SMALL))
def test_a_fact_that_leans_the_other_way_is_owned_up_to(ratio: float, value: float) -> None:
    sentence = volatility_sentence("volume", value, {"volume_24h": ratio}, 24)
    apart = abs(ratio - 1.0) > 0.05 and (ratio > 1.0) != (value > 0.0)
    assert ("still" in sentence) == apart


@given(st.tuples(*[st.floats(-0.5, 0.5)] * 3), st.floats(1e-3, 0.05))
def test_the_path_is_told_by_its_most_unusual_move(
    moves: tuple[float, float, float], usual: float
) -> None:
    facts = dict(zip(("move_1h", "move_24h", "move_72h"), moves, strict=True))
    sentence = volatility_sentence("trend", 0.1, facts | {"volatility_4320h": usual}, 24)
    sigmas = [abs(m) / (usual * math.sqrt(h)) for m, h in zip(moves, (1, 24, 72), strict=True)]
    assert f"({max(sigmas):.1f} standard deviations)" in sentence
    assert ("a large move" in sentence) == (max(sigmas) > 2.0)
    assert ("no large move" in sentence) == (max(sigmas) < 1.0)
    assert ("still" in sentence) == (max(sigmas) < 1.0)


@given(effects, chances)
def test_odds_are_told_in_points_of_probability(log_odds: float, p_up: float) -> None:
    """Taking the contribution away again gives the probability without it."""
    without = math.log(p_up / (1.0 - p_up)) - log_odds
    assert points(log_odds, p_up) == pytest.approx(p_up - 1.0 / (1.0 + math.exp(-without)))
    sentence = odds_sentence("drift", log_odds, p_up)
    assert (
        ("raises" in sentence)
        == ("raises" in tilt(log_odds, p_up))
        == (points(log_odds, p_up) >= SMALL / 10.0)
    )
    assert ("lowers" in sentence) == (points(log_odds, p_up) <= -SMALL / 10.0)


@given(effects, effects)
def test_changes_have_the_sign_of_the_difference(now: float, before: float) -> None:
    sentence = changed_sentence("trend", now, before)
    if now != before:
        assert (" more " in sentence) == (now > before)
    level = level_sentence(now, before, 4)
    assert not ("rose" in level and now <= before)
    assert not ("fell" in level and now >= before)


def test_no_negative_zero_and_a_real_minus() -> None:
    assert percent(-0.00001) == "0.0 %"
    assert percent(-0.012) == "−1.2 %"


def test_sentences_read_as_a_person_would_say_them() -> None:
    facts = {
        "move_1h": 0.019,
        "volatility_1h": 0.018,
        "volatility_24h": 0.0062,
        "volatility_4320h": 0.006,
        "move_72h": -0.08,
        "volume_24h": 1.84,
        "season_24h": 0.97,
    }
    assert volatility_sentence("recent_volatility", 0.1133, facts, 24) == (
        "The price rose 1.9 % in the last hour, whose range was 3.0 times the 180-day mean; the "
        "last day was close to it; this raises expected volatility by 12 %."
    )
    assert volatility_sentence("trend", -0.02, facts, 24) == (
        "The price rose 1.9 % in the last hour, a large move (3.2 standard deviations); still, "
        "against its usual part this lowers expected volatility by 2.0 %."
    )
    quiet = facts | {"move_1h": 0.001, "move_72h": math.nan}
    assert volatility_sentence("trend", -0.2, quiet, 24) == (
        "The price rose 0.1 % in the last hour, no large move (0.2 standard deviations); this "
        "lowers expected volatility by 18 %."
    )
    assert volatility_sentence("seasonality", -0.03, facts, 24) == (
        "The hours of the week ahead are usually 3 % less volatile than the average; this lowers "
        "expected volatility by 3.0 %."
    )
    assert volatility_sentence("base", math.log(0.0203), facts, 24) == (
        "With nothing out of the ordinary, the next 24 hours would have a volatility of 2.03 %."
    )
    assert volatility_sentence("volume", math.nan, facts, 24) == "Traded volume: unknown."
    assert odds_sentence("drift", 0.04, 0.51) == (
        "The long-run drift of returns raises the chance of a rise by 1.0 points."
    )


def an_hour(recent: float, drift: float) -> Hour:
    terms = {"base": -4.0, "recent_volatility": recent, "volume": 0.001, "calibration": -0.02}
    p_up = 1.0 / (1.0 + math.exp(-drift))
    return Hour(terms, {"base": 0.0, "drift": drift}, {"volume_24h": 1.0}, p_up)


def test_an_explanation_adds_up_and_ranks() -> None:
    said = explanation(an_hour(0.2, 0.05), an_hour(0.1, 0.04), 24)
    volatility, odds = said["log_volatility"], said["log_odds_up"]
    assert volatility["base"] + sum(c["value"] for c in volatility["contributions"]) == (
        pytest.approx(volatility["total"], abs=1e-12)
    )
    assert volatility["total"] == pytest.approx(-4.0 + 0.2 + 0.001 - 0.02)
    assert odds["total"] == 0.05
    assert [c["before"] for c in volatility["contributions"]] == [0.1, 0.001, -0.02]
    assert said["reasons"] == [
        "Volatility of the last day raises expected volatility by 22 %.",
        "Shape of returns, pooling with the long run and calibration: this lowers expected "
        "volatility by 2.0 %.",
        "With nothing out of the ordinary, the next 24 hours would have a volatility of 1.83 %.",
        "A rise is given 51.2 %. The long-run drift of returns raises the chance of a "
        "rise by 1.2 points.",
    ]
    assert said["changed"] == [
        "Expected volatility over the next 24 hours rose from 1.99 % to 2.19 %.",
        "Volatility of the last day: 10.5 % more expected volatility than an hour before (its part "
        "was +10.5 %, is +22.1 %).",
    ]


def test_without_the_hour_before_nothing_is_compared() -> None:
    said = explanation(an_hour(0.0, 0.0), None, 1)
    assert said["changed"] == ["There is no forecast of the hour before to compare with."]
    assert all(c["before"] is None for c in said["log_volatility"]["contributions"])
    assert "Nothing" not in said["reasons"][0]


def test_an_hour_without_a_forecast_is_not_explained() -> None:
    with pytest.raises(ValueError, match="no forecast"):
        explanation(an_hour(math.nan, 0.1), None, 24)


def test_a_quiet_hour_is_called_so() -> None:
    hour = Hour({"base": -4.0, "volume": 0.001}, {"base": 0.0, "drift": 0.0}, {}, 0.5)
    said = explanation(hour, hour, 4)
    assert said["reasons"][0] == "Nothing is out of the ordinary over the next 4 hours."
    assert said["changed"] == ["Expected volatility over the next 4 hours stayed at 1.83 %."]


def test_a_calm_week_that_still_raises_is_not_given_as_the_cause() -> None:
    """One of two facts is ordinary: the other decides which way they lean."""
    from barograph.explain.words import USUAL, _long

    said = _long({"volatility_168h": 0.0074, "volatility_720h": 0.01, USUAL: 0.01}, 0.12, 24)
    assert "still, against its usual part" in said
