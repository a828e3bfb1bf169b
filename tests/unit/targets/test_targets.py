"""Targets: the loop's numbers, the law of missing bars, the moment they become known."""

import math

import numpy as np
import pytest
from tests.grids import make_grid

from barograph.core.time import HORIZONS
from barograph.targets.base import known_at
from barograph.targets.catalogue import targets
from barograph.targets.garman_klass import VARIANCE_FLOOR, hourly_gk_variance
from barograph.targets.log_return import target_direction, target_return
from barograph.targets.variance import target_variance

GRID = make_grid(800)
OPEN, HIGH, LOW, CLOSE = (GRID[name].to_numpy() for name in ("open", "high", "low", "close"))
N = len(CLOSE)


def test_returns_are_what_a_loop_gives() -> None:
    found = target_return(CLOSE, HORIZONS)
    assert found.shape == (N, len(HORIZONS))
    for i in range(0, N, 13):
        for j, h in enumerate(HORIZONS):
            wanted = math.log(CLOSE[i + h]) - math.log(CLOSE[i]) if i + h < N else math.nan
            assert found[i, j] == pytest.approx(wanted, nan_ok=True)


def test_direction_is_the_sign() -> None:
    returns, up = target_return(CLOSE, (1, 24)), target_direction(CLOSE, (1, 24))
    assert (np.isnan(returns) == np.isnan(up)).all()
    known = ~np.isnan(returns)
    assert ((returns > 0) == (up == 1))[known].all()
    assert target_direction(np.array([5.0, 5.0]), (1,))[0, 0] == 0


def test_variance_is_what_a_loop_gives() -> None:
    hourly = hourly_gk_variance(OPEN, HIGH, LOW, CLOSE)
    found = target_variance(hourly, HORIZONS)
    for i in range(0, N, 13):
        for j, h in enumerate(HORIZONS):
            inside = hourly[i + 1 : i + 1 + h]
            wanted = inside.sum() if len(inside) == h else math.nan
            assert found[i, j] == pytest.approx(wanted, nan_ok=True)


def test_any_missing_hour_makes_the_variance_unknown() -> None:
    hourly = np.full(10, 2.0)
    hourly[5] = np.nan
    found = target_variance(hourly, (3,))[:, 0]
    np.testing.assert_array_equal(np.isnan(found), [i in {2, 3, 4, 7, 8, 9} for i in range(10)])
    # The origin's own bar is not part of its future.
    assert found[5] == 6.0


def test_hourly_variance_is_floored_and_keeps_gaps() -> None:
    flat = np.array([100.0, np.nan])
    np.testing.assert_array_equal(
        hourly_gk_variance(flat, flat, flat, flat), [VARIANCE_FLOOR, np.nan]
    )
    value = hourly_gk_variance(*(np.array([x]) for x in (100.0, 110.0, 95.0, 105.0)))[0]
    wanted = 0.5 * math.log(110 / 95) ** 2 - (2 * math.log(2) - 1) * math.log(1.05) ** 2
    assert value == pytest.approx(wanted)


def test_the_past_of_a_target_does_not_matter_and_its_end_is_its_horizon() -> None:
    now, h = 300, 24
    for target in targets().values():
        whole = target.compute(OPEN, HIGH, LOW, CLOSE, (h,))[now, 0]
        window = slice(now, now + h + 1)
        alone = target.compute(OPEN[window], HIGH[window], LOW[window], CLOSE[window], (h,))
        assert alone[0, 0] == pytest.approx(whole, rel=1e-9)
        shorter = slice(now, now + h)
        cut = target.compute(OPEN[shorter], HIGH[shorter], LOW[shorter], CLOSE[shorter], (h,))
        assert np.isnan(cut[0, 0])


def test_known_when_the_last_bar_closes() -> None:
    np.testing.assert_array_equal(known_at(np.array([10, 11]), (1, 24)), [[11, 34], [12, 35]])


def test_catalogue_and_refusals() -> None:
    assert set(targets()) == {"direction", "integrated_variance", "log_return"}
    for horizons in ((), (0,)):
        with pytest.raises(ValueError, match="at least 1"):
            target_return(CLOSE, horizons)
