"""Hours by regime add up to the run; an hour cannot choose its own row."""

import numpy as np
import pytest

from barograph.core.errors import InputError
from barograph.trading.by_regime import UNKNOWN, by_regime
from barograph.trading.performance import sharpe

NAMES = ("calm", "wild")


def test_rows_add_up_to_the_run() -> None:
    rng = np.random.default_rng(1)
    returns, held = 0.01 * rng.normal(size=(2, 500))
    code = rng.choice([0.0, 1.0, np.nan], size=500)
    exposure = rng.choice([0.0, 1.0], size=500)
    table = by_regime(returns, held, exposure, code, NAMES)
    assert table["regime"].to_list() == ["calm", "wild", UNKNOWN]
    assert table["hours"].sum() == 500
    assert table["log_return"].sum() == pytest.approx(np.log1p(returns).sum())
    share = (table["exposure"] * table["hours"]).sum()
    assert share == pytest.approx(exposure[:-1].sum())
    inside = np.concatenate(([False], code[:-1] == 1.0))
    row = table.row(1, named=True)
    assert row["sharpe"] == pytest.approx(sharpe(returns[inside]))
    assert row["buy_hold"] == pytest.approx(np.prod(1.0 + held[inside]) - 1.0)


def test_an_hour_belongs_to_what_was_known_when_it_began() -> None:
    """The regime turns wild at the close of the fall: the fall itself was a calm hour's."""
    returns = np.array([0.0, 0.0, -0.5, 0.1])
    code = np.array([0.0, 0.0, 1.0, 1.0])
    table = by_regime(returns, returns, np.ones(4), code, NAMES)
    assert dict(table.select("regime", "total_return").iter_rows()) == pytest.approx(
        {"calm": -0.5, "wild": 0.1, UNKNOWN: 0.0}
    )


def test_regimes_later_than_an_hour_do_not_move_it() -> None:
    rng = np.random.default_rng(2)
    returns, code = 0.01 * rng.normal(size=200), rng.choice([0.0, 1.0], size=200)
    other = code.copy()
    other[100:] = 1.0 - other[100:]
    first, second = (
        by_regime(returns[:101], returns[:101], np.ones(101), one[:101], NAMES)
        for one in (code, other)
    )
    assert first.equals(second)


def test_an_account_that_lost_everything_has_a_return_of_minus_one() -> None:
    table = by_regime(np.array([-1.2, 0.0]), np.zeros(2), np.ones(2), np.zeros(2), NAMES)
    assert table["total_return"].to_list() == [0.0, -1.0]


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match=r"\[2, 3\]"):
        by_regime(np.zeros(2), np.zeros(3), np.zeros(2), np.zeros(2), NAMES)
