"""The best trades there were, known only afterwards: a yardstick, never a signal."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints
from barograph.trading.rules import BPS, Execution

SHORT, LONG = -1, 1
NEVER: Final = -1
CEILING: Final = 2.0**40
"""No price is above."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One round trip with everything there is, unlevered.

    Attributes
    ----------
    side : int
        1 long, -1 short.
    entry, exit : int
        Rows at whose close it was entered and left.
    growth : float
        Wealth after it over wealth before, costs taken off.
    """

    side: int
    entry: int
    exit: int
    growth: float


@dataclass(frozen=True, slots=True)
class Hindsight:
    """The best that so many round trips could have made of every wealth so far.

    Attributes
    ----------
    wealth : Floats
        Best wealth of at most ``k`` trips that were left by row ``t``, of 1 at the start, shape
        ``(k + 1, n)``.
    entry, side : Ints
        Of the trip that is left at row ``t`` on the best way there, ``NEVER`` where none is, shape
        ``(k + 1, n)``.
    """

    wealth: Floats
    entry: Ints
    side: Ints

    def until(self, row: int, trips: int | None = None) -> tuple[Trip, ...]:
        """The best trips, by exit, with prices up to a row alone.

        Parameters
        ----------
        row : int
            The last whose close is known.
        trips : int or None
            At most so many; as many as were asked for when None.
        """
        left = len(self.wealth) - 1 if trips is None else trips
        found: list[Trip] = []
        while left > 0 and row >= 0:
            begun = int(self.entry[left, row])
            if begun == NEVER:
                row -= 1
                continue
            growth = float(self.wealth[left, row] / self.wealth[left - 1, begun])
            found.append(Trip(int(self.side[left, row]), begun, row, growth))
            left, row = left - 1, begun
        return tuple(reversed(found))


def hindsight(close: Floats, costs: Execution, trips: int) -> Hindsight:
    r"""Find the best round trips by dynamic programming, exactly.

    Parameters
    ----------
    close : Floats
        Prices, shape ``(n,)``; nothing is traded at a NaN.
    costs : Execution
        Slippage and commission of market orders, each way. Funding and borrow are not counted.
    trips : int
        At most so many, one after the other; the next may begin where one is left.

    Notes
    -----
    With :math:`u = (1 + s)(1 + f)` and :math:`d = (1 - s)(1 - f)` for slippage ``s`` and
    commission ``f``, a trip from close ``a`` to ``b`` multiplies wealth by :math:`b d / (a u)`
    where it is long and by :math:`1 + d - u b / a` where it is short. Then

    .. math:: W_k(t) = \max\{W_k(t - 1), \max_{i < t} W_{k-1}(i)\, g(i, t)\}

    What a trip that began at ``i`` has come to is a line in the price ``b``: of the long ones the
    steepest is best, of the short ones the best is looked up in a Li Chao tree, so that ``n`` hours
    take ``O(k n log n)``. Row ``t`` is made of prices up to ``t`` alone, the tree too: what is
    later changes no bit before. A trip that only breaks even is left out.

    References
    ----------
    The tree: https://cp-algorithms.com/geometry/convex_hull_trick.html
    """
    slip, fee = costs.slippage_bps * BPS, costs.commission_bps * BPS
    factors = ((1.0 + slip) * (1.0 + fee), (1.0 - slip) * (1.0 - fee))
    wealth = np.ones((trips + 1, len(close)))
    entry = np.full((trips + 1, len(close)), NEVER, dtype=np.int64)
    side = np.zeros((trips + 1, len(close)), dtype=np.int64)
    for k in range(1, trips + 1):
        add_trip(close, factors, wealth[k - 1], wealth[k], entry[k], side[k])
    return Hindsight(wealth, entry, side)


@njit(cache=True)
def add_trip(
    close: Floats,
    factors: tuple[float, float],
    before: Floats,
    wealth: Floats,
    entry: Ints,
    side: Ints,
) -> None:
    """Fill in the best wealth with one trip more than ``before``."""
    up, down = factors
    lines = np.zeros((len(close), 2))
    tree = np.full((len(close), 3), NEVER)
    size, steepest, steep = 0, 0.0, NEVER
    for row in range(len(close)):
        if row > 0:
            wealth[row] = wealth[row - 1]
        price = close[row]
        if not np.isfinite(price):
            continue
        if steepest * price > wealth[row]:
            wealth[row], entry[row], side[row] = steepest * price, steep, LONG
        short = highest(tree, lines, price) if size > 0 else NEVER
        if short != NEVER and at(lines, short, price) > wealth[row]:
            wealth[row], entry[row], side[row] = at(lines, short, price), short, SHORT
        slope = before[row] * down / (up * price)
        if slope > steepest:
            steepest, steep = slope, row
        lines[row, 0], lines[row, 1] = before[row] * (1.0 + down), -before[row] * up / price
        size = insert(tree, size, lines, row)


@njit(cache=True)
def at(lines: Floats, line: int, price: float) -> float:
    """Height of a line at a price."""
    return lines[line, 0] + lines[line, 1] * price  # type: ignore[no-any-return]


@njit(cache=True)
def insert(tree: Ints, size: int, lines: Floats, line: int) -> int:
    """Put a line into a tree of ``size`` nodes; returns how many it has then.

    Each node is a line, the best there is in the middle of the node's prices, and its two children.
    """
    node, low, high = 0, 0.0, CEILING
    while node < size:
        middle = 0.5 * (low + high)
        if at(lines, line, middle) > at(lines, tree[node, 0], middle):
            tree[node, 0], line = line, tree[node, 0]
        held = tree[node, 0]
        is_left = at(lines, line, low) > at(lines, held, low)
        if not (is_left or at(lines, line, high) > at(lines, held, high)):
            return size
        if not low < middle < high:
            return size
        low, high, child = (low, middle, 1) if is_left else (middle, high, 2)
        if tree[node, child] == NEVER:
            tree[node, child] = size
        node = tree[node, child]
    tree[size, 0] = line
    return size + 1


@njit(cache=True)
def highest(tree: Ints, lines: Floats, price: float) -> int:
    """The line of a tree that is highest at a price."""
    node, low, high = 0, 0.0, CEILING
    best = tree[0, 0]
    while node != NEVER:
        if at(lines, tree[node, 0], price) > at(lines, best, price):
            best = tree[node, 0]
        middle = 0.5 * (low + high)
        low, high, child = (low, middle, 1) if price <= middle else (middle, high, 2)
        node = tree[node, child]
    return best  # type: ignore[no-any-return]
