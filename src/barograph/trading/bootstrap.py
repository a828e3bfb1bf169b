"""What else could have happened: a run's returns drawn again, a week or so at a time.

Returns of neighbouring hours hang together, in size if not in sign. The stationary bootstrap keeps
them together: it strings blocks of the series, begun anywhere and of random length, into a series
of the same length, and does so many times. One pass over each gives every figure of it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.trading.rules import HOURS_A_YEAR

WEEK: Final = 168.0
FIGURES: Final = ("total_return", "annual_return", "sharpe", "max_drawdown")
"""Those that have an interval."""
LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the fan."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """Figures of each drawing, shape ``(draws,)``; NaN where a figure is not defined.

    Attributes
    ----------
    total_return, annual_return : Floats
        Fractions.
    sharpe : Floats
        Annualised.
    max_drawdown : Floats
        Positive fraction.
    rows : Ints
        Observations at which the fan is taken, shape ``(k,)``.
    fan : Floats
        Quantiles ``LEVELS`` of equity as a multiple of the capital, shape ``(5, k)``.
    """

    total_return: Floats
    annual_return: Floats
    sharpe: Floats
    max_drawdown: Floats
    rows: Ints
    fan: Floats

    def interval(self, figure: str, share: float = 0.95) -> tuple[float, float]:
        """Middle ``share`` of a figure; NaN where no drawing has it.

        Parameters
        ----------
        figure : str
            One of ``FIGURES``.
        share : float
        """
        values: Floats = getattr(self, figure)
        known = values[np.isfinite(values)]
        if not len(known):
            return np.nan, np.nan
        low, high = np.quantile(known, ((1.0 - share) / 2.0, (1.0 + share) / 2.0))
        return float(low), float(high)


def resample(
    returns: Floats, *, block: float = WEEK, draws: int = 1000, seed: int = 7, points: int = 240
) -> Resampled:
    """Draw hourly returns again.

    Parameters
    ----------
    returns : Floats
        Simple return of each hour, shape ``(n,)``; below -1 counts as -1, the loss of everything.
    block : float
        Mean length of a block, hours.
    draws : int
    seed : int
        The same seed gives the same drawings.
    points : int
        Of the fan.

    Raises
    ------
    InputError
        If there are fewer than two returns, one is not finite, or a block has less than an hour.

    References
    ----------
    .. [1] Politis & Romano (1994), "The stationary bootstrap", JASA 89(428), 1303-1313.
    """
    count = len(returns)
    if count < 2 or not np.isfinite(returns).all():
        raise InputError(f"{count} returns, wanted at least two, all finite")
    rows = np.unique(np.linspace(0, count - 1, min(points, count)).astype(np.int64))
    kept = np.maximum(returns, -1.0)
    with np.errstate(divide="ignore"):
        logs = np.log1p(kept)
    starts, lengths = blocks(count, block, draws, seed)
    figures, paths = _walk(kept, logs, starts, lengths, rows)
    total, first, second, deepest = figures.T
    mean = first / count
    variance = (second / count - mean**2) * count / (count - 1)
    # What rounding leaves of a constant is no movement.
    deviation = np.sqrt(np.where(variance > 1e-12 * second / count, variance, np.nan))
    with np.errstate(over="ignore"):
        annual = np.expm1(total * HOURS_A_YEAR / count)
    return Resampled(
        total_return=np.expm1(total),
        annual_return=annual,
        sharpe=mean / deviation * np.sqrt(HOURS_A_YEAR),
        max_drawdown=-np.expm1(-deepest),
        rows=rows,
        fan=np.quantile(np.exp(paths), LEVELS, axis=0),
    )


def blocks(count: int, block: float, draws: int, seed: int) -> tuple[Ints, Ints]:
    """Where the blocks of each drawing begin, and how long they are, shape ``(draws, k)``.

    Lengths are geometric with mean ``block``. There are enough of them to fill ``count``
    observations but for a chance of about 1e-15; the last would be drawn out then.

    Raises
    ------
    InputError
        If a block has less than one observation on average.
    """
    if block < 1.0:
        raise InputError(f"blocks of {block:g} observations; at least 1")
    expected = count / block
    enough = int(expected + 8.0 * np.sqrt(expected) + 40.0)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, count, (draws, enough))
    return starts, rng.geometric(1.0 / block, (draws, enough))


@njit(cache=True)
def _walk(
    returns: Floats, logs: Floats, starts: Ints, lengths: Ints, rows: Ints
) -> tuple[Floats, Floats]:
    """Follow each drawing: log return, sums of returns and squares, deepest fall in logs; paths."""
    count, draws, known = len(returns), len(starts), starts.shape[1]
    figures, paths = np.empty((draws, 4)), np.empty((draws, len(rows)))
    for k in range(draws):
        total, first, second, peak, deepest = 0.0, 0.0, 0.0, 0.0, 0.0
        at, mark, block = 0, 0, 0
        while at < count:
            place = starts[k, block]
            end = min(count, at + lengths[k, block]) if block < known - 1 else count
            block += 1
            while at < end:
                stop = min(end, at + count - place, rows[mark] + 1)
                for i in range(place, place + stop - at):
                    first += returns[i]
                    second += returns[i] * returns[i]
                    total += logs[i]
                    peak = max(peak, total)
                    deepest = max(deepest, peak - total)
                place = (place + stop - at) % count
                at = stop
                if at == rows[mark] + 1:
                    paths[k, mark] = total
                    mark = min(mark + 1, len(rows) - 1)
        figures[k, 0], figures[k, 1], figures[k, 2] = total, first, second
        figures[k, 3] = deepest
    return figures, paths
