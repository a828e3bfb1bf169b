"""The page as a whole: it stands alone, says what it must, and shows the frames' numbers."""

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.unit.report.page import Page, read
from tests.unit.report.synthetic import make

from barograph.core.errors import InputError
from barograph.evaluation.report import Report, ReportInputs, render
from barograph.evaluation.report.document import OVERALL, PER_SYMBOL
from barograph.page.style import LIGHT


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    return make(hours=2000)


@pytest.fixture(scope="module")
def report(inputs: ReportInputs) -> Report:
    return render(inputs)


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    return read(report.html)


@pytest.fixture(scope="module")
def bare() -> Report:
    """Two symbols, one horizon, one baseline, nothing optional, nulls, simulated."""
    whole = make(("BTCUSDT", "ETHUSDT"), horizons=(4,), hours=600)
    two = pl.col("model").is_in(["barograph", "har"])
    return render(
        replace(
            whole,
            scored=whole.scored.filter(two),
            metrics=whole.metrics.filter(two).with_columns(
                score=pl.when(pl.col("slice") != "quarter").then(pl.col("score"))
            ),
            comparisons=whole.comparisons.filter(pl.col("baseline") == "har").with_columns(
                ci_low=None, ci_high=None, p_value=None, dm_statistic=None
            ),
            latest=whole.latest.drop("regime", "confidence").with_columns(
                pl.lit(None, dtype=pl.Float64).alias("q0.023")
            ),
            quality=(),
            run={},
            trials=None,
            importance=None,
            membership=None,
            direction=None,
            simulated=True,
            alarms=("something must be read first",),
        )
    )


def test_every_tag_closes_in_order(page: Page) -> None:
    assert page.faults == []
    assert page.stack == []


def test_nothing_is_fetched_from_anywhere(report: Report, page: Page) -> None:
    assert all(link.startswith("#") for link in page.links)
    for loads in ("http:", "https:", "@import", "<script", "<link", "@font-face", "<img"):
        assert loads not in report.html
    assert set(re.findall(r"url\((.)", report.html)) <= {"#"}


def test_ids_are_unique_and_what_is_referred_to_exists(report: Report, page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    referred = {link[1:] for link in page.links} | set(re.findall(r"url\(#([^)]+)\)", report.html))
    assert referred <= set(page.ids)


def test_it_is_small(report: Report) -> None:
    assert len(report.html.encode()) < 3_000_000


def test_every_section_is_there_and_says_something(report: Report, page: Page) -> None:
    for anchor, title, _ in (*PER_SYMBOL, *OVERALL):
        assert anchor in page.ids
        assert title.replace("'", "&#39;") in report.html
    assert report.html.count('<p class="say">') >= len(PER_SYMBOL) + len(OVERALL)
    assert "Engineering evaluation, not financial advice" in page.text


def test_the_pictures_take_their_colours_from_the_page(report: Report) -> None:
    pictures = re.findall(r"<svg.*?</svg>", report.html, flags=re.DOTALL)
    assert len(pictures) == 2 * len(report.figures)
    for picture in pictures:
        assert re.findall(r"#[0-9a-fA-F]{6}\b", picture) == []
        assert 'aria-label="' in picture


def test_the_pngs_lie_beside_the_page(report: Report) -> None:
    assert {"fan-BTCUSDT.png", "pit-BTCUSDT.png", "reliability-BTCUSDT.png"} <= set(report.figures)
    for content in report.figures.values():
        assert content.startswith(b"\x89PNG")


def test_the_forecast_table_holds_the_numbers_of_the_frame(
    inputs: ReportInputs, page: Page
) -> None:
    rows = page.table("horizon", "P(up)", "68 % low")
    frame = inputs.latest.sort("horizon_hours")
    assert len(rows) == frame.height
    for cells, row in zip(rows, frame.iter_rows(named=True), strict=True):
        shown = [float(cell.title) for cell in cells[1:9]]
        levels = ("q0.159", "q0.841", "q0.023", "q0.977")
        bands = [row["price"] * float(np.exp(row[level])) for level in levels]
        middle = row["price"] * float(np.exp(row["q0.500"]))
        assert shown == [middle, row["p_up"], row["mean"], row["vol"], *bands]
        assert cells[5].text == f"{bands[0]:,.0f}"
        assert [cell.text for cell in cells[9:]] == ["medium", "normal"]


def test_scores_are_those_of_the_metrics(inputs: ReportInputs, page: Page) -> None:
    rows = page.table("model", "1 h", "7 d")
    for cells in rows:
        wanted = inputs.metrics.filter(
            (pl.col("model") == cells[0].text)
            & (pl.col("metric") == "qlike")
            & (pl.col("slice") == "all")
        ).sort("horizon_hours")["score"]
        assert [float(cell.title) for cell in cells[1:]] == wanted.to_list()
    naive = inputs.metrics.filter(
        (pl.col("model") == "barograph")
        & (pl.col("metric") == "r2_price_naive")
        & (pl.col("slice") == "all")
    ).sort("horizon_hours")["score"]
    shown = page.table("R² price", "R² price, naive")
    assert [float(cells[2].title) for cells in shown] == naive.to_list()


def test_coverage_of_a_cell_is_that_of_the_metrics(inputs: ReportInputs, page: Page) -> None:
    first = page.table("regime", "session", "24 h")[0]
    wanted = inputs.metrics.filter(
        (pl.col("model") == "barograph")
        & (pl.col("metric") == "coverage_68")
        & (pl.col("slice") == "regime_session")
        & (pl.col("value") == "low/Asia")
        & (pl.col("horizon_hours") == 24)
    )["score"][0]
    assert [first[0].text, first[1].text] == ["low", "Asia"]
    assert first[5].title.startswith(repr(wanted))


def test_comparisons_and_their_intervals(inputs: ReportInputs, page: Page) -> None:
    rows = page.table("horizon", "baseline", "skill", "DM")
    wanted = inputs.comparisons.filter(pl.col("metric") == "pinball").sort("horizon_hours", "skill")
    assert [float(cells[2].title) for cells in rows] == wanted["skill"].to_list()
    assert [float(cells[3].title) for cells in rows] == wanted["ci_low"].to_list()


def test_row_counts_are_shown_to_add_up(page: Page) -> None:
    first = page.table("series", "read", "silver")[0]
    assert [cell.text for cell in first[3:8]] == ["68,900", "68,868", "20", "12", "yes"]
    assert "high below low" in page.text


def test_the_run_can_be_identified(page: Page) -> None:
    for fact in ("9f2c1d70aa31be04", "c0ffee12", "2.4.1", "walk forward", "garch_t"):
        assert fact in page.text


def test_nothing_says_simulated_when_it_is_not(report: Report) -> None:
    assert "SIMULATED" not in report.html


def test_simulated_is_said_on_the_page_and_in_every_figure(bare: Report) -> None:
    page = read(bare.html)
    assert page.faults == []
    assert 'class="banner"' in bare.html
    assert '<body class="simulated">' in bare.html
    for picture in re.findall(r"<figure>.*?</figure>", bare.html, flags=re.DOTALL):
        assert picture.count("SIMULATED") >= 3


def test_what_is_missing_is_said_not_invented(bare: Report) -> None:
    page = read(bare.html)
    rows = page.table("horizon", "95 % low")
    assert [rows[0][7].text, rows[0][9].text, rows[0][10].text] == ["–", "–", "–"]
    for said in (
        "Too little history before the last test window",
        "No direction was scored",
        "without a run",
        "Nothing was ingested in this run",
        "something must be read first",
        "no difference shown",
    ):
        assert said in page.text


def test_both_symbols_have_their_pictures(bare: Report) -> None:
    assert {"fan-BTCUSDT.png", "fan-ETHUSDT.png"} <= set(bare.figures)
    assert "<h3>ETHUSDT</h3>" in bare.html


def test_nothing_scored_and_nothing_forecast(inputs: ReportInputs) -> None:
    empty = replace(
        inputs,
        latest=inputs.latest.clear(),
        scored=inputs.scored.clear(),
        metrics=inputs.metrics.clear(),
        comparisons=inputs.comparisons.clear(),
        membership=None,
        direction=None,
        importance=None,
    )
    page = read(render(empty).html)
    assert page.faults == []
    assert "nothing scored yet" in page.text
    assert "There is no forecast" in page.text


def test_a_frame_without_a_column_is_refused(inputs: ReportInputs) -> None:
    with pytest.raises(InputError, match="'latest' has no column p_up"):
        render(replace(inputs, latest=inputs.latest.drop("p_up")))
    with pytest.raises(InputError, match="at least one symbol"):
        render(replace(inputs, symbols=()))


def test_colours_are_told_apart() -> None:
    assert len(set(LIGHT.values())) == len(LIGHT)
