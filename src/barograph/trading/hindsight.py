"""The best trades there were, known only afterwards: a yardstick, never a signal."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.core.types import Floats, Ints
from barograph.trading.rules import BPS, Execution

SHORT, LONG = -1, 1
NEVER: Final = -1


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

    Row ``t`` is made of prices up to ``t`` alone, so that what is later changes nothing before.
    A trip that only breaks even is left out.
    """
    slip, fee = costs.slippage_bps * BPS, costs.commission_bps * BPS
    up, down = (1.0 + slip) * (1.0 + fee), (1.0 - slip) * (1.0 - fee)
    count = len(close)
    wealth = np.ones((trips + 1, count))
    entry = np.full((trips + 1, count), NEVER, dtype=np.int64)
    side = np.zeros((trips + 1, count), dtype=np.int64)
    inverse = np.where(np.isfinite(close), 1.0 / close, np.nan)
    for row in range(1, count):
        wealth[1:, row] = wealth[1:, row - 1]
        if not np.isfinite(close[row]):
            continue
        ratio = close[row] * inverse[:row]
        growth = {LONG: ratio * (down / up), SHORT: 1.0 + down - up * ratio}
        for k in range(1, trips + 1):
            for sign, gained in growth.items():
                reached = np.where(np.isfinite(gained), wealth[k - 1, :row] * gained, 0.0)
                best = int(reached.argmax())
                if reached[best] > wealth[k, row]:
                    wealth[k, row] = reached[best]
                    entry[k, row], side[k, row] = best, sign
    return Hindsight(wealth, entry, side)
