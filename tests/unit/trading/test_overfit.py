"""Overfitting of what is known: noise, one truly better, the same twice; slow plain twins."""

from itertools import combinations
from math import comb, log

import numpy as np
import pytest

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading.overfit import overfitting, paths


def noise(seed: int, rows: int = 640, width: int = 20) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, width))


def ratio(values: Floats) -> float:
    return float(values.mean() / values.std(ddof=1)) if values.std() > 0 else 0.0


def plain_logits(returns: Floats, blocks: int, purge: int) -> list[float]:
    """The paper's steps, one after the other."""
    length, width = len(returns) // blocks, returns.shape[1]
    kept = returns[len(returns) - blocks * length :]
    cut = [kept[k * length + purge : (k + 1) * length] for k in range(blocks)]
    logits = []
    for taken in combinations(range(blocks), blocks // 2):
        seen = np.vstack([cut[k] for k in taken])
        unseen = np.vstack([cut[k] for k in range(blocks) if k not in taken])
        best = int(np.argmax([ratio(seen[:, n]) for n in range(width)]))
        others = [ratio(unseen[:, n]) for n in range(width)]
        below = sum(other < others[best] for other in others)
        relative = (below + 1) / (width + 1)
        logits.append(log(relative / (1 - relative)))
    return logits


@pytest.mark.parametrize(("rows", "blocks", "purge"), [(160, 6, 0), (163, 8, 3)])
def test_the_logits_are_those_of_the_steps_of_the_paper(rows: int, blocks: int, purge: int) -> None:
    returns = noise(3, rows, 7)
    found = overfitting(returns, blocks=blocks, purge=purge)
    wanted = plain_logits(returns, blocks, purge)
    np.testing.assert_allclose(found.logits, wanted)
    at_or_below = [np.mean(found.logits < 0.0), np.mean(found.logits <= 0.0)]
    assert found.probability == pytest.approx(np.mean(at_or_below))
    assert len(found.logits) == comb(blocks, blocks // 2)


def test_choosing_among_noise_is_worth_nothing() -> None:
    """One sample of noise may go either way; their mean must not."""
    found = [overfitting(noise(seed), blocks=8) for seed in range(40)]
    assert np.mean([one.probability for one in found]) == pytest.approx(0.5, abs=0.08)
    assert np.mean([one.loss for one in found]) == pytest.approx(0.5, abs=0.08)


def test_one_that_is_truly_better_is_no_overfitting() -> None:
    returns = noise(1)
    returns[:, 5] += 0.4
    found = overfitting(returns)
    assert found.probability < 0.001
    assert found.loss < 0.001
    assert np.median(found.inside) == pytest.approx(0.4, abs=0.1)
    assert set(paths(returns).chosen) == {5}


def test_what_shone_once_is_found_out() -> None:
    """Each configuration earned in one block alone: the best of a half is poor in the other."""
    returns = 0.1 * noise(2, 640, 16)
    for k in range(16):
        returns[k * 40 : (k + 1) * 40, k] += 1.0
    assert overfitting(returns, blocks=16).probability > 0.95


def test_the_order_of_configurations_does_not_matter_nor_does_scale() -> None:
    returns = noise(4, 320, 9)
    order = np.random.default_rng(1).permutation(9)
    found, other = overfitting(returns, blocks=8), overfitting(3.0 * returns[:, order], blocks=8)
    np.testing.assert_allclose(found.logits, other.logits)


def test_the_same_configuration_twice_stands_in_the_middle() -> None:
    returns = np.repeat(noise(5, 160, 1), 4, axis=1)
    found = overfitting(returns, blocks=4)
    assert set(found.logits) == {0.0}
    assert found.probability == 0.5, "nothing can be told"


def plain_paths(returns: Floats, groups: int, held: int, purge: int) -> list[Floats]:
    """Rows to choose on by mask; the k-th split that holds a group out fills it on path k."""
    length = len(returns) // groups
    kept = returns[len(returns) - groups * length :]
    group = np.arange(len(kept)) // length
    strung = [np.full(len(kept), np.nan) for _ in range(comb(groups - 1, held - 1))]
    for out in combinations(range(groups), held):
        test = np.isin(group, out)
        near = test.copy()
        for shift in range(1, purge + 1):
            near[shift:] |= test[:-shift]
            near[:-shift] |= test[shift:]
        best = int(np.argmax([ratio(column[~near]) for column in kept.T]))
        for k in out:
            path = next(path for path in strung if np.isnan(path[k * length]))
            path[group == k] = kept[group == k, best]
    return strung


@pytest.mark.parametrize(("groups", "held", "purge"), [(6, 2, 0), (5, 1, 2), (6, 3, 3)])
def test_paths_are_those_of_masks(groups: int, held: int, purge: int) -> None:
    returns = noise(6, 125, 6)
    found = paths(returns, groups=groups, held=held, purge=purge)
    wanted = plain_paths(returns, groups, held, purge)
    np.testing.assert_array_equal(found.returns, wanted)
    np.testing.assert_allclose(found.sharpe, [ratio(path) for path in wanted])


def test_choosing_among_noise_earns_nothing_on_any_path() -> None:
    found = [paths(noise(seed)).sharpe.mean() for seed in range(40)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(40)


def test_one_that_never_trades_has_a_ratio_of_zero() -> None:
    returns = noise(7, 320, 3) - 1.0
    returns[:, 1] = 0.0
    found = overfitting(returns, blocks=8)
    assert set(found.outside) == {0.0}
    assert found.probability == found.loss == 0.0


@pytest.mark.parametrize(
    ("returns", "options", "said"),
    [
        (noise(1, 100, 1), {}, "wanted"),
        (np.full((100, 3), np.nan), {}, "not finite"),
        (noise(1, 100, 3), {"blocks": 7}, "even"),
        (noise(1, 100, 3), {"blocks": 50, "purge": 1}, "at least 2"),
    ],
)
def test_what_cannot_be_judged_is_said(returns: Floats, options: dict[str, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        overfitting(returns, **options)


def test_some_groups_are_held_out_and_some_are_not() -> None:
    with pytest.raises(InputError, match="10 of 10 groups"):
        paths(noise(1), held=10)
