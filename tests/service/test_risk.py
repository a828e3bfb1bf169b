"""What an answer says of gates and breakers, of now and of the past."""

from dataclasses import replace
from typing import Any

import pytest
from tests.service.test_truth import FRESH, WALL, with_status
from tests.service.world import END, answer

from barograph.service.conditions import health
from barograph.service.predictions import published
from barograph.service.risk import with_breakers
from barograph.service.schemas import AssetHealth, Risk

CRASH = {
    "breaker": "crash",
    "effect": "no_entries",
    "does": "nothing is opened or enlarged",
    "reason": "a price moved 12.00 % in an hour",
    "since": "2025-06-19T00:00:00+00:00",
    "until": "2025-06-19T02:00:00+00:00",
}
ERRORS = CRASH | {"breaker": "api_errors", "effect": "conservative", "until": None}
STALE = CRASH | {"breaker": "staleness", "effect": "stale", "until": None}


def prediction(p_up: float, vol: float) -> dict[str, Any]:
    """A published forecast of a day with such a probability and volatility."""
    body = answer("BTCUSDT", END, 1)
    body["horizons"]["24"] |= {"p_up": p_up, "vol": vol}
    return published(body, 24, "calibrated")


def test_gates_are_named_with_numbers_and_the_next_forecast_as_release() -> None:
    told = prediction(0.52, 0.16)["risk"]
    assert told["size"] == 0.0
    assert told["holding"] == []
    assert [(one["gate"], one["until"]) for one in told["refused"]] == [
        ("confidence", "2025-06-19T01:00:00Z"),
        ("volatility", "2025-06-19T01:00:00Z"),
    ]
    assert "52.0 %" in told["refused"][0]["reason"]
    assert "16.0 %" in told["refused"][1]["reason"]


@pytest.mark.parametrize("p_up", [0.56, 0.44])
def test_a_side_that_is_likely_enough_passes(p_up: float) -> None:
    told = prediction(p_up, 0.03)["risk"]
    assert (told["size"], told["refused"]) == (1.0, [])


def test_what_the_runner_refused_is_told_as_it_was() -> None:
    body = answer("BTCUSDT", END, 1)
    said = [{"gate": "confidence", "reason": "as it was said then"}]
    body["horizons"]["24"]["refused"] = said
    told = published(body, 24, "calibrated")["risk"]
    assert told["refused"] == [said[0] | {"until": "2025-06-19T01:00:00Z"}]


@pytest.mark.parametrize(
    ("holding", "size"),
    [([], 1.0), ([STALE], 1.0), ([ERRORS], 0.5), ([ERRORS, CRASH], 0.0), ([CRASH], 0.0)],
)
def test_breakers_of_now_leave_all_half_or_nothing(
    holding: list[dict[str, Any]], size: float
) -> None:
    passed = prediction(0.6, 0.03)
    told = with_breakers(passed, {"risk": holding})["risk"]
    assert told["size"] == size
    assert len(Risk.model_validate(told).holding) == len(holding)
    assert with_breakers(prediction(0.5, 0.03), {"risk": holding})["risk"]["size"] == 0.0
    assert passed["risk"]["holding"] == [], "the prediction itself is kept as it was"


def test_health_names_the_breakers_that_hold() -> None:
    (asset,) = health(with_status(risk=[CRASH, ERRORS]))["assets"]
    found = AssetHealth.model_validate(asset).holding
    assert [one.breaker for one in found] == ["crash", "api_errors"]
    assert asset["holding"][0]["until"] == "2025-06-19T02:00:00Z"
    assert asset["holding"][1]["until"] is None
    (calm,) = health(replace(FRESH, heartbeat={"wall": WALL}))["assets"]
    assert calm["holding"] == []
