"""The search: what it counts, how its limits relax, and that it prefers a plateau to a peak."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from tests.pair_market import masked, small

from barograph.core.errors import NotEnoughDataError
from barograph.pair.kinds import kinds
from barograph.pair.rules import STEPS, Search
from barograph.pair.select import FIELDS, choose, compare, configurations, neighbours, widened


def test_every_combination_is_a_configuration_of_its_own() -> None:
    search = Search()
    rules = configurations(search)
    grid = len(search.hedges) * len(search.windows) * len(search.cusums) * len(search.barriers)
    wanted = grid * len(search.holds) * sum(len(kind.entries) for kind in kinds().values())
    assert len(set(rules)) == len(rules) == wanted


def test_neighbours_differ_in_one_parameter() -> None:
    search = Search()
    rule = configurations(search)[0]
    for other in neighbours(rule, search):
        apart = {name for name in FIELDS if getattr(other, name) != getattr(rule, name)}
        assert len(apart) == 1 or apart <= {"profit", "stop"}
    assert rule not in neighbours(rule, search)


def test_a_widened_rule_asks_for_less() -> None:
    search = Search()
    for rule in configurations(search)[::97]:
        wide = widened(rule, search)
        assert wide.entry <= rule.entry
        assert wide.cusum <= rule.cusum


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    settings = small()
    return compare(masked(2500), configurations(settings.search), settings).table


def test_limits_relax_in_stated_steps_until_something_passes(table: pl.DataFrame) -> None:
    selection = choose(table, small())
    assert [one.step for one in selection.attempts] == [1, 2]
    assert not any(selection.attempts[0].passed.values())
    assert selection.steps == (2, 2)
    assert len({rule.kind for rule in selection.rules}) == 2
    assert "fallback attempt 1 of 2: at least 200 events" in selection.attempts[0].line(2)


def test_the_first_choice_is_the_highest_plateau(table: pl.DataFrame) -> None:
    best = choose(table, small()).rules[0]
    assert table.sort("plateau", descending=True)["plateau"][0] == pytest.approx(
        table.filter(pl.all_horizontal(*(pl.col(k) == v for k, v in best.model_dump().items())))[
            "plateau"
        ][0]
    )


def test_a_plateau_is_the_median_of_a_rule_and_its_neighbours(table: pl.DataFrame) -> None:
    settings = small()
    rule = configurations(settings.search)[5]
    near = [one.model_dump() for one in (rule, *neighbours(rule, settings.search))]
    ratios = table.with_columns(pl.col("sharpe").fill_nan(0.0))
    rows = [
        ratios.filter(pl.all_horizontal(*(pl.col(k) == v for k, v in one.items()))) for one in near
    ]
    assert rows[0]["plateau"][0] == pytest.approx(pl.concat(rows)["sharpe"].median())


def test_the_strict_search_comes_first() -> None:
    for strict, loose in pairwise(STEPS):
        assert loose.events <= strict.events
        assert loose.trades_a_month <= strict.trades_a_month
        assert loose.drawdown >= strict.drawdown
        assert loose.halves <= strict.halves


def test_days_of_a_configuration_compound_to_its_account() -> None:
    settings = small()
    rules = configurations(settings.search)[:3]
    found = compare(masked(2400), rules, settings)
    assert found.returns.shape == (100, 3)
    np.testing.assert_allclose(
        settings.capital * (1.0 + found.returns).prod(axis=0), found.table["end_equity"]
    )
    assert 0.0 <= found.overfitting().probability <= 1.0


def test_too_little_history_says_what_there_was() -> None:
    settings = small()
    short = compare(masked(400), configurations(settings.search)[:4], settings).table
    with pytest.raises(NotEnoughDataError, match="at least 10 finished events"):
        choose(short, settings)
