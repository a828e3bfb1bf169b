"""Each formula against another author's code."""

import duckdb
import numpy as np
import polars as pl
import pytest
import scoringrules
from sklearn import metrics as sklearn
from tests.scored import make_scored

from barograph.core.levels import INTERVALS, LEVELS, SCORED, column
from barograph.core.types import Floats
from barograph.evaluation.scores import score_table
from barograph.metrics.catalogue import metrics
from barograph.metrics.crps import weights

SCORED_FRAME = make_scored(rows=1500)
KNOWN = SCORED_FRAME.drop_nulls("realised_return")
RETURN = KNOWN["realised_return"].to_numpy()
VARIANCE = KNOWN["realised_variance"].to_numpy()
FORECAST = KNOWN["variance"].to_numpy()
PRICE_THEN = (KNOWN["price"] * KNOWN["realised_return"].exp()).to_numpy()
MEAN_PRICE = (KNOWN["price"] * KNOWN["mean"].exp()).to_numpy()
MEDIAN_PRICE = (KNOWN["price"] * KNOWN["q0.500"].exp()).to_numpy()
ROSE = RETURN > 0.0
P_UP = KNOWN["p_up"].to_numpy()


def score(name: str) -> float:
    return float(KNOWN.select(metrics()[name].aggregate).item())


def quantile(level: float) -> Floats:
    return KNOWN[column(level)].to_numpy()


@pytest.mark.parametrize(("name", "level"), [("p10", 0.1), ("p50", 0.5), ("p90", 0.9)])
def test_pinball_of_one_level_against_sklearn(name: str, level: float) -> None:
    theirs = sklearn.mean_pinball_loss(RETURN, quantile(level), alpha=level)
    assert score(f"pinball_{name}") == pytest.approx(theirs, rel=1e-12)


def test_headline_pinball_against_sklearn() -> None:
    theirs = np.mean([sklearn.mean_pinball_loss(RETURN, quantile(x), alpha=x) for x in SCORED])
    assert score("pinball") == pytest.approx(float(theirs), rel=1e-12)


def test_crps_against_scoringrules_on_the_same_quantiles() -> None:
    losses = np.stack([scoringrules.quantile_score(RETURN, quantile(x), x) for x in LEVELS])
    assert score("crps") == pytest.approx(float((weights() @ losses).mean()), rel=1e-12)


def test_crps_is_three_percent_below_the_exact_one_of_a_normal_law() -> None:
    honest = KNOWN.filter(pl.col("model") == "barograph")
    mean, vol = honest["mean"].to_numpy(), honest["vol"].to_numpy()
    exact = scoringrules.crps_normal(honest["realised_return"].to_numpy(), mean, vol).mean()
    ours = honest.select(metrics()["crps"].aggregate).item()
    assert ours / exact == pytest.approx(0.972, abs=0.01)


@pytest.mark.parametrize("nominal", [68, 80, 95])
def test_winkler_against_scoringrules(nominal: int) -> None:
    low, high = INTERVALS[nominal]
    miss = 1.0 - (high - low)
    theirs = scoringrules.interval_score(RETURN, quantile(low), quantile(high), miss).mean()
    assert score(f"winkler_{nominal}") == pytest.approx(float(theirs), rel=1e-10)


@pytest.mark.parametrize("nominal", INTERVALS)
def test_coverage_against_counting(nominal: int) -> None:
    low, high = INTERVALS[nominal]
    inside = [a <= y <= b for a, y, b in zip(quantile(low), RETURN, quantile(high), strict=True)]
    assert score(f"coverage_{nominal}") == pytest.approx(sum(inside) / len(inside))


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("mae_return", sklearn.mean_absolute_error(RETURN, quantile(0.5))),
        ("mae_price", sklearn.mean_absolute_error(PRICE_THEN, MEDIAN_PRICE)),
        ("rmse_return", sklearn.root_mean_squared_error(RETURN, KNOWN["mean"])),
        ("rmse_price", sklearn.root_mean_squared_error(PRICE_THEN, MEAN_PRICE)),
        ("r2_return", sklearn.r2_score(RETURN, KNOWN["mean"])),
        ("r2_price", sklearn.r2_score(PRICE_THEN, MEAN_PRICE)),
        ("r2_price_naive", sklearn.r2_score(PRICE_THEN, KNOWN["price"])),
        ("r2_log_variance", sklearn.r2_score(np.log(VARIANCE), np.log(FORECAST))),
        ("mse_variance", sklearn.mean_squared_error(VARIANCE, FORECAST)),
        ("mse_log_variance", sklearn.mean_squared_error(np.log(VARIANCE), np.log(FORECAST))),
        ("brier", sklearn.brier_score_loss(ROSE, P_UP)),
        ("log_loss", sklearn.log_loss(ROSE, P_UP)),
        ("auc", sklearn.roc_auc_score(ROSE, P_UP)),
        ("direction_accuracy", sklearn.accuracy_score(ROSE, P_UP > 0.5)),
        ("balanced_accuracy", sklearn.balanced_accuracy_score(ROSE, P_UP > 0.5)),
        ("precision_up", sklearn.precision_score(ROSE, P_UP > 0.5)),
        ("recall_up", sklearn.recall_score(ROSE, P_UP > 0.5)),
        ("precision_down", sklearn.precision_score(~ROSE, P_UP < 0.5)),
        ("recall_down", sklearn.recall_score(~ROSE, P_UP < 0.5)),
    ],
)
def test_against_sklearn(name: str, theirs: float) -> None:
    assert score(name) == pytest.approx(theirs, rel=1e-9)


def test_qlike_mase_and_smape_against_plain_numpy() -> None:
    u = VARIANCE / FORECAST
    assert score("qlike") == pytest.approx(np.mean(u - np.log(u) - 1.0))
    error = np.abs(RETURN - quantile(0.5))
    assert score("mase") == pytest.approx(error.mean() / np.abs(RETURN).mean())
    spread = np.abs(PRICE_THEN - MEDIAN_PRICE) / ((PRICE_THEN + MEDIAN_PRICE) / 2.0)
    assert score("smape_price") == pytest.approx(spread.mean())


def test_auc_with_ties_against_sklearn() -> None:
    coarse = KNOWN.with_columns(pl.col("p_up").round(2))
    ours = coarse.select(metrics()["auc"].aggregate).item()
    assert ours == pytest.approx(sklearn.roc_auc_score(ROSE, coarse["p_up"]), rel=1e-12)


def test_grouped_pinball_against_sql() -> None:
    losses = " + ".join(
        f"greatest({x} * (realised_return - {q}), ({x} - 1) * (realised_return - {q}))"
        for x, q in ((x, f'"{column(x)}"') for x in SCORED)
    )
    with duckdb.connect() as sql:
        sql.register("scored", SCORED_FRAME.drop("as_of").to_arrow())
        theirs = sql.execute(
            f"""select model, horizon_hours, regime || '/' || session as value,
                       avg(({losses}) / {len(SCORED)}) as score, count(realised_return) as n
                from scored group by all order by all"""
        ).fetchall()
    table = score_table(SCORED_FRAME, (metrics()["pinball"],), ("regime_session",))
    ours = table.select("model", "horizon_hours", "value", "score", "n").rows()
    assert len(ours) == len(theirs) == 36
    for mine, other in zip(ours, theirs, strict=True):
        assert mine[:3] == other[:3]
        assert mine[3] == pytest.approx(other[3], rel=1e-12)
        assert mine[4] == other[4]
