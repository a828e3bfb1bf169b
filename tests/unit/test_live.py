"""Bar by bar, in blocks, or all at once: the engine's answers are the same to the bit."""

import itertools
import pickle
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panels import make_panel

from barograph.core.errors import InputError
from barograph.core.levels import level_array
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.models.barograph import FLAGSHIP, days_ahead
from barograph.models.har import Har, HarX
from barograph.models.live import Answers, Engine, bars_of, with_targets
from barograph.models.trace import HAR_TERMS, SCALE_TERMS, SHIFTS, Trace

ROWS, BEGIN = 3600, 1500
HORIZONS = (1, 4, 24)


@cache
def market(seed: int = 7) -> Panel:
    """A market with missing bars, and some whose volume nobody knows."""
    panel = make_panel(ROWS, seed, HORIZONS)
    silent = np.random.default_rng(seed).random(ROWS) < 0.02
    return replace(panel, volume=np.where(silent, np.nan, panel.volume))


@cache
def walked(seed: int = 7) -> tuple[Answers, Engine]:
    return Engine.warm(market(seed), BEGIN)


def bar_of(panel: Panel, row: int) -> dict[str, float] | None:
    if not panel.present[row]:
        return None
    names = ("open", "close", "volume", "variance")
    return {name: float(getattr(panel, name)[row]) for name in names}


def parts(answers: Answers) -> dict[str, Floats]:
    """Every number of some answers by name, the first axis of rows."""
    found = {f.name: getattr(answers.trace, f.name) for f in fields(Trace)}
    for name, output in answers.outputs.items():
        found[f"{name} variance"] = output.variance
        if output.quantiles is not None:
            found[f"{name} quantiles"] = output.quantiles
    return found


def assert_same(answers: Answers, whole: Answers, start: int) -> None:
    stop = start + len(answers.hours)
    expected = parts(whole)
    for name, values in parts(answers).items():
        np.testing.assert_array_equal(values, expected[name][start:stop], err_msg=name)


def test_the_engine_walks_as_the_models_do() -> None:
    """Each model asked by itself about the whole history, as the walk-forward asks it."""
    panel, (answers, _) = market(), walked()
    answered = panel.present & (np.arange(ROWS) >= BEGIN)
    har_x = HarX().forecast(panel, 0, ROWS)
    masked = replace(har_x, variance=np.where(answered[:, None], har_x.variance, np.nan))
    alone = FLAGSHIP.combine(panel, {"har_x": masked})
    np.testing.assert_array_equal(answers.outputs["har_x"].variance, masked.variance)
    np.testing.assert_array_equal(answers.outputs["barograph"].variance, alone.variance)
    assert alone.quantiles is not None
    assert np.isfinite(alone.quantiles[-1]).all()
    found = answers.outputs["barograph"].quantiles
    assert found is not None
    np.testing.assert_array_equal(found, alone.quantiles)
    plain = Har().forecast(panel, 0, ROWS).variance
    assert np.isfinite(plain[answered][-500:]).all()
    assert (np.isfinite(answers.outputs["har"].variance).all(axis=1) <= answered).all()


@pytest.mark.parametrize("seed", [7, 8])
def test_bar_by_bar_is_all_at_once(seed: int) -> None:
    """Over the first answered hours, and over the last, missing bars among both."""
    panel, (whole, _) = market(seed), walked(seed)
    for start, stop in ((BEGIN - 3, BEGIN + 40), (ROWS - 120, ROWS)):
        _, engine = Engine.warm(panel.rows(0, start), BEGIN)
        for row in range(start, stop):
            answers, engine = engine.step(int(panel.hours[row]), bar_of(panel, row))
            assert_same(answers, whole, row)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, ROWS - 1), min_size=1, max_size=6, unique=True))
def test_blocks_of_any_sizes_are_one_block(cuts: list[int]) -> None:
    panel, (whole, end) = market(), walked()
    engine, bars = Engine.new(panel.symbol, panel.horizons, BEGIN), bars_of(panel)
    edges = [0, *sorted(cuts), ROWS]
    for start, stop in itertools.pairwise(edges):
        answers, engine = engine.advance(bars.part(start, stop))
        assert_same(answers, whole, start)
    np.testing.assert_array_equal(answers.season, walked()[0].season)
    assert engine.carry.states.keys() == end.carry.states.keys()


def test_from_the_first_bar_on() -> None:
    """An engine that has seen nothing, given one bar at a time."""
    panel = market().rows(0, 200)
    whole, _ = Engine.warm(panel, 100)
    engine = Engine.new(panel.symbol, panel.horizons, 100)
    for row in range(200):
        answers, engine = engine.step(int(panel.hours[row]), bar_of(panel, row))
        assert_same(answers, whole, row)


def test_a_step_leaves_the_engine_it_was_asked_of_as_it_was() -> None:
    """An hour whose publication failed is asked again and gets the same answer."""
    panel = market()
    _, engine = Engine.warm(panel.rows(0, ROWS - 3), BEGIN)
    before = pickle.dumps(engine)
    row = ROWS - 3
    first, _ = engine.step(int(panel.hours[row]), bar_of(panel, row))
    assert pickle.dumps(engine) == before
    again, _ = engine.step(int(panel.hours[row]), bar_of(panel, row))
    assert_same(again, first, 0)


def test_an_engine_comes_back_from_a_file_as_it_went() -> None:
    panel, (whole, _) = market(), walked()
    _, engine = Engine.warm(panel.rows(0, ROWS - 5), BEGIN)
    back = pickle.loads(pickle.dumps(engine))
    for row in range(ROWS - 5, ROWS):
        answers, back = back.step(int(panel.hours[row]), bar_of(panel, row))
        assert_same(answers, whole, row)


def test_an_hour_out_of_turn_is_refused() -> None:
    _, engine = walked()
    last = int(market().hours[-1])
    for hour in (last, last + 2):
        with pytest.raises(InputError, match=f"wanted {last + 1}"):
            engine.step(hour, None)


def test_a_missing_bar_has_no_forecast_and_a_present_one_has() -> None:
    panel = market()
    _, engine = Engine.warm(panel.rows(0, ROWS - 10), BEGIN)
    answers, _ = engine.step(int(panel.hours[ROWS - 10]), None)
    assert all(np.isnan(output.variance).all() for output in answers.outputs.values())
    assert np.isnan(parts(answers)["barograph quantiles"]).all()


def test_matured_outcomes_are_the_panels_targets() -> None:
    """Made bar by bar from the engine's own sums, they are the panel's to the bit."""
    panel, (_, engine) = market(), walked()
    made = with_targets(
        panel.symbol, HORIZONS, bars_of(panel), Engine.new("", HORIZONS, 0).carry.part("bars")
    )
    np.testing.assert_array_equal(made.target_return, panel.target_return)
    np.testing.assert_array_equal(made.target_variance, panel.target_variance)
    assert engine.rows == ROWS


class TestTrace:
    """What the parts of an answer add up to."""

    def test_regressors_add_up_to_the_log_variance(self) -> None:
        answers, _ = walked()
        variance = answers.outputs["barograph"].variance
        told = np.isfinite(variance)
        assert answers.trace.har_terms.shape[2] == len(HAR_TERMS)
        total = answers.trace.har_terms.sum(axis=2)[told]
        np.testing.assert_allclose(total, np.log(variance / HORIZONS)[told], atol=1e-10)

    def test_corrections_add_up_to_the_return_scale(self) -> None:
        answers, _ = walked()
        half = 0.5 * np.log(answers.outputs["barograph"].variance)
        told = np.isfinite(half)
        assert answers.trace.scale_terms.shape[2] == len(SCALE_TERMS)
        total = (half + answers.trace.scale_terms.sum(axis=2))[told]
        np.testing.assert_allclose(total, answers.trace.scale[told], atol=1e-10)

    def test_shifts_lead_from_the_pool_to_what_is_published(self) -> None:
        answers, _ = walked()
        assert answers.trace.shifts.shape[2] == len(SHIFTS)
        moved = np.sort(answers.trace.conditional + answers.trace.shifts.sum(axis=2), axis=2)
        published = parts(answers)["barograph quantiles"]
        assert np.isfinite(published[-1]).all()
        np.testing.assert_allclose(moved, published, atol=1e-12)

    def test_the_unconditional_shape_differs_from_that_of_hours_like_this_one(self) -> None:
        trace = walked()[0].trace
        last, common = trace.conditional[-1000:], trace.unconditional[-1000:]
        np.testing.assert_array_equal(np.isfinite(last), np.isfinite(common))
        known = np.isfinite(last).all(axis=2)
        assert (last[known] != common[known]).any()
        middle = list(level_array()).index(0.5)
        apart = np.abs(last - common)[known][:, middle]
        assert np.median(apart) < np.median(np.ptp(last[known], axis=1)) / 20


@given(st.integers(0, 10**6), st.integers(1, 200))
def test_an_hour_later_the_days_ahead_have_hardly_changed(hour: int, horizon: int) -> None:
    """A forecast of a day ahead must not leap at midnight: one hour of it left, one came."""
    now, later = days_ahead(np.array([hour, hour + 1]), (horizon,))[:, 0]
    assert now.sum() == pytest.approx(1.0)
    assert np.abs(later - now).sum() <= 2.0 / horizon + 1e-12
    assert now.max() <= min(1.0, np.ceil(horizon / 168) * 24 / horizon) + 1e-12
