"""Comparisons, confidence sets, direction and alarms on made-up forecasts."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.scored import make_scored

from barograph.core.errors import InputError
from barograph.evaluation.alarms import alarms, direction_limit
from barograph.evaluation.compare import (
    COMPARISONS,
    DIRECTION,
    MEMBERSHIP,
    comparisons,
    confidence_sets,
    direction,
)
from barograph.evaluation.scores import score_table
from barograph.evaluation.significance import grid, mean_test, skill
from barograph.evaluation.significance_set import confidence_set

SCORED = make_scored(rows=2000, models={"barograph": 1.0, "ewma": 1.4, "garch_t": 2.5})


def test_comparisons_have_their_schema_and_favour_the_honest_model() -> None:
    table = comparisons(SCORED)
    assert dict(table.schema) == COMPARISONS
    assert len(table) == 2 * 2 * 2
    hourly = table.filter(pl.col("horizon_hours") == 1)
    assert (hourly["skill"] > 0.0).all()
    assert (hourly["ci_low"] > 0.0).all()
    assert (hourly["dm_statistic"] < -2.0).all()
    assert (hourly["p_value"] < 0.05).all()
    assert hourly["in_confidence_set"].all()


def test_skill_is_one_minus_the_ratio_of_the_published_scores() -> None:
    scores = score_table(SCORED, slices=["all"]).filter(
        pl.col("metric") == "qlike", pl.col("horizon_hours") == 24
    )
    by_model = dict(scores.select("model", "score").iter_rows())
    row = comparisons(SCORED, metrics=["qlike"]).row(
        by_predicate=(pl.col("horizon_hours") == 24) & (pl.col("baseline") == "ewma"), named=True
    )
    assert row["skill"] == pytest.approx(1.0 - by_model["barograph"] / by_model["ewma"])
    assert row["ci_low"] < row["skill"] < row["ci_high"]


def test_it_does_not_depend_on_order_or_laziness() -> None:
    shuffled = SCORED.sample(fraction=1.0, shuffle=True, seed=2)
    assert_frame_equal(comparisons(shuffled.lazy()), comparisons(SCORED))


def test_only_common_origins_are_compared() -> None:
    late = (pl.col("model") == "ewma") & (
        pl.int_range(pl.len()).over("model", "horizon_hours") < 500
    )
    table = comparisons(SCORED.filter(~late), metrics=["pinball"])
    counts = dict(table.filter(pl.col("horizon_hours") == 1).select("baseline", "n").iter_rows())
    assert counts == {"ewma": 1499, "garch_t": 1999}


def test_too_few_origins_make_no_claim() -> None:
    short = SCORED.filter(pl.int_range(pl.len()).over("model", "horizon_hours") < 40)
    row = comparisons(short, metrics=["pinball"]).filter(pl.col("horizon_hours") == 24)
    assert row["skill"].is_not_null().all()
    nothing = row.select("ci_low", "ci_high", "dm_statistic", "p_value", "in_confidence_set")
    assert nothing.null_count().row(0) == (2, 2, 2, 2, 2)


def test_a_flagship_alone_has_nothing_to_be_compared_with() -> None:
    alone = SCORED.filter(pl.col("model") == "barograph")
    assert dict(comparisons(alone).schema) == COMPARISONS
    assert len(comparisons(alone)) == 0
    assert confidence_sets(alone)["in_confidence_set"].all()


def test_confidence_sets_shut_the_bad_model_out() -> None:
    table = confidence_sets(SCORED, ["pinball"])
    assert dict(table.schema) == MEMBERSHIP
    verdicts = table.filter(pl.col("horizon_hours") == 1).select("model", "in_confidence_set")
    assert dict(verdicts.iter_rows()) == {"barograph": True, "ewma": False, "garch_t": False}


def test_twins_share_their_place_in_the_set() -> None:
    twin = SCORED.filter(pl.col("model") == "barograph").with_columns(model=pl.lit("twin"))
    table = confidence_sets(pl.concat([SCORED, twin]), ["qlike"])
    pair = table.filter(pl.col("model").is_in(["barograph", "twin"]))
    assert pair.group_by("horizon_hours").agg(pl.col("p_value").n_unique())["p_value"].max() == 1


def test_direction_matches_the_published_accuracy() -> None:
    table = direction(SCORED)
    assert dict(table.schema) == DIRECTION
    scores = score_table(SCORED, slices=["all"]).filter(pl.col("metric") == "direction_accuracy")
    merged = table.join(scores, on=["model", "horizon_hours"])
    assert merged["accuracy"].to_list() == pytest.approx(merged["score"].to_list())
    assert (merged["n"] == merged["n_right"]).all()
    assert (
        (merged["ci_low"] < merged["accuracy"]) & (merged["accuracy"] < merged["ci_high"])
    ).all()


def test_the_alarm_is_silent_on_honest_forecasts() -> None:
    assert alarms(direction(SCORED), comparisons(SCORED).clear()) == []


def test_the_alarm_names_a_clairvoyant() -> None:
    peeked = SCORED.with_columns(
        p_up=pl.when(pl.col("realised_return") > 0.0).then(0.8).otherwise(0.2)
    )
    said = alarms(direction(peeked.filter(pl.col("model") == "ewma")), comparisons(SCORED).clear())
    assert said == [
        "Implausible direction: ewma on BTCUSDT is right 100.0% of the time at 1 h (100.0% to "
        "100.0%), above the limit of 52.5%; look for a leak before believing it.",
        "Implausible direction: ewma on BTCUSDT is right 100.0% of the time at 24 h (100.0% to "
        "100.0%), above the limit of 57.0%; look for a leak before believing it.",
    ]


def test_the_alarm_names_a_gain_that_is_too_large() -> None:
    said = alarms(direction(SCORED).clear(), comparisons(SCORED))
    assert len(said) == 2
    assert said[0].startswith("Implausible gain: barograph on BTCUSDT beats garch_t by ")


@pytest.mark.parametrize(
    ("horizon", "limit"), [(1, 0.525), (4, 0.54), (8, 0.57), (24, 0.57), (72, None)]
)
def test_limits_hold_up_to_their_horizon(horizon: int, limit: float | None) -> None:
    assert direction_limit(horizon) == limit


@pytest.mark.parametrize(("accuracy", "low"), [(0.55, 0.49), (0.52, 0.51), (0.55, None)])
def test_luck_and_small_edges_raise_no_alarm(accuracy: float, low: float | None) -> None:
    row = {
        "symbol": "X", "model": "m", "horizon_hours": 1, "accuracy": accuracy, "ci_low": low,
        "ci_high": 0.6, "p_value": None, "n": 9,
    }  # fmt: skip
    gain = {
        "horizon_hours": 1, "model": "m", "baseline": "garch_t", "metric": "pinball",
        "skill": 0.07 if low else 0.2, "ci_low": low, "ci_high": 0.3,
    }  # fmt: skip
    directions = pl.DataFrame([row], schema=DIRECTION)
    assert alarms(directions, pl.DataFrame([gain], schema=COMPARISONS)) == []


def test_the_missing_flagship_is_named() -> None:
    with pytest.raises(InputError, match="no scored pinball of 'oracle' for BTCUSDT at 1 h"):
        comparisons(SCORED, flagship="oracle")


def test_a_metric_of_groups_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="'auc' has no score per forecast"):
        comparisons(SCORED, metrics=["auc"])


def test_a_doubled_origin_is_refused() -> None:
    with pytest.raises(InputError, match="an origin twice"):
        comparisons(pl.concat([SCORED, SCORED[:1]]))


def test_a_variance_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match="qlike of barograph is not finite"):
        comparisons(SCORED.with_columns(variance=pl.lit(0.0)), metrics=["qlike"])


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(InputError, match="no column as_of"):
        comparisons(SCORED.drop("as_of"))


def test_origins_are_placed_on_their_own_grid() -> None:
    places, step = grid(np.array([0, 24, 72, 96]))
    assert (places.tolist(), step) == ([0, 1, 3, 4], 24)


def test_an_hour_that_is_missing_is_no_neighbour() -> None:
    values = np.random.default_rng(1).normal(size=300)
    hours = np.arange(300)
    dense = mean_test(values, hours, 1)
    holed = mean_test(values, np.where(hours >= 150, hours + 1, hours), 1)
    assert dense.value == holed.value
    assert dense.statistic != holed.statistic
    assert dense.statistic == pytest.approx(holed.statistic, rel=0.2)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0]])
def test_hardly_any_values_have_no_interval(values: list[float]) -> None:
    result = mean_test(np.array(values), np.arange(len(values)), 1)
    assert np.isnan(result.ci_low)
    assert result.n == len(values)


def test_a_constant_series_has_no_statistic() -> None:
    result = mean_test(np.ones(100), np.arange(100), 1)
    assert np.isnan(result.statistic)
    assert (result.ci_low, result.ci_high) == (1.0, 1.0)


def test_skill_against_a_loss_of_zero_does_not_exist() -> None:
    assert np.isnan(skill(np.ones(50), np.zeros(50), np.arange(50), 1).value)


def test_a_single_model_is_alone_in_its_set() -> None:
    losses = np.random.default_rng(2).gamma(2.0, size=(24 * 20, 1))
    assert confidence_set(losses, np.arange(24 * 20), 1).tolist() == [1.0]


def test_a_series_that_is_none_is_refused() -> None:
    hours = np.arange(5)
    with pytest.raises(InputError, match="wanted one each"):
        mean_test(np.ones(4), hours, 1)
    with pytest.raises(InputError, match="not finite"):
        mean_test(np.full(5, np.nan), hours, 1)
    with pytest.raises(InputError, match="not strictly ascending"):
        mean_test(np.ones(5), hours[::-1], 1)
    with pytest.raises(InputError, match=r"wanted \(origins, models\)"):
        confidence_set(np.ones((5, 0)), hours, 1)
    assert np.isnan(confidence_set(np.ones((0, 2)), np.arange(0), 1)).all()
