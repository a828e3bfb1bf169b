"""The score table: shape, slices, what is left out, what is refused."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.scored import make_scored

from barograph.core.errors import InputError
from barograph.evaluation.scores import SCORES, SLICES, score_table
from barograph.metrics.catalogue import metrics

SCORED = make_scored(rows=1200)


def test_it_has_the_published_schema_and_every_slice() -> None:
    table = score_table(SCORED)
    assert dict(table.schema) == SCORES
    assert set(table["slice"]) == set(SLICES)
    assert set(table["metric"]) == set(metrics())
    assert not table.select("score").to_series().is_nan().any()
    assert table.select("model", "horizon_hours", "slice", "value", "metric").is_unique().all()


def test_values_name_their_cell() -> None:
    table = score_table(SCORED, [metrics()["pinball"]])
    by_slice = {
        name: set(table.filter(pl.col("slice") == name)["value"])
        for name in ("all", "session", "quarter", "year", "hour", "regime_session")
    }
    assert by_slice["all"] == {"all"}
    assert by_slice["session"] == {"Asia", "Europe", "US"}
    assert by_slice["quarter"] == {"2021Q4", "2022Q1"}
    assert by_slice["year"] == {"2021", "2022"}
    assert by_slice["hour"] == {str(hour) for hour in range(24)}
    assert "high/Asia" in by_slice["regime_session"]


def test_cells_add_up_to_the_whole() -> None:
    table = score_table(SCORED, [metrics()["mae_return"]])
    whole = table.filter(pl.col("slice") == "all").select("model", "horizon_hours", "n", "score")
    for name in SLICES:
        cells = table.filter(pl.col("slice") == name).group_by("model", "horizon_hours")
        summed = cells.agg(
            pl.col("n").sum(), score=(pl.col("score") * pl.col("n")).sum() / pl.col("n").sum()
        )
        assert_frame_equal(summed.sort("model", "horizon_hours"), whole)


def test_a_lazy_frame_gives_the_same_table() -> None:
    assert_frame_equal(score_table(SCORED.lazy()), score_table(SCORED))


def test_forecasts_in_no_regime_are_in_no_cell_of_it() -> None:
    cut = SCORED.with_columns(regime=pl.lit(None, pl.String))
    table = score_table(cut, [metrics()["crps"]])
    assert set(table["slice"]) == set(SLICES) - {"regime", "regime_session"}


def test_without_forecasts_the_table_is_empty() -> None:
    assert score_table(SCORED.clear()).schema == pl.Schema(SCORES)


def test_a_score_that_does_not_exist_is_null_with_its_count() -> None:
    risen = SCORED.with_columns(pl.col("realised_return").abs())
    table = score_table(risen, [metrics()["auc"], metrics()["recall_down"]], ["all"])
    assert table["score"].is_null().all()
    assert (table["n"] > 0).all()


def test_a_nan_outcome_is_an_unknown_outcome() -> None:
    holed = SCORED.with_columns(pl.col("realised_return").fill_null(float("nan")))
    assert_frame_equal(score_table(holed, slices=["all"]), score_table(SCORED, slices=["all"]))


def test_a_zero_return_has_no_direction() -> None:
    still = SCORED.with_columns(
        realised_return=pl.when(pl.int_range(pl.len()) < 10).then(0.0).otherwise("realised_return")
    )
    counts = score_table(still, [metrics()["brier"], metrics()["mae_return"]], ["all"])
    counts = counts.filter(pl.col("model") == "barograph", pl.col("horizon_hours") == 1)
    assert dict(counts.select("metric", "n").iter_rows()) == {"brier": 1189, "mae_return": 1199}


def test_a_model_without_an_opinion_is_right_half_of_the_time() -> None:
    table = score_table(
        SCORED.with_columns(p_up=pl.lit(0.5)),
        [metrics()[name] for name in ("direction_accuracy", "balanced_accuracy", "auc")],
        ["all"],
    )
    assert table["score"].to_list() == pytest.approx([0.5] * 12)


def test_a_nan_forecast_is_refused_by_name() -> None:
    holed = SCORED.with_columns(pl.lit(float("nan")).alias("q0.500"))
    with pytest.raises(InputError, match=r"barograph of BTCUSDT has NaN in q0\.500 on 2400 rows"):
        score_table(holed)


def test_a_variance_that_is_not_positive_is_refused() -> None:
    message = "qlike of barograph for BTCUSDT is not a number on 2375 rows"
    with pytest.raises(InputError, match=message):
        score_table(SCORED.with_columns(variance=pl.lit(0.0)), [metrics()["qlike"]])


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="no column realised_return, regime"):
        score_table(SCORED.drop("regime", "realised_return"))


def test_an_unknown_slice_is_refused() -> None:
    with pytest.raises(InputError, match="unknown slice 'weekday'; known: all, regime"):
        score_table(SCORED, slices=["weekday"])
