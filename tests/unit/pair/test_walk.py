"""The walk: windows that know no future, guards that say why, a filter that may stand aside."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.pair_market import masked, small

from barograph.pair.heartbeat import Heartbeat
from barograph.pair.meta import Trees
from barograph.pair.rules import Learning, Rule
from barograph.pair.select import followed
from barograph.pair.training import design, hourly_features
from barograph.pair.walk import Scene, Walk, walk
from barograph.pipelines.pair_learn import learn
from barograph.trading.market import Market

RULE = Rule(
    kind="reversion", hedge="rolling", window=240, cusum=2.0, entry=1.0, profit=1.0, stop=1.0,
    hold=24,
)  # fmt: skip
LEARNING = Learning(
    train_events=20, validation_events=5, test_days=20, folds=2, optuna_trials=0, workers=1
)
FIRST = 1200


def scene(market: Market) -> Scene:
    events, outcomes = followed(market, RULE, small())
    return Scene(market, events, outcomes, design(hourly_features(market), events, outcomes))


def walked(market: Market, learning: Learning = LEARNING) -> tuple[Scene, Walk]:
    at = scene(market)
    span = (FIRST, len(market.hours))
    return at, walk(at, span, Trees(rounds=20), learning, 7)


@pytest.fixture(scope="module")
def whole() -> tuple[Scene, Walk]:
    return walked(masked(3000))


@pytest.mark.parametrize("cut", [1700, 2111, 2555])
def test_the_future_changes_no_column_and_no_decision(whole: tuple[Scene, Walk], cut: int) -> None:
    at, told = whole
    part_at, part = walked(masked(3000).since(0, cut))
    before = np.flatnonzero(at.events.row < cut)
    assert len(before) == len(part_at.events)
    np.testing.assert_array_equal(at.design.values[before], part_at.design.values)
    np.testing.assert_array_equal(told.keep[before], part.keep)
    np.testing.assert_array_equal(told.probability[before], part.probability)
    assert (part.probability > 0).any()


def test_nothing_is_traded_before_the_span(whole: tuple[Scene, Walk]) -> None:
    at, told = whole
    assert not told.keep[at.events.row < FIRST].any()
    assert np.isnan(told.probability[at.events.row < FIRST]).all()
    assert sum(one.tested for one in told.windows) == (at.events.row >= FIRST).sum()


def test_a_window_with_too_little_before_it_is_traded_without_a_filter() -> None:
    at, told = walked(masked(2000), LEARNING.model_copy(update={"train_events": 10_000}))
    assert all(one.how.startswith("no filter: ") for one in told.windows)
    assert "wanted 10000" in told.windows[0].how
    assert told.keep[at.events.row >= FIRST].all()


def test_too_few_events_to_judge_change_no_decision(whole: tuple[Scene, Walk]) -> None:
    _, told = whole
    _, same = walked(masked(3000), LEARNING.model_copy(update={"test_events": 1000}))
    np.testing.assert_array_equal(told.keep, same.keep)
    assert any("too few to judge" in one.how for one in same.windows)


def learnt(scene: Scene, **changes: int) -> tuple[Trees | None, dict[str, Any], list[str]]:
    said: list[str] = []
    learning = LEARNING.model_copy(update={"optuna_trials": 2, **changes})
    with Heartbeat(said.append).stage("x") as stage:
        trees, told = learn(scene, "optimised", 2400, small(learning=learning), stage)
    return trees, told, said


def test_an_optimisation_that_cannot_be_falls_back_and_says_why(whole: tuple[Scene, Walk]) -> None:
    at, _ = whole
    trees, told, _ = learnt(at)
    assert told["how"] == "step3_optimize_model"
    assert told["log_loss"] <= told["plain_log_loss"]
    few, told_few, said = learnt(at, train_events=5000)
    assert few == Trees()
    assert told_few["how"] == "step3_train_and_backtest"
    assert "wanted 5000" in told_few["why"]
    assert any("fallback to step3_train_and_backtest" in line for line in said)
    broken = replace(at, design=replace(at.design, weight=np.full(len(at.events), np.nan)))
    worse, told_worse, said = learnt(broken)
    assert worse == Trees()
    assert told_worse["how"] == "step3_train_and_backtest"
    assert any("optimisation failed" in line for line in said)
    assert trees is not None


def test_past_ends_are_seen_only_once_they_are_known(whole: tuple[Scene, Walk]) -> None:
    at, _ = whole
    column = at.design.values[:, at.design.names.index("recent_net")]
    for k in range(0, len(at.events), 17):
        known = (at.outcomes.exit >= 0) & (at.outcomes.exit <= at.events.row[k])
        earlier = np.flatnonzero(known & (np.arange(len(known)) < k))[-20:]
        if len(earlier):
            assert column[k] == pytest.approx(at.outcomes.net[earlier].mean())
        else:
            assert np.isnan(column[k])
