"""Cards say what ``evaluation`` says, and no more than the outcomes allow."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.panels import make_panel
from tests.scored import make_scored
from tests.unit.ledger.samples import outcome, publication

from barograph.core.levels import INTERVALS
from barograph.evaluation.compare import comparisons, direction
from barograph.evaluation.scores import score_table
from barograph.ledger.forecasts import Entry, Ledger
from barograph.pipelines import scorecards
from barograph.pipelines.scorecards import (
    cards,
    live,
    losses_of,
    not_overlapping,
    reliability,
    walk_forward,
    wilson,
)
from barograph.service.schemas import Scorecard

SCORED = make_scored(2400)
OURS = SCORED.filter(pl.col("model") == "barograph")
LOSSES = SCORED.filter(pl.col("model") == "ewma").select(
    "as_of", "horizon_hours", rival=losses_of("pinball")
)
CARDS = {card["horizon_hours"]: card for card in cards(OURS, LOSSES, (1, 24), "walk_forward")}


def score(horizon: int, metric: str) -> float:
    table = score_table(SCORED, slices=("all",)).filter(
        (pl.col("model") == "barograph")
        & (pl.col("horizon_hours") == horizon)
        & (pl.col("metric") == metric)
    )
    return float(table["score"].item())


@pytest.mark.parametrize("horizon", [1, 24])
def test_a_card_has_the_figures_of_the_evaluation(horizon: int) -> None:
    card = CARDS[horizon]
    for place, nominal in enumerate(INTERVALS):
        said = card["coverage"][place]["held"]
        assert said["value"] == pytest.approx(score(horizon, f"coverage_{nominal}"))
        assert said["low"] < said["value"] < said["high"]
    assert card["pinball"] == pytest.approx(score(horizon, "pinball"))
    assert card["qlike"] == pytest.approx(score(horizon, "qlike"))


@pytest.mark.parametrize("horizon", [1, 24])
def test_skill_and_direction_are_those_of_the_comparison(horizon: int) -> None:
    card = CARDS[horizon]
    at = pl.col("horizon_hours") == horizon
    gain = comparisons(SCORED, metrics=("pinball",)).filter(at).row(0, named=True)
    assert card["baseline"] == "ewma"
    for ours, theirs in (("value", "skill"), ("low", "ci_low"), ("high", "ci_high")):
        assert card["skill"][ours] == pytest.approx(100.0 * gain[theirs])
    right = direction(SCORED).filter(at & (pl.col("model") == "barograph")).row(0, named=True)
    assert card["direction"]["value"] == pytest.approx(right["accuracy"])
    if horizon == 24:
        assert card["direction"]["low"] == pytest.approx(right["ci_low"])


def test_an_interval_allows_for_overlap() -> None:
    """A day's 24 origins share their outcome: the interval is far wider than for 24 draws."""
    held = CARDS[24]["coverage"][0]["held"]
    alone = 1.96 * np.sqrt(0.25 / CARDS[24]["count"])
    assert CARDS[24]["effective_count"] == pytest.approx(CARDS[24]["count"] / 24, abs=1)
    assert held["high"] - held["low"] > 2 * 2 * alone


def test_bins_and_buckets_hold_every_outcome_once() -> None:
    card = CARDS[1]
    assert sum(card["pit"]) == pytest.approx(1.0)
    assert len(card["pit"]) == 10
    assert sum(bucket["count"] for bucket in card["reliability_up"]) == card["count"]
    said = [bucket["said"] for bucket in card["reliability_up"]]
    assert said == sorted(said)


def test_a_card_is_one_of_the_api() -> None:
    for card in CARDS.values():
        assert Scorecard.model_validate(card).horizon_hours == card["horizon_hours"]
    (empty,) = cards(OURS.clear(), None, (4,), "live")
    assert Scorecard.model_validate(empty).count == 0
    assert empty["coverage"] == empty["pit"] == empty["reliability_up"] == []


def test_nothing_is_measured_against_a_baseline_that_is_not_there() -> None:
    (card,) = cards(OURS, None, (1,), "live")
    assert card["skill"] is None
    assert card["baseline"] is None


def test_a_few_outcomes_have_an_interval_that_is_no_certainty() -> None:
    """Five of five inside a band do not prove that it always holds."""
    five = OURS.filter(pl.col("horizon_hours") == 1).head(5)
    (card,) = cards(five, None, (1,), "live")
    for band in card["coverage"]:
        assert band["held"]["high"] - band["held"]["low"] > 0.3


def test_wilson_agrees_with_another_author() -> None:
    stats = pytest.importorskip("statsmodels.stats.proportion")
    for right, count in ((5, 5), (0, 7), (13, 29)):
        low, high = stats.proportion_confint(right, count, method="wilson")
        said = wilson(right / count, count)
        assert (said["low"], said["high"]) == pytest.approx((low, high), abs=1e-12)


def test_outcomes_that_share_no_hour_are_counted() -> None:
    hours = np.arange(100)
    assert not_overlapping(hours, 1) == 100
    assert not_overlapping(hours, 24) == 5
    assert not_overlapping(np.array([0, 1, 2, 50, 51, 80]), 24) == 3
    assert not_overlapping(np.array([], dtype=np.int64), 24) == 0


def test_a_return_of_zero_is_neither_rise_nor_fall() -> None:
    flat = OURS.head(40).with_columns(realised_return=pl.lit(0.0))
    assert reliability(flat) == []


def test_a_walk_forward_is_scored_where_both_answer() -> None:
    panel = make_panel(rows=6000, horizons=(1, 24))
    rival = scorecards.baseline(panel)
    assert rival.quantiles is not None
    (hour, day) = walk_forward(panel, rival, rival)
    assert hour["skill"]["value"] == pytest.approx(0.0)
    assert hour["count"] == int(
        (np.isfinite(rival.quantiles[:, 0]).all(axis=1) & np.isfinite(panel.target_return[:, 0])
         & panel.present).sum()
    )  # fmt: skip
    (late, _) = walk_forward(panel, rival, rival, panel.moment(5000))
    assert late["first"] >= panel.moment(5000).isoformat()
    assert late["count"] < hour["count"] < 6000
    assert day["horizon_hours"] == 24


@pytest.fixture
def entries(tmp_path: Path) -> tuple[Entry, ...]:
    ledger = Ledger(tmp_path / "ledger")
    return ledger.publish([publication(hours) for hours in range(4)])


def told(entries: tuple[Entry, ...], **changes: Any) -> list[dict[str, Any]]:
    return live(entries, [outcome(entry, **changes) for entry in entries], (1, 24))


def test_published_forecasts_are_scored_once_known(entries: tuple[Entry, ...]) -> None:
    hour, day = told(entries)
    assert (hour["count"], day["count"]) == (4, 0)
    assert hour["source"] == "live"
    first = entries[0].published.forecast[0]
    inside = [
        e.published.forecast[0]["q0.159"] <= 0.0123 <= e.published.forecast[0]["q0.841"]  # type: ignore[operator]
        for e in entries
    ]
    assert hour["coverage"][1]["held"]["value"] == pytest.approx(np.mean(inside))
    assert hour["first"] == entries[0].published.as_of.isoformat()
    assert first["horizon_hours"] == 1


def test_what_was_no_forecast_is_not_counted(entries: tuple[Entry, ...]) -> None:
    """Issued after its hour had passed, missing, or of another symbol's ledger."""
    assert told(entries, retrospective=True)[0]["count"] == 0
    assert told(entries, realised_return=None, scores={})[0]["count"] == 0
    assert live(entries[:1], [outcome(entry) for entry in entries], (1,))[0]["count"] == 1


def test_an_origin_published_twice_counts_once(tmp_path: Path) -> None:
    again = publication(0).issued_at + timedelta(minutes=5)
    changed = publication(0, issued_at=again, model_hash="another")
    twice = Ledger(tmp_path / "ledger").publish([publication(0), changed])
    assert live(twice, [outcome(entry) for entry in reversed(twice)], (1,))[0]["count"] == 1


def test_no_share_is_above_one() -> None:
    """Misses that come together make a wide interval; it still ends at certainty."""
    band = pl.col("q0.977"), pl.col("q0.023")
    inside = 0.5 * (band[0] + band[1])
    row = pl.int_range(pl.len())
    mostly = OURS.filter(pl.col("horizon_hours") == 24).with_columns(
        realised_return=pl.when(row < 60).then(2.0 * band[0] + 1.0).otherwise(inside)
    )
    (card,) = cards(mostly, None, (24,), "walk_forward")
    held = card["coverage"][-1]["held"]
    assert held["value"] > 0.9
    assert held["high"] <= 1.0
