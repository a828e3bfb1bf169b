"""The walk-forward: who is fitted when, on what, and that workers cannot change an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from tests.panels import make_panel

from barograph.core.errors import SettingsError
from barograph.core.panel import Panel
from barograph.core.settings import WalkForward
from barograph.evaluation.splits import PRESETS, check_window, first_reported, folds
from barograph.evaluation.walk_forward import Fit, Runner, fit_plainly, walk_forward
from barograph.models.base import Fitted, Output, Recipe, Refit
from barograph.models.catalogue import pick

PLAN = WalkForward(train_days=25, test_days=10)
"""On 1,500 hours: windows start at rows 600, 840, 1080, 1320."""


@dataclass(frozen=True)
class Diary:
    """A model that answers with the number of its fit; the fits are written down."""

    refit: Refit = "window"
    every: int = 1
    name: str = "diary"
    inputs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    pages: list[Panel] = field(default_factory=list, compare=False)

    def fit(self, past: Panel) -> Fitted:
        self.pages.append(past)
        return Page(len(self.pages))


@dataclass(frozen=True)
class Page:
    number: int

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        return Output(np.full((stop - start, len(panel.horizons)), float(self.number)))


def numbers(diary: Diary, plan: WalkForward, panel: Panel) -> tuple[list[float], list[int]]:
    """Fits that answered at the first horizon, in order, and rows at which they changed."""
    answers = walk_forward(panel, [diary], plan)["diary"].variance[:, 0]
    filled = np.nan_to_num(answers[panel.present])
    rows = np.flatnonzero(panel.present)
    change = np.flatnonzero(np.diff(filled)) + 1
    return filled[change].tolist(), rows[change].tolist()


def test_each_window_is_fitted_anew_and_answers_from_its_start() -> None:
    panel = make_panel(1500, missing=0.0)
    diary = Diary()
    assert numbers(diary, PLAN, panel) == ([1, 2, 3, 4], [600, 840, 1080, 1320])
    assert [page.hours[-1] - panel.hours[0] for page in diary.pages] == [600, 840, 1080, 1320]
    assert all(page.hours[0] == panel.hours[0] for page in diary.pages)


def test_rolling_training_forgets_its_beginning() -> None:
    panel = make_panel(1500, missing=0.0)
    diary = Diary()
    walk_forward(panel, [diary], PLAN.model_copy(update={"scheme": "rolling"}))
    assert [page.hours[0] - panel.hours[0] for page in diary.pages] == [0, 240, 480, 720]
    assert all(len(page) == 601 for page in diary.pages)


def test_a_model_has_a_cadence_of_its_own() -> None:
    panel = make_panel(1500, missing=0.0)
    assert numbers(Diary(every=3), PLAN, panel) == ([1, 2], [600, 1320])


def test_an_online_model_is_handed_the_first_window_once() -> None:
    panel = make_panel(1500, missing=0.0)
    diary = Diary(refit="online")
    assert numbers(diary, PLAN, panel) == ([1], [600])
    assert len(diary.pages[0]) == 601


def test_a_rolling_online_model_begins_anew_with_each_window() -> None:
    panel = make_panel(1500, missing=0.0)
    plan = PLAN.model_copy(update={"scheme": "rolling"})
    diary = Diary(refit="online")
    assert numbers(diary, plan, panel) == ([1, 2, 3, 4], [600, 840, 1080, 1320])
    assert [page.hours[0] - panel.hours[0] for page in diary.pages] == [0, 240, 480, 720]


@pytest.mark.parametrize(
    ("name", "days"), [("ewma", 10), ("har", 60), ("har_x", 60), ("garch_grid", 60)]
)
def test_rolling_online_models_know_nothing_but_the_window(name: str, days: int) -> None:
    panel, (recipe,) = make_panel(3000), pick((name,))
    plan = WalkForward(train_days=days, test_days=20, scheme="rolling")
    rolled = walk_forward(panel, [recipe], plan)[name].variance
    *_, fold = folds(3000, plan)
    window = panel.rows(fold.begin, fold.stop)
    alone = recipe.fit(window).forecast(window, fold.start - fold.begin, fold.stop - fold.begin)
    here = panel.present[fold.start : fold.stop]
    assert np.isfinite(rolled[fold.start : fold.stop][here]).all()
    np.testing.assert_array_equal(rolled[fold.start : fold.stop][here], alone.variance[here])
    anchored = walk_forward(panel, [recipe], plan.model_copy(update={"scheme": "anchored"}))
    assert not np.array_equal(rolled, anchored[name].variance, equal_nan=True)


def test_anchored_online_models_pass_over_history_once() -> None:
    panel = make_panel(1500)
    for recipe in pick(("ewma", "har_x", "garch_grid", "random_walk")):
        whole = recipe.fit(panel).forecast(panel, 600, 1500).variance
        whole[~panel.present[600:]] = np.nan
        answers = walk_forward(panel, [recipe], PLAN)[recipe.name].variance
        np.testing.assert_array_equal(answers[600:], whole)


def test_the_baseline_answers_from_the_first_origin_of_a_rolling_preset() -> None:
    panel, plan = make_panel(4000), PRESETS["optimisation"]
    output = walk_forward(panel, pick(("random_walk",)), plan)["random_walk"]
    here = panel.present & (np.arange(4000) >= first_reported(4000, plan))
    assert np.isfinite(output.variance[here]).all()


def test_rolling_answers_do_not_know_the_future() -> None:
    panel, models = make_panel(3000), pick(("ewma", "har_x"))
    plan = WalkForward(train_days=60, test_days=20, scheme="rolling")
    whole = walk_forward(panel, models, plan)
    cut = walk_forward(panel.known_at(2500), models, plan)
    for name, output in cut.items():
        np.testing.assert_allclose(output.variance, whole[name].variance[:2501], rtol=1e-12)


def test_a_model_may_be_fitted_for_each_horizon_by_itself() -> None:
    panel = make_panel(1500, missing=0.0)
    diary = Diary(refit="window_and_horizon")
    answers = walk_forward(panel, [diary], PLAN)["diary"].variance
    assert [page.horizons for page in diary.pages] == [(1,)] * 4 + [(24,)] * 4
    assert answers[700].tolist() == [1.0, 5.0]
    assert answers[1499].tolist() == [4.0, 8.0]


def test_a_limit_of_windows_keeps_the_last_and_what_warms_them_up() -> None:
    limited = PLAN.model_copy(update={"folds": 1})
    assert len(folds(1500, limited)) == 4, "all history warms up"
    assert first_reported(1500, limited) == 1320
    short = limited.model_copy(update={"warmup_days": 5})
    assert [fold.start for fold in folds(1500, short)] == [1080, 1320]
    assert first_reported(1500, short) == 1320


def test_days_for_choosing_are_answered_but_not_reported() -> None:
    plan = PLAN.model_copy(update={"validation_days": 15})
    assert folds(1500, plan) == folds(1500, PLAN)
    assert (first_reported(1500, PLAN), first_reported(1500, plan)) == (600, 960)


def test_workers_cannot_change_a_bit() -> None:
    """Of a fit in batches and online; trees and flagship are held to it in ``tests/laws``."""
    panel = make_panel(1500)
    models: Sequence[Recipe] = pick(("garch_t", "har", "seasonal_naive"))
    alone = walk_forward(panel, models, PLAN)
    shared = walk_forward(panel, models, PLAN, Runner(workers=2))
    for name, output in alone.items():
        assert output.variance.tobytes() == shared[name].variance.tobytes()


def test_jobs_are_told_as_they_end_and_fits_go_through_the_runner() -> None:
    heard: list[tuple[str, int, int]] = []
    fitted: list[str] = []

    def tell(name: str, done: int, out_of: int) -> None:
        heard.append((name, done, out_of))

    def fit(recipe: Recipe, past: Panel) -> Fitted:
        fitted.append(recipe.name)
        return fit_plainly(recipe, past)

    remembering: Fit = fit
    walk_forward(make_panel(1500), [Diary()], PLAN, Runner(fit=remembering, tell=tell))
    assert heard == [("diary", i, 4) for i in (1, 2, 3, 4)]
    assert fitted == ["diary"] * 4


@dataclass(frozen=True)
class Wide:
    """Answers with everything an answer can hold."""

    quantiles: bool = True
    name: str = "wide"
    inputs: tuple[str, ...] = ()
    refit: Refit = "window"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "Wide":  # noqa: ARG002 - a protocol
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        shape = (stop - start, len(panel.horizons))
        if not self.quantiles:
            return Output(None)  # type: ignore[arg-type]
        return Output(np.ones(shape), np.ones((*shape, 13)), np.full(shape, 0.5), debiased=True)


def test_all_parts_of_an_answer_are_put_together() -> None:
    panel = make_panel(1500)
    output = walk_forward(panel, [Wide()], PLAN)["wide"]
    assert output.quantiles is not None
    assert output.p_up is not None
    assert output.debiased
    asked = panel.present & (np.arange(1500) >= 600)
    for value in (output.variance, output.p_up, output.quantiles[:, :, 0]):
        assert np.array_equal(np.isfinite(value), np.repeat(asked[:, None], 2, axis=1))


def test_an_answer_without_a_variance_is_refused() -> None:
    with pytest.raises(ValueError, match="must answer with a variance"):
        walk_forward(make_panel(1500), [replace(Wide(), quantiles=False)], PLAN)


def test_presets_are_those_promised() -> None:
    short, optimisation, long = PRESETS["short"], PRESETS["optimisation"], PRESETS["long"]
    assert (short.train_days, short.test_days, short.purge_hours, short.folds) == (30, 7, 24, 5)
    assert short.scheme == "anchored", "folds expand"
    choice = optimisation
    assert (choice.train_days, choice.validation_days, choice.test_days) == (90, 30, 30)
    assert choice.scheme == "rolling"
    assert (long.train_days, long.test_days) == (730, 30)


def test_a_window_shorter_than_the_lookback_is_refused_with_the_nearest() -> None:
    check_window(WalkForward(train_days=30), 720)
    with pytest.raises(
        SettingsError, match="lookback of 721 hours; the nearest valid choice is 31"
    ):
        check_window(WalkForward(train_days=30), 721)
