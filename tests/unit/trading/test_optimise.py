"""Walk-forward optimisation: what is chosen, from what, and that nothing later chooses."""

import numpy as np
import pytest
from tests.unit.trading.worlds import market

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading.market import Market
from barograph.trading.optimise import (
    Account,
    Configuration,
    Swept,
    Window,
    choose,
    configurations,
    daily,
    stitched,
    sweep,
)
from barograph.trading.rules import OFF, Execution
from barograph.trading.strategies.base import Beliefs

ROWS = 24 * 40
WINDOWS = tuple(Window(start - 240, start, start + 120) for start in range(240, ROWS - 119, 120))
FREE = Execution(slippage_bps=0.0, commission_bps=0.0)
ACCOUNT = Account(FREE, OFF, 1000.0, 7)
GRID = configurations({"side": (-1.0, 0.0, 1.0)})


def beliefs(made: Market) -> Beliefs:
    shape = made.close.shape
    flat = np.zeros(shape)
    return Beliefs(flat, flat + 0.01, flat + 0.5, np.zeros(shape, dtype=np.int64), 24)


def trending(seed: int = 1) -> Market:
    """Prices that rise for 20 days and fall for 20."""
    rng = np.random.default_rng(seed)
    drift = np.where(np.arange(ROWS) < ROWS // 2, 0.002, -0.002)
    close = 100.0 * np.exp((drift + 0.002 * rng.normal(size=ROWS)).cumsum())[:, None]
    opened = np.vstack(([[100.0]], close[:-1]))
    top, bottom = np.maximum(opened, close) * 1.0001, np.minimum(opened, close) * 0.9999
    hours, none = 473_352 + np.arange(ROWS), np.full((ROWS, 1), np.nan)
    return Market(("S",), hours, opened, top, bottom, close, none, np.zeros((ROWS, 1)))


def side(made: Market) -> "Exposer":
    return Exposer(made.close.shape)


class Exposer:
    """The same exposure at every hour."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def __call__(self, chosen: Configuration) -> Floats:
        return np.full(self.shape, chosen["side"])


def swept(made: Market) -> Swept:
    return Swept.joined(list(sweep(made, beliefs(made), side(made), GRID, WINDOWS, ACCOUNT)))


def test_a_grid_is_every_combination_and_an_empty_one_is_told() -> None:
    assert configurations({"a": (1.0, 2.0), "b": (3.0,)}) == ({"a": 1, "b": 3}, {"a": 2, "b": 3})
    with pytest.raises(InputError, match="a has no values"):
        configurations({"a": ()})
    with pytest.raises(InputError, match="a has a value that is not finite"):
        configurations({"a": (0.5, float("nan"))})
    with pytest.raises(InputError, match="1,000,000 configurations, at most 20,000"):
        configurations({"a": tuple(range(1000)), "b": tuple(range(1000))})
    with pytest.raises(InputError, match="no parameter to vary"):
        configurations({})


def test_the_trend_of_the_training_hours_is_followed() -> None:
    chosen = choose(swept(trending()).trained)
    turn = next(k for k, one in enumerate(WINDOWS) if one.begin >= ROWS // 2)
    assert set(chosen[:1].tolist()) == {2}, "long after a rise"
    assert set(chosen[turn:].tolist()) == {0}, "short once the fall is all that was seen"


def test_a_day_is_compounded_and_a_rest_is_left_out() -> None:
    assert daily(np.full(30, 0.01)) == pytest.approx([1.01**24 - 1.0])


def test_nothing_that_earned_nothing_is_chosen() -> None:
    trained = np.array([[np.nan, -1.0, 2.0], [np.nan, 0.0, 2.0]])
    assert choose(trained).tolist() == [-1, -1, 0]


def test_each_window_wears_its_own_choice() -> None:
    made = trending()
    chosen = np.array([2, -1, 0] + [1] * (len(WINDOWS) - 3))
    worn = stitched(side(made), GRID, WINDOWS, chosen, made.close.shape)
    assert np.isnan(worn[: WINDOWS[0].start]).all()
    for window, wanted in zip(WINDOWS, (1.0, 0.0, -1.0), strict=False):
        assert (worn[window.start : window.stop] == wanted).all()


def test_what_comes_later_chooses_nothing() -> None:
    """Another market from a window on leaves its choice and all before it as they were."""
    rng = np.random.default_rng(5)
    made, other = market(rng, ROWS, hole=0.0), market(rng, ROWS, hole=0.0)
    at = len(WINDOWS) // 2
    cut = WINDOWS[at].start
    parts = [
        np.vstack((getattr(made, name)[:cut], getattr(other, name)[cut:]))
        for name in ("open", "high", "low", "close", "volume", "funding")
    ]
    changed = Market(made.symbols, made.hours, *parts)
    before, after = swept(made), swept(changed)
    np.testing.assert_array_equal(before.trained[:, : at + 1], after.trained[:, : at + 1])
    np.testing.assert_array_equal(before.tested[:, :at], after.tested[:, :at])
    assert not np.array_equal(before.tested[:, at], after.tested[:, at]), "it does differ later"
