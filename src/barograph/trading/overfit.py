"""Is the best of many configurations good, or only the luckiest? Two ways of asking.

**Probability of backtest overfitting** (combinatorially symmetric cross-validation). History is cut
into an even number of blocks. For every way of taking half of them: which configuration was best
there, and where does it stand among all in the other half? If choosing the best is worth nothing it
stands below the middle half of the time: the probability is 1/2, and near 0 where one configuration
truly is better.

**Paths** (combinatorial purged cross-validation). History is cut into groups, some of which are
held out in every possible way. The configuration that was best in the rest trades the groups held
out; strung together these make several histories of "choose the best and trade it", none of which
knew itself.

Both judge by the Sharpe ratio. A configuration that never trades has one of zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Final

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints

BLOCKS: Final = 16
GROUPS: Final = 10
AT_ONCE: Final = 2_000_000
"""Ratios computed at a time: a thousand configurations have millions of them."""


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What choosing the best in one half of history is worth in the other.

    Attributes
    ----------
    probability : float
        Share of the splits in which the chosen one is below the middle out of sample; one in the
        very middle, as among equals, counts half.
    loss : float
        Share of the splits in which the chosen one has a Sharpe ratio below zero out of sample.
    logits : Floats
        Log odds of the relative rank of the chosen one, one per split, shape ``(s,)``.
    inside, outside : Floats
        Its Sharpe ratio per observation in the half it was chosen in, and in the other.
    configurations : int
    """

    probability: float
    loss: float
    logits: Floats
    inside: Floats
    outside: Floats
    configurations: int


@dataclass(frozen=True, slots=True)
class Paths:
    """Histories of choosing the best and trading it.

    Attributes
    ----------
    sharpe : Floats
        Ratio per observation of each path, shape ``(p,)``.
    chosen : Ints
        Configuration of each split, shape ``(s,)``.
    returns : Floats
        Of each path, shape ``(p, t)``.
    """

    sharpe: Floats
    chosen: Ints
    returns: Floats


@dataclass(frozen=True, slots=True)
class Sweep:
    """A search that a configuration was part of.

    Attributes
    ----------
    configurations : int
        How many were tried.
    probability : float
        Of backtest overfitting.
    """

    configurations: int
    probability: float


def overfitting(returns: Floats, *, blocks: int = BLOCKS, purge: int = 0) -> Overfitting:
    r"""Probability that the best configuration in sample is below the middle out of sample.

    With :math:`\omega` the relative rank out of sample of the one chosen, it is the share of splits
    with :math:`\ln(\omega / (1 - \omega)) < 0`, and half of those where it is 0. (The paper counts
    these in full; configurations that trade alike would then be overfitted for certain.)

    Parameters
    ----------
    returns : Floats
        Of each configuration over the same times, shape ``(t, configurations)``.
    blocks : int
        Even. Rows beyond a multiple are left out at the beginning.
    purge : int
        Rows left out at the beginning of every block: as long as a position may last that was
        opened in the block before.

    Raises
    ------
    InputError
        If there are fewer than two configurations, a return is not finite, the number of blocks is
        odd, or a block has fewer than two rows.

    References
    ----------
    .. [1] Bailey, Borwein, López de Prado & Zhu (2017), "The probability of backtest overfitting",
       Journal of Computational Finance 20(4), 39-69.
    """
    _check(returns, blocks, purge)
    if blocks % 2:
        raise InputError(f"{blocks} blocks cannot be halved; name an even number")
    length = len(returns) // blocks
    cut = returns[len(returns) - blocks * length :].reshape(blocks, length, -1)[:, purge:]
    first, second = cut.sum(axis=1), (cut**2).sum(axis=1)
    count, width = (length - purge) * blocks // 2, returns.shape[1]
    halves = np.zeros((comb(blocks, blocks // 2), blocks))
    for row, taken in enumerate(combinations(range(blocks), blocks // 2)):
        halves[row, list(taken)] = 1.0
    inside, outside, rank = np.empty((3, len(halves)))
    step = max(AT_ONCE // width, 1)
    for start in range(0, len(halves), step):
        part = slice(start, start + step)
        seen = ratios(halves[part] @ first, halves[part] @ second, count)
        unseen = ratios((1 - halves[part]) @ first, (1 - halves[part]) @ second, count)
        best = seen.argmax(axis=1)[:, None]
        inside[part] = np.take_along_axis(seen, best, axis=1)[:, 0]
        told = np.take_along_axis(unseen, best, axis=1)
        outside[part] = told[:, 0]
        rank[part] = (unseen < told).sum(axis=1) + 0.5 * ((unseen == told).sum(axis=1) + 1)
    relative = rank / (width + 1)
    logits = np.log(relative / (1.0 - relative))
    return Overfitting(
        probability=float((logits < 0.0).mean() + 0.5 * (logits == 0.0).mean()),
        loss=float((outside < 0.0).mean()),
        logits=logits,
        inside=inside,
        outside=outside,
        configurations=width,
    )


def paths(returns: Floats, *, groups: int = GROUPS, held: int = 2, purge: int = 0) -> Paths:
    """Choose the best on all groups but some, trade it in those; string the groups together.

    Parameters
    ----------
    returns : Floats
        Of each configuration over the same times, shape ``(t, configurations)``.
    groups : int
        Of consecutive rows. Rows beyond a multiple are left out at the beginning.
    held : int
        Groups held out at a time. Each group is held out ``comb(groups - 1, held - 1)`` times:
        so many paths there are.
    purge : int
        Rows not chosen on before and after a group that is held out.

    Raises
    ------
    InputError
        If there are fewer than two configurations, a return is not finite, a group has fewer than
        two rows beside what is purged, or nothing is left to choose on.

    References
    ----------
    .. [1] López de Prado (2018), *Advances in Financial Machine Learning*, chapter 12.
    """
    _check(returns, groups, 2 * purge)
    if not 0 < held < groups:
        raise InputError(f"{held} of {groups} groups held out; some must be, and some must not")
    length = len(returns) // groups
    kept = returns[len(returns) - groups * length :]
    first, second = (
        np.vstack((np.zeros((1, kept.shape[1])), np.cumsum(part, axis=0)))
        for part in (kept, kept**2)
    )
    splits = list(combinations(range(groups), held))
    chosen = np.empty(len(splits), dtype=np.int64)
    strung = np.empty((comb(groups - 1, held - 1), len(kept)))
    filled = np.zeros(groups, dtype=np.int64)
    for row, out in enumerate(splits):
        spans = np.array(list(_training(groups, length, out, purge)))
        seen = ratios(
            (first[spans[:, 1]] - first[spans[:, 0]]).sum(axis=0),
            (second[spans[:, 1]] - second[spans[:, 0]]).sum(axis=0),
            int(np.diff(spans).sum()),
        )
        chosen[row] = seen.argmax()
        for group in out:
            rows = slice(group * length, (group + 1) * length)
            strung[filled[group], rows] = kept[rows, chosen[row]]
            filled[group] += 1
    told = ratios(strung.sum(axis=1), (strung**2).sum(axis=1), len(kept))
    return Paths(told, chosen, strung)


def ratios(first: Floats, second: Floats, count: int) -> Floats:
    """Sharpe ratios per observation from sums of returns and of squares; 0 where nothing moves."""
    mean = first / count
    variance = (second / count - mean**2) * count / (count - 1)
    # What rounding leaves of a constant is no movement.
    moves = variance > 1e-12 * second / count
    found: Floats = np.where(moves, mean / np.sqrt(np.where(moves, variance, 1.0)), 0.0)
    return found


def _training(
    groups: int, length: int, out: tuple[int, ...], purge: int
) -> Iterator[tuple[int, int]]:
    """Rows to choose on, group by group, ends excluded."""
    for group in range(groups):
        if group not in out:
            before = purge if group - 1 in out else 0
            after = purge if group + 1 in out else 0
            yield group * length + before, (group + 1) * length - after


def _check(returns: Floats, parts: int, purge: int) -> None:
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise InputError(
            f"returns of shape {returns.shape}, wanted (times, configurations) of two or more"
        )
    if not np.isfinite(returns).all():
        raise InputError("a return is not finite; a configuration that holds nothing returns 0")
    if parts < 2 or purge < 0 or len(returns) // parts - purge < 2:
        raise InputError(
            f"{len(returns)} rows in {parts} parts, {purge} purged of each: at least 2 must be left"
        )
