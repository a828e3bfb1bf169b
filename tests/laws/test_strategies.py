"""What must be true of every strategy of the catalogue, for every value of its grid."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from tests.unit.trading.beliefs import question

from barograph.trading.asking import checked_exposures, exposures
from barograph.trading.catalogue import strategies
from barograph.trading.strategies.base import Strategy

CATALOGUE = strategies()
ALL = pytest.mark.parametrize("name", CATALOGUE)


def settings(rule: Strategy) -> list[dict[str, float]]:
    """Its defaults, and every value of its grid."""
    names = list(rule.grid)
    chosen = product(*(rule.grid[name] for name in names))
    return [rule.parameters({}), *(rule.parameters(dict(zip(names, one, strict=True)))
                                   for one in chosen)]  # fmt: skip


@ALL
def test_it_carries_no_data_and_no_answer_depends_on_a_later_row(name: str) -> None:
    rule = CATALOGUE[name]
    asked = question()
    for parameters in (settings(rule)[0], settings(rule)[-1]):
        checked_exposures(rule, replace(asked, parameters=parameters))


@ALL
def test_exposures_are_within_one_and_never_both_for_the_same_forecast(name: str) -> None:
    rule, asked = CATALOGUE[name], question()
    for parameters in settings(rule):
        exposure = exposures(rule, replace(asked, parameters=parameters))
        assert (np.abs(exposure[np.isfinite(exposure)]) <= 1.0).all(), parameters


@ALL
def test_without_a_forecast_it_has_no_opinion(name: str) -> None:
    rule, asked = CATALOGUE[name], question()
    exposure = exposures(rule, replace(asked, parameters=rule.parameters({})))
    absent = np.isnan(asked.beliefs.mean)
    if rule.is_check:
        assert np.isfinite(exposure).all(), "a check of the engine needs no forecast"
    else:
        assert np.isnan(exposure[absent]).all()
        assert np.isfinite(exposure[~absent]).all()


@ALL
def test_the_grid_holds_the_default_and_every_value_does_something(name: str) -> None:
    rule, asked = CATALOGUE[name], question(2000)
    assert rule.about
    assert rule.about.isascii()
    usual = exposures(rule, replace(asked, parameters=rule.parameters({})))
    for key, values in rule.grid.items():
        assert rule.defaults[key] in values
        for value in values:
            if value != rule.defaults[key]:
                chosen = rule.parameters({key: value})
                other = exposures(rule, replace(asked, parameters=chosen))
                assert not np.array_equal(usual, other, equal_nan=True), (key, value)


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - {"random"}))  # one lot for all symbols
def test_symbols_do_not_meet(name: str) -> None:
    """A portfolio's strategy is that of each symbol, so that symbols may come and go."""
    rule, asked = CATALOGUE[name], question()
    alone = replace(asked.beliefs, **{
        key: getattr(asked.beliefs, key)[:, 1:] for key in ("mean", "vol", "p_up", "source")
    }, odds=None)  # fmt: skip
    parameters = rule.parameters({})
    both = exposures(rule, replace(asked, parameters=parameters))
    one = rule.exposure(alone, asked.cost, **parameters)
    np.testing.assert_array_equal(both[:, 1:], one)
