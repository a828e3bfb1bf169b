"""When an answer is stale, unreliable or simulated, second by second of a stopped clock."""

import math
from dataclasses import replace
from typing import Any

import pytest
from tests.service.world import END, answer, status

from barograph.service.predictions import points, with_truth
from barograph.service.truth import ages, runner_state, truth, truth_of_all, truth_of_past
from barograph.service.view import Market, View, asset_of

WALL = 1_800_000_000.0
MARKET = Market(
    "recorded", 60.0, END + 10.0, WALL, None, "binance_spot", "0.1.0", ("BTCUSDT",), (1, 24)
)
FRESH = View(
    market=MARKET,
    heartbeat={"wall": WALL, "state": "running", "doing": "running"},
    statuses={"BTCUSDT": status("BTCUSDT", WALL)},
    newest={"BTCUSDT": answer("BTCUSDT", END, 1)},
)


def with_status(**change: Any) -> View:
    return replace(FRESH, statuses={"BTCUSDT": status("BTCUSDT", WALL) | change})


def test_a_fresh_answer_has_nothing_to_excuse() -> None:
    told = truth(FRESH, "BTCUSDT", WALL)
    assert told == {
        "simulated": True,
        "market": "recorded",
        "stale": False,
        "unreliable": False,
        "reasons": [],
        "market_time": "2025-06-19T00:00:10Z",
    }


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (replace(FRESH, heartbeat={"wall": WALL - 3.1, "state": "running"}), "runner has not been"),
        (replace(FRESH, heartbeat={}), "runner has never run"),
        (with_status(last_message_wall=WALL - 5.1), "no word from the exchange for 5 s"),
        (with_status(last_message_wall=None), "no price yet"),
        (with_status(funding_wall=WALL - 61), "funding is 61 s old"),
        (with_status(connected=False), "not connected"),
        (with_status(stale=["the lake is locked"]), "the lake is locked"),
        (replace(FRESH, newest={}), "no forecast yet"),
        (replace(FRESH, problem="the disk is gone"), "the disk is gone"),
    ],
)
def test_each_reason_alone_makes_it_stale(view: View, words: str) -> None:
    told = truth(view, "BTCUSDT", WALL)
    assert told["stale"]
    assert any(words in reason for reason in told["reasons"])
    assert truth_of_all(view, WALL)["stale"]


@pytest.mark.parametrize(
    "view",
    [
        replace(FRESH, heartbeat={"wall": WALL - 2.9, "state": "running"}),
        with_status(last_message_wall=WALL - 4.9),
        with_status(funding_wall=WALL - 59),
        with_status(funding_wall=None, funding_rate=None),
    ],
)
def test_within_its_limit_it_is_not(view: View) -> None:
    assert not truth(view, "BTCUSDT", WALL)["stale"]


@pytest.mark.parametrize(("speed", "grace"), [(1.0, 60.0), (60.0, 120.0), (600.0, 1200.0)])
def test_a_forecast_is_stale_when_the_next_one_is_overdue(speed: float, grace: float) -> None:
    """At life's speed after 1 h and 60 s; a faster market grants two seconds of ours."""
    for past, stale in ((grace - 1.0, False), (grace + 1.0, True)):
        market = replace(MARKET, speed=speed, market=END + 3600 + past)
        (age,) = (
            one
            for one in ages(replace(FRESH, market=market), "BTCUSDT", WALL)
            if one.name == "forecast"
        )
        assert age.stale is stale


def test_doubts_make_it_unreliable_and_not_stale() -> None:
    body = dict(FRESH.newest["BTCUSDT"]) | {"unreliable": ["the last bar moved 6.2 sigma"]}
    view = replace(
        with_status(unreliable=["volume is below 1 % of usual"]), newest={"BTCUSDT": body}
    )
    told = truth(view, "BTCUSDT", WALL)
    assert told["unreliable"]
    assert not told["stale"]
    assert told["reasons"] == ["volume is below 1 % of usual", "the last bar moved 6.2 sigma"]


def test_the_gravest_reason_comes_first() -> None:
    view = replace(
        with_status(connected=False, unreliable=["thin"]), heartbeat={}, problem="the disk is gone"
    )
    assert truth(view, "BTCUSDT", WALL)["reasons"][0] == "the disk is gone"
    assert truth(view, "BTCUSDT", WALL)["reasons"][-1] == "thin"


@pytest.mark.parametrize(
    ("kind", "simulated"), [("live", False), ("recorded", True), ("invented", True)]
)
def test_only_a_live_exchange_is_not_simulated(kind: Any, simulated: bool) -> None:
    told = truth(replace(FRESH, market=replace(MARKET, kind=kind)), "BTCUSDT", WALL)
    assert (told["simulated"], told["market"]) == (simulated, kind)


def test_before_anything_is_known_nothing_is_called_live() -> None:
    assert truth_of_all(View(), WALL)["simulated"]
    assert truth_of_all(View(), WALL)["stale"]
    assert runner_state(View(), WALL) == "down"


def test_the_past_does_not_grow_old_but_says_when_it_came_late() -> None:
    old = replace(FRESH, heartbeat={})
    assert not truth_of_past(old, WALL, None)["stale"]
    late = answer("BTCUSDT", END, 1) | {"late": True, "issued_at": END + 7200}
    told = truth_of_past(FRESH, WALL, late)
    assert told["unreliable"]
    assert told["reasons"] == ["published late, at 2025-06-19T02:00:00Z"]


def test_a_recording_does_not_run_past_its_end() -> None:
    market = replace(MARKET, ends=END + 100.0)
    assert market.time(WALL + 1.0) == END + 70.0
    assert market.time(WALL + 1000.0) == END + 100.0


def test_the_cone_begins_at_the_price_and_ends_at_the_horizon() -> None:
    body = answer("BTCUSDT", END, 1)
    cone = points(body["cone"], END, 4, body["price"])
    assert [one["t"] for one in cone] == [f"2025-06-19T{hour:02d}:00:00Z" for hour in range(5)]
    assert set(cone[0].values()) == {"2025-06-19T00:00:00Z", body["price"]}
    assert cone[4]["upper_1sigma"] == pytest.approx(
        body["price"] * math.exp(body["horizons"]["4"]["quantiles"][8])
    )


@pytest.mark.parametrize(
    ("symbol", "asset"), [("BTCUSDT", "BTC"), ("ETHUSD", "ETH"), ("USDT", "USDT")]
)
def test_an_asset_is_its_symbol_without_what_it_is_quoted_in(symbol: str, asset: str) -> None:
    assert asset_of(symbol) == asset


def test_nothing_stale_or_doubtful_is_given_more_than_low_confidence() -> None:
    said = {"confidence": "high", "confidence_reason": "narrow"}
    fine = truth(FRESH, "BTCUSDT", WALL)
    assert with_truth(said, fine) == {**said, "truth": fine}
    for view in (with_status(unreliable=["hardly any volume"]), with_status(connected=False)):
        told = with_truth(said, truth(view, "BTCUSDT", WALL))
        assert told["confidence"] == "low"
        assert told["confidence_reason"].endswith("(graded high when it was made)")
