"""Rolling statistics of matured outcomes.

An outcome of row ``j`` at horizon ``h`` is known at row ``j + h``: at row ``i`` the window holds
rows ``i - h - window + 1 ... i - h``. NaN outcomes are left out.
"""

from typing import Final

import numpy as np
from numba import njit

from barograph.core.types import Bools, Floats, Ints

ROUNDING: Final = 1e-9
"""A rank is not raised by one because 0.95 - 0.05 is a hair above 0.9."""


def matured_quantiles(
    outcomes: Floats, horizons: tuple[int, ...], levels: Floats, window: int, least: int
) -> Floats:
    """Empirical quantiles of the last ``window`` matured outcomes.

    Parameters
    ----------
    outcomes : Floats
        Shape ``(n, H)``.
    horizons : tuple of int
        Hours until an outcome is known, ``H`` of them.
    levels : Floats
        Probabilities, shape ``(Q,)``.
    window, least : int
        Rows looked back over, and the fewest outcomes that make a distribution.

    Returns
    -------
    quantiles : Floats
        Shape ``(n, H, Q)``; linear between order statistics (Hyndman and Fan's type 7), NaN
        where fewer than ``least`` outcomes are known.

    References
    ----------
    .. [1] Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American
       Statistician 50(4), 361-365.
    """
    held = np.arange(min(window, len(outcomes)) + 1)
    places = np.asarray(levels)[None, :] * np.maximum(held - 1, 0)[:, None]
    return _order_statistics(outcomes, horizons, places, window, least)


def matured_conformal_quantiles(
    scores: Floats, horizons: tuple[int, ...], coverages: Floats, window: int, least: int
) -> Floats:
    r"""Conformal quantiles of the last ``window`` matured scores.

    Of ``m`` known scores the :math:`\lceil (m + 1) c \rceil`-th smallest: if the next score is
    exchangeable with them, it is at most that with a probability of at least ``c`` [1]_.

    Parameters
    ----------
    scores : Floats
        Shape ``(n, H)``.
    horizons : tuple of int
        Hours until a score is known, ``H`` of them.
    coverages : Floats
        Probabilities ``c``, above 0 and below 1, shape ``(C,)``.
    window, least : int
        Rows looked back over, and the fewest scores that make a quantile.

    Returns
    -------
    quantiles : Floats
        Shape ``(n, H, C)``; NaN where fewer than ``least`` scores are known, and where they are
        too few for the coverage (the rank asked for is above their number).

    References
    ----------
    .. [1] Vovk, Gammerman & Shafer (2005), "Algorithmic learning in a random world", Springer.
    """
    held = np.arange(min(window, len(scores)) + 1)
    exact = (held[:, None] + 1) * np.asarray(coverages)[None, :]
    places = np.ceil(exact - ROUNDING) - 1.0
    return _order_statistics(scores, horizons, places, window, least)


def matured_mean(outcomes: Floats, horizons: tuple[int, ...], window: int, least: int) -> Floats:
    """Mean of the last ``window`` matured outcomes.

    Parameters
    ----------
    outcomes : Floats
        Shape ``(n, H)``.
    horizons : tuple of int
        Hours until an outcome is known, ``H`` of them.
    window, least : int
        Rows looked back over, and the fewest outcomes that make a mean.

    Returns
    -------
    mean : Floats
        Shape ``(n, H)``; NaN where fewer than ``least`` outcomes are known.
    """
    means = np.full(outcomes.shape, np.nan)
    for k, h in enumerate(horizons):
        known = np.isfinite(outcomes[:, k])
        total = np.concatenate(([0.0], np.cumsum(np.where(known, outcomes[:, k], 0.0))))
        count = np.concatenate(([0], np.cumsum(known)))
        stop = np.clip(np.arange(len(outcomes)) - h + 1, 0, None)
        begin = np.clip(stop - window, 0, None)
        number = count[stop] - count[begin]
        enough = number >= least
        means[enough, k] = (total[stop] - total[begin])[enough] / number[enough]
    return means


def _order_statistics(
    values: Floats, horizons: tuple[int, ...], places: Floats, window: int, least: int
) -> Floats:
    """Row ``m`` of ``places`` says which order statistics of ``m`` held values are wanted."""
    columns = [
        _column(np.ascontiguousarray(values[:, k]), h, places, window, least)
        for k, h in enumerate(horizons)
    ]
    return np.stack(columns, axis=1)


def _column(outcome: Floats, lag: int, places: Floats, window: int, least: int) -> Floats:
    """Order statistics by rank: every outcome's place in the whole sample is known beforehand."""
    order = np.argsort(outcome, kind="stable")  # NaN last
    rank = np.empty(len(outcome), dtype=np.int64)
    rank[order] = np.arange(len(outcome))
    return _walk(outcome, outcome[order], rank, lag, places, window, least)


@njit(cache=True)
def _walk(
    outcome: Floats,
    sorted_: Floats,
    rank: Ints,
    lag: int,
    places: Floats,
    window: int,
    least: int,
) -> Floats:
    """A finger per level rests on an order statistic; a row moves it by a place or two."""
    n, q = len(outcome), places.shape[1]
    found = np.full((n, q), np.nan)
    held = np.zeros(n, np.bool_)
    finger = np.zeros(q, np.int64)  # rank the finger rests on
    below = np.zeros(q, np.int64)  # outcomes held at ranks below it
    size = 0
    for i in range(lag, n):
        leaving = i - lag - window
        if leaving >= 0 and np.isfinite(outcome[leaving]):
            held[rank[leaving]] = False
            size -= 1
            for level in range(q):
                below[level] -= rank[leaving] < finger[level]
        entering = i - lag
        if np.isfinite(outcome[entering]):
            held[rank[entering]] = True
            size += 1
            for level in range(q):
                below[level] += rank[entering] < finger[level]
        if size < least or size == 0:
            continue
        for level in range(q):
            position = places[size, level]
            place = int(position)
            if place >= size:
                continue  # more outcomes are needed
            part = position - place
            at = _moved(held, finger[level], below[level], place)
            finger[level], below[level] = at, place
            value = sorted_[at]
            if part > 0.0 and place + 1 < size:
                value = value * (1.0 - part) + sorted_[_moved(held, at, place, place + 1)] * part
            found[i, level] = value
    return found


@njit(cache=True)
def _moved(held: Bools, at: int, below: int, place: int) -> int:
    """Rank of the held outcome with ``place`` held below it, walking from rank ``at``."""
    while below > place:
        at -= 1
        below -= held[at]
    while below < place or not held[at]:
        below += held[at]
        at += 1
    return at
