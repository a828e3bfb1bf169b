"""What every declared metric must obey."""

import math

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.scored import make_scored

from barograph.evaluation.scores import score_table
from barograph.metrics.base import Metric
from barograph.metrics.catalogue import metrics

SCORED = make_scored()
KNOWN = SCORED.drop_nulls("realised_return")
EVERY = pytest.mark.parametrize("metric", metrics().values(), ids=metrics())


def score(frame: pl.DataFrame, metric: Metric) -> float:
    value = frame.select(metric.aggregate).item()
    return math.nan if value is None else float(value)


@EVERY
def test_an_unknown_outcome_is_left_out_and_not_counted(metric: Metric) -> None:
    assert score(SCORED, metric) == pytest.approx(score(KNOWN, metric), rel=1e-12)
    assert SCORED.select(metric.count).item() == len(KNOWN)


@EVERY
def test_a_forecast_that_was_not_issued_is_left_out(metric: Metric) -> None:
    forecasts = metric.inputs - {"price", "realised_return", "realised_variance"}
    cut = KNOWN.with_columns(pl.when(pl.int_range(pl.len()) >= 100).then(pl.col(*forecasts)))
    assert score(cut, metric) == pytest.approx(score(KNOWN[100:], metric), rel=1e-9)
    assert cut.select(metric.count).item() == len(KNOWN) - 100


@EVERY
def test_the_order_of_forecasts_does_not_matter(metric: Metric) -> None:
    shuffled = KNOWN.sample(fraction=1.0, shuffle=True, seed=1)
    assert score(shuffled, metric) == pytest.approx(score(KNOWN, metric), rel=1e-9)


@EVERY
def test_an_empty_group_has_no_score(metric: Metric) -> None:
    assert math.isnan(score(KNOWN.clear(), metric))


@EVERY
def test_it_reads_columns_of_the_scored_frame_and_is_described(metric: Metric) -> None:
    assert metric.inputs <= set(SCORED.columns)
    assert metric.formula
    assert metric.reference
    assert (metric.target is not None) == (metric.orientation == "target")


@EVERY
def test_a_group_is_scored_as_if_it_stood_alone(metric: Metric) -> None:
    grouped = KNOWN.group_by("model", "horizon_hours").agg(metric.aggregate)
    for model, horizon, value in grouped.sort("model").iter_rows():
        alone = KNOWN.filter(pl.col("model") == model, pl.col("horizon_hours") == horizon)
        assert value == pytest.approx(score(alone, metric), rel=1e-9)


@EVERY
def test_the_table_holds_the_metric(metric: Metric) -> None:
    table = score_table(SCORED, (metric,), ("all", "regime_session"))
    assert set(table["metric"]) == {metric.name}
    plain = KNOWN.group_by("symbol", "model", "horizon_hours").agg(score=metric.aggregate)
    assert_frame_equal(
        table.filter(pl.col("slice") == "all").select(plain.columns),
        plain.sort("model", "horizon_hours"),
        check_exact=False,
    )


@EVERY
def test_the_honest_model_is_not_worse(metric: Metric) -> None:
    honest, wrong = (KNOWN.filter(pl.col("model") == name) for name in ("barograph", "ewma"))
    if metric.name in {"pinball", "crps", "winkler_68", "winkler_80", "winkler_95", "qlike"}:
        assert score(honest, metric) < score(wrong, metric)
    if metric.target is not None:
        assert abs(score(honest, metric) - metric.target) < abs(
            score(wrong, metric) - metric.target
        )
