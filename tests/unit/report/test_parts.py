"""The parts of the page, each against its plain meaning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.unit.report.synthetic import make

from barograph.core.levels import LEVELS, column
from barograph.evaluation.report import (
    calibration,
    direction,
    headline,
    importance,
    price_level,
    quality,
    skill,
    stability,
    tried,
    volatility,
)
from barograph.evaluation.report.cone import hourly_cone
from barograph.evaluation.report.derive import half_width, known, level_histogram, slice_skill
from barograph.evaluation.report.inputs import ReportInputs
from barograph.metrics.reliability import reliability_curve
from barograph.page import blocks as b
from barograph.page.facts import flat
from barograph.page.style import PALETTE, Drawing, paint


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    return make(horizons=(1, 24), hours=1200)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("name", ["ink", "soft", "amberink", "up", "down"])
def test_words_can_be_read(name: str, ground: str, scheme: int) -> None:
    pair = sorted((luminance(PALETTE[name][scheme]), luminance(PALETTE[ground][scheme])))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (b.number(1.23456, ".2f"), "1.23"),
        (b.number(-0.5, "+.1f"), "−0.5"),
        (b.number(-0.0001, "+.2f"), "0.00"),
        (b.number(None), "–"),
        (b.number(float("nan")), "–"),
        (b.number(1234567, ",d"), "1,234,567"),
        (b.percent(0.0213), "+2.13 %"),
        (b.price(64120.4), "64,120"),
        (b.price(3.14159), "3.14"),
        (b.price(0.000012345), "1.234e-05".replace("-", "−")),
        (b.price(None), "–"),
    ],
)
def test_numbers_as_they_are_read(cell: b.Cell, text: str) -> None:
    assert cell.text == text


def test_words_of_horizons_and_lists() -> None:
    assert [b.horizon(h) for h in (1, 24, 30, 72, 168)] == ["1 h", "24 h", "30 h", "3 d", "7 d"]
    assert b.join(["a"]) == "a"
    assert b.join(["a", "b", "c"]) == "a, b and c"


def test_the_cone_is_the_forecast_at_every_horizon(inputs: ReportInputs) -> None:
    hours, cone = hourly_cone(inputs.latest)
    assert hours.tolist() == list(range(25))
    for row in inputs.latest.iter_rows(named=True):
        for level in LEVELS:
            wanted = row["price"] * np.exp(row[column(level)])
            assert cone[level][row["horizon_hours"]] == pytest.approx(wanted, rel=1e-12)
    ordered = np.array([cone[level] for level in LEVELS])
    assert (np.diff(ordered, axis=0) >= 0).all()
    assert (ordered[:, 0] == ordered[0, 0]).all()


def test_a_cone_needs_complete_rows(inputs: ReportInputs) -> None:
    broken = inputs.latest.with_columns(pl.lit(None, dtype=pl.Float64).alias("q0.500"))
    hours, cone = hourly_cone(broken)
    assert len(hours) == 0
    assert cone == {}


def test_reliability_counts_outcomes_below_each_quantile(inputs: ReportInputs) -> None:
    rows = known(inputs.scored, "barograph")
    table = reliability_curve(rows)
    part = rows.filter(pl.col("horizon_hours") == 24)
    for level in LEVELS:
        plain = np.mean(part["realised_return"].to_numpy() <= part[column(level)].to_numpy())
        shown = table.filter((pl.col("horizon_hours") == 24) & (pl.col("level") == level))
        assert shown["observed"][0] == pytest.approx(plain)
        assert shown["n"][0] == part.height


def test_a_perfect_forecast_has_a_flat_pit() -> None:
    edges, density = level_histogram(np.array(LEVELS))
    assert edges[0] == 0.0
    assert edges[-1] == 1.0
    assert density == pytest.approx(np.ones(14))


def test_overlap_widens_the_interval() -> None:
    assert half_width(0.5, 10_000, 1) == pytest.approx(1.96 * 0.5 / 100)
    assert half_width(0.5, 10_000, 100) == pytest.approx(1.96 * 0.5 / 10)
    assert half_width(0.5, 5, 100) == pytest.approx(1.96 * 0.5)


def test_slices_are_compared_with_the_hardest_baseline(inputs: ReportInputs) -> None:
    table = slice_skill(inputs.metrics, "barograph", "pinball", "hour")
    overall = inputs.metrics.filter(
        (pl.col("slice") == "all")
        & (pl.col("metric") == "pinball")
        & (pl.col("model") != "barograph")
        & (pl.col("horizon_hours") == 1)
    ).sort("score")
    assert set(table.filter(pl.col("horizon_hours") == 1)["baseline"]) == {overall["model"][0]}
    cell = table.row(0, named=True)
    scores = dict(
        inputs.metrics.filter(
            (pl.col("slice") == "hour")
            & (pl.col("value") == cell["value"])
            & (pl.col("metric") == "pinball")
            & (pl.col("horizon_hours") == cell["horizon_hours"])
        )
        .select("model", "score")
        .iter_rows()
    )
    assert cell["skill"] == pytest.approx(1 - scores["barograph"] / scores[cell["baseline"]])


def test_cells_off_by_more_than_five_points_are_marked() -> None:
    inside, outside = calibration._heat(0.70, 0.68, 0.05), calibration._heat(0.60, 0.68, 0.05)
    assert "off" not in inside.kind
    assert inside.text == "70.0"
    assert "off" in outside.kind
    assert outside.text == "60.0 ▼"
    assert "var(--down)" in outside.style
    assert "var(--up)" in inside.style
    assert calibration._heat(None, 0.68, 0.05).text == "–"
    assert b.words("plain").style == ""


def test_the_target_of_coverage_widens_after_a_day() -> None:
    assert calibration.tolerance(24) == 0.01
    assert calibration.tolerance(25) == 0.02


def test_coverage_that_was_not_scored_is_said(inputs: ReportInputs) -> None:
    without = replace(inputs, metrics=inputs.metrics.filter(pl.col("metric") == "pinball"))
    assert "not scored" in calibration.sentence(without)
    assert price_level.parts(without)[0] == b.Note("R² was not scored in this run.", "warn")
    assert volatility.parts(without)[0].block == "note"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(0.1, 0.2, "up"), (-0.2, -0.1, "down"), (-0.1, 0.1, ""), (None, None, "")],
)
def test_a_comparison_is_won_only_beyond_its_interval(
    low: float | None, high: float | None, kind: str
) -> None:
    assert skill.verdict({"ci_low": low, "ci_high": high}) == kind


def test_no_comparison_could_be_computed(inputs: ReportInputs) -> None:
    rows = skill.against(inputs, "pinball").with_columns(skill=pl.lit(None, dtype=pl.Float64))
    assert "too few outcomes" in skill.sentence(rows)


def test_the_confidence_set_without_membership_is_the_flagships(inputs: ReportInputs) -> None:
    table = skill.confidence_set(replace(inputs, membership=None), "pinball")
    assert [cell.text for cell in table.rows[0]] == ["1 h", "barograph", "–", "–"]
    full = skill.confidence_set(inputs, "pinball")
    assert "random_walk" in full.rows[0][2].text


def test_too_much_skill_in_direction_is_an_alarm(inputs: ReportInputs) -> None:
    high = pl.DataFrame(
        {
            "symbol": ["BTCUSDT"],
            "model": ["barograph"],
            "horizon_hours": [1],
            "accuracy": [0.53],
            "ci_low": [0.52],
            "ci_high": [0.54],
            "n": [9000],
        }
    )
    blocks = direction.parts(replace(inputs, direction=high))
    warnings = [part.text for part in blocks if isinstance(part, b.Note) and part.kind == "warn"]
    assert len(warnings) == 1
    assert "look for a leak" in warnings[0]
    assert "better than a coin" in direction.sentence(high)


def test_quarters_without_a_baseline_are_said(inputs: ReportInputs) -> None:
    alone = replace(inputs, metrics=inputs.metrics.filter(pl.col("model") == "barograph"))
    assert stability.parts(alone)[0].block == "note"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("place", "said"), [(3, "low, as it must"), (0, "too high"), (None, "no noise feature")]
)
def test_noise_must_rank_low(place: int | None, said: str) -> None:
    noise = [index == place for index in range(4)]
    frame = pl.DataFrame(
        {"feature": list("abcd"), "importance": [4.0, 3.0, 2.0, 0.1], "is_noise": noise}
    )
    assert said in importance.sentence(importance.ranked(frame))


def test_counts_that_do_not_add_up_are_said() -> None:
    row = {"series": "x", "read": 10, "silver": 8, "duplicates": 1, "quarantined": 0}
    assert not quality.adds_up(row)
    assert "x do NOT add up" in quality.sentence([row])
    assert quality.table([row]).rows[0][7].text == "NO"


def test_gaps_in_each_form_are_read() -> None:
    start, end = datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 1, 2, tzinfo=UTC)
    gaps = [(start, end), {"from": start, "to": end, "hours": 24}, "an outage"]
    table = quality.gap_table([{"series": "x", "gaps": [*["old"] * 40, *gaps]}])
    assert [row[1].text for row in table.rows[-3:]] == [
        "2021-01-01 00:00 – 2021-01-02 00:00",
        "2021-01-01 00:00 – 2021-01-02 00:00 (24 h)",
        "an outage",
    ]
    assert "3 earlier ones left out" in table.caption


def test_what_was_tried_is_shown_as_recorded(inputs: ReportInputs) -> None:
    trials = pl.DataFrame(
        {"n": [3], "score": [0.25], "ok": [True], "why": [None], "at": [datetime(2021, 1, 1)]}  # noqa: DTZ001
    )
    row = tried.table(trials).rows[0]
    assert [cell.text for cell in row] == ["3", "0.25", "yes", "–", "2021-01-01 00:00"]


def test_a_drawing_is_the_same_every_time(inputs: ReportInputs) -> None:
    first, again = (paint(headline.drawing(inputs), simulated=True) for _ in range(2))
    assert first == again


def test_a_blank_drawing_is_a_picture() -> None:
    drawing = Drawing("blank", "Blank", 'says "nothing" <at all>', lambda *_: None, (1.0, 1.0))
    picture, png = paint(drawing, simulated=False)
    assert "&quot;nothing&quot; &lt;at all>" in picture.wide
    assert png.startswith(b"\x89PNG")


def test_facts_of_a_run_are_words() -> None:
    facts = {"simulated": False, "config": {"folds": None, "peers": []}, "took": 1.23456789}
    assert dict(flat(facts)) == {
        "simulated": "no",
        "config.folds": "–",
        "config.peers": "–",
        "took": "1.23457",
    }


def test_a_shared_lowest_score_is_said_to_be_shared() -> None:
    rows = pl.DataFrame(
        {
            "model": ["barograph", "har_x", "barograph", "har_x"],
            "horizon_hours": [1, 1, 24, 24],
            "score": [0.5, 0.5, 0.2, 0.3],
        }
    )
    said = volatility.sentence(rows, "barograph")
    assert "at 2 of 2 horizons, at 1 together with har_x." in said
    assert volatility.sentence(rows.tail(2), "barograph").endswith("1 of 1 horizons.")


def test_an_old_forecast_says_so_before_anything_else(inputs: ReportInputs) -> None:
    fresh = headline.parts(inputs.of("BTCUSDT"))
    later = replace(inputs, generated_at=inputs.generated_at + timedelta(days=30))
    first = headline.parts(later.of("BTCUSDT"))[0]
    assert isinstance(first, b.Note)
    assert first.kind == "warn"
    assert "STALE: the last bar closed 30 days before" in first.text
    assert not any(isinstance(part, b.Note) and "STALE" in part.text for part in fresh)
