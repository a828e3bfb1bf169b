"""Laws every declared model and the flagship obey: no future, no crossing, no favourite price.

Every model is run as a run runs it: walked forward, debiased, given its distribution, and the
flagship last. The data is small: noise for features, and a market long enough for trees to grow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

import numpy as np
import pytest
from tests.panels import make_panel, with_another_future

from barograph.core.panel import Panel
from barograph.core.settings import Settings, WalkForward
from barograph.core.types import Floats
from barograph.evaluation.walk_forward import Runner, walk_forward
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Fitted, Output, Recipe, Refit
from barograph.models.catalogue import recipes
from barograph.pipelines.experts import answers
from barograph.pipelines.memory import key

Run: TypeAlias = Callable[[Panel], Mapping[str, Output]]

CATALOGUE = recipes()
EVERY = (*CATALOGUE, FLAGSHIP.name)
FEATURES = tuple(sorted({name for recipe in CATALOGUE.values() for name in recipe.inputs}))
ROWS = 9600
PLAN = WalkForward(train_days=60, test_days=125)
"""Test windows start at rows 1440, 4440 and 7440; trees have enough to learn from at the last."""
LAST = 7440
MOMENTS = (3300, LAST, 8777)
SETTINGS = Settings(
    size="small",
    symbols=("BTCUSDT",),
    peers=(),
    venues=("simulated",),
    horizons=(1, 24),
    models=tuple(CATALOGUE),
    walk_forward=PLAN,
    seed=7,
)

every_model = pytest.mark.parametrize("name", EVERY)
FITS: dict[str, Fitted] = {}


def fit_once(recipe: Recipe, past: Panel) -> Fitted:
    """The same recipe on the same past is fitted once in all these tests."""
    found = key(recipe, past)
    if found not in FITS:
        FITS[found] = recipe.fit(past)
    return FITS[found]


@cache
def market(price: float = 20_000.0, volatility: float = 1.0) -> Panel:
    return make_panel(ROWS, 7, SETTINGS.horizons, FEATURES, price, volatility)


def run_all(panel: Panel) -> Mapping[str, Output]:
    return answers(panel, SETTINGS, Runner(fit=fit_once))


@cache
def whole(price: float = 20_000.0, volatility: float = 1.0) -> Mapping[str, Output]:
    return run_all(market(price, volatility))


@cache
def cut_off(now: int) -> Mapping[str, Output]:
    """Answers to a panel that ends at a row, with the targets that had matured there."""
    return run_all(market().known_at(now))


@cache
def with_other_bars_after(now: int) -> Mapping[str, Output]:
    return run_all(with_another_future(market(), now))


def values(output: Output) -> list[Floats]:
    return [v for v in (output.variance, output.quantiles, output.p_up) if v is not None]


def same_until(now: int, one: Output, other: Output, rtol: float = 1e-12) -> bool:
    """Whether two answers agree at every origin up to a row."""
    return all(
        np.allclose(a[: now + 1], b[: now + 1], rtol=rtol, atol=0, equal_nan=True)
        for a, b in zip(values(one), values(other), strict=True)
    )


@every_model
@pytest.mark.parametrize("now", MOMENTS)
def test_cutting_history_off_changes_no_answer_before(name: str, now: int) -> None:
    assert same_until(now, whole()[name], cut_off(now)[name])


@every_model
@pytest.mark.parametrize("now", MOMENTS[:2])
def test_another_future_changes_no_answer_before(name: str, now: int) -> None:
    other = with_other_bars_after(now)[name]
    assert same_until(now, whole()[name], other)
    assert not same_until(ROWS, whole()[name], other), "the future was not changed: proves nothing"


def test_workers_cannot_change_a_bit() -> None:
    shared = answers(market(), SETTINGS, Runner(workers=2))
    trees = shared["lightgbm"].variance[LAST:]
    assert not np.array_equal(trees, shared["har_x"].variance[LAST:], equal_nan=True), "no tree"
    for name, output in whole().items():
        for alone, together in zip(values(output), values(shared[name]), strict=True):
            assert alone.tobytes() == together.tobytes(), name


@dataclass(frozen=True)
class Cheat:
    """A model that reads what it must not."""

    read: Callable[[Panel], Floats]
    name: str = "cheat"
    inputs: tuple[str, ...] = ()
    refit: Refit = "window"
    after: tuple[str, ...] = ()
    every: int = 1

    def fit(self, past: Panel) -> "Cheat":  # noqa: ARG002 - a protocol
        return self

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        hours = np.array(panel.horizons, dtype=float)
        return Output(self.read(panel)[start:stop, None] * hours)


def own_target(panel: Panel) -> Floats:
    return panel.target_variance[:, 0]


def centred_mean(panel: Panel) -> Floats:
    filled = np.nan_to_num(panel.variance, nan=1e-5)
    return np.convolve(filled, np.ones(5) / 5, mode="same")


def standardised_by_all(panel: Panel) -> Floats:
    """The commonest leak: a scaler fitted on the whole sample."""
    return panel.variance / np.nanmean(panel.variance)


def honest(panel: Panel) -> Floats:
    return np.concatenate(([1e-5], np.nan_to_num(panel.variance, nan=1e-5)[:-1]))


@pytest.mark.parametrize("read", [own_target, centred_mean, standardised_by_all])
@pytest.mark.parametrize("now", MOMENTS)
def test_the_laws_catch_a_planted_leak(read: Callable[[Panel], Floats], now: int) -> None:
    def run(panel: Panel) -> Output:
        return walk_forward(panel, [Cheat(read)], PLAN)["cheat"]

    assert not same_until(now, run(market()), run(market().known_at(now)))


@pytest.mark.parametrize("now", MOMENTS)
def test_the_laws_pass_an_honest_model(now: int) -> None:
    def run(panel: Panel) -> Output:
        return walk_forward(panel, [Cheat(honest)], PLAN)["cheat"]

    assert same_until(now, run(market()), run(market().known_at(now)))


def test_the_trees_grew() -> None:
    """Where too little has matured trees pass their base on, and the laws would prove nothing."""
    base = whole()["har_x"].variance[LAST:, 0]
    for name in [name for name, recipe in CATALOGUE.items() if "har_x" in recipe.after]:
        output = whole()[name]
        told = output.variance[LAST:, 0] if output.p_up is None else output.p_up[LAST:, 0]
        still = base if output.p_up is None else 0.5
        assert np.nanmean(np.abs(told / still - 1.0)) > 1e-3


@every_model
def test_quantiles_never_cross_and_variance_is_positive(name: str) -> None:
    output = whole()[name]
    assert output.quantiles is not None
    steps = np.diff(output.quantiles, axis=-1)
    assert np.nanmin(steps) >= 0
    assert np.nanmin(output.variance) > 0
    if output.p_up is not None:
        assert 0 < np.nanmin(output.p_up) <= np.nanmax(output.p_up) < 1


@every_model
def test_an_origin_without_a_bar_gets_no_forecast(name: str) -> None:
    absent = ~market().present
    assert absent[PLAN.train_days * 24 :].sum() > 50
    for value in values(whole()[name]):
        assert np.isnan(value[absent]).all()
        assert np.isnan(value[: PLAN.train_days * 24]).all()


@every_model
def test_missing_bars_break_nothing(name: str) -> None:
    """Once warm, a model answers at almost every origin that has a bar, and with numbers.

    Trees are warm once one is fitted; beyond the horizon at which they end they never answer.
    """
    longest = getattr(CATALOGUE.get(name), "longest", np.inf)
    for value in values(whole()[name]):
        assert not np.isinf(value).any()
        for k, horizon in enumerate(SETTINGS.horizons):
            answered = np.asarray(np.isfinite(value[:, k]).reshape(ROWS, -1).all(axis=1))
            assert answered.any() == (horizon <= longest)
            if answered.any():
                warm = slice(max(4000, int(answered.argmax())), None)
                assert np.mean(answered[warm], where=market().present[warm]) > 0.7


def agreement(one: Floats, other: Floats) -> tuple[float, float]:
    """Relative difference: that of 99 answers in a hundred, and the largest."""
    known = np.isfinite(one)
    assert np.array_equal(known, np.isfinite(other))
    away = np.abs(other[known] / one[known] - 1.0)
    return float(np.quantile(away, 0.99)), float(away.max())


@every_model
def test_the_price_level_does_not_matter(name: str) -> None:
    """A thousand times the price changes rounding: of a search's end, or the split of a tree."""
    usual, largest = agreement(whole()[name].variance, whole(price=2e7)[name].variance)
    assert usual < 1e-5
    assert largest < 0.05


@every_model
def test_the_level_of_volatility_does_not_matter(name: str) -> None:
    """Returns twice as large give four times the variance: nothing is tuned to one asset."""
    usual, largest = agreement(4 * whole()[name].variance, whole(volatility=2.0)[name].variance)
    assert usual < 1e-5
    assert largest < 0.05


@every_model
def test_a_recipe_is_a_value(name: str) -> None:
    """Hashable, equal to a copy, told apart by its constants: fits are remembered by it."""
    recipe = CATALOGUE.get(name, FLAGSHIP)
    twin = replace(recipe)  # type: ignore[type-var]
    assert recipe == twin
    assert hash(recipe) == hash(twin)
    assert repr(recipe) == repr(twin)
    assert repr(replace(recipe, name="other")) != repr(recipe)  # type: ignore[type-var]
