r"""Is a difference more than luck? Tests of a mean whose terms overlap.

Hourly origins of an ``h``-hour target share ``h − 1`` hours with their neighbour, and losses come
in clusters besides, so the variance of a mean is the *long-run* variance:

1. place the origins on their own regular grid (hourly, or coarser), a missing one left empty;
2. take the autocovariances of what is there, Bartlett-weighted up to the bandwidth, which keeps
   the estimate positive (Newey and West);
3. bandwidth: three times the overlap, but never below :math:`1.3 \sqrt n` (Lazarus et al.),
   because a Bartlett kernel of just ``h − 1`` lags sees two thirds of an overlap's variance;
4. correct the statistic for a finite sample and take Student's t (Harvey, Leybourne, Newbold).

A test of fewer origins than twice the overlap does not exist: its numbers are NaN.
"""

import math
from dataclasses import dataclass

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints

CONFIDENCE = 0.95
"""Level of every interval published."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, how sure it is, and the test that it equals a given value.

    Attributes
    ----------
    value : float
    ci_low, ci_high : float
        Two-sided interval at ``CONFIDENCE``.
    statistic : float
        Corrected t statistic against the value under test.
    p_value : float
        Two-sided.
    n : int
        Origins counted.
    """

    value: float
    ci_low: float
    ci_high: float
    statistic: float
    p_value: float
    n: int


def mean_test(values: Floats, hours: Ints, horizon: int, null: float = 0.0) -> Mean:
    """Mean of a dependent series, with interval and test.

    Parameters
    ----------
    values : ndarray of shape (n,)
        One value per origin, no NaN.
    hours : ndarray of shape (n,)
        Origins as hours since the epoch, strictly ascending.
    horizon : int
        Hours each value looks ahead.
    null : float
        Mean under test.

    Returns
    -------
    result : Mean
        NaN throughout but ``value`` and ``n`` if there are fewer than ``2 h / step`` origins;
        statistic and p-value are NaN also where the series does not vary.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or hours do not ascend.

    References
    ----------
    .. [1] Newey & West (1987), Econometrica 55(3), 703-708.
    .. [2] Harvey, Leybourne & Newbold (1997), "Testing the equality of prediction mean squared
       errors", International Journal of Forecasting 13(2), 281-291.
    .. [3] Lazarus, Lewis, Stock & Watson (2018), "HAR inference: recommendations for practice",
       Journal of Business & Economic Statistics 36(4), 541-559.
    """
    check(values, hours)
    n = len(values)
    if n == 0:
        return untested(math.nan, 0)
    value = float(values.mean())
    places, step = grid(hours)
    overlap = max(1, -(-horizon // step))
    if n < max(3, 2 * overlap):
        return untested(value, n)
    variance = long_run_variance(values, places, bandwidth(n, overlap))
    error = np.sqrt(variance / n) / harvey_factor(n, overlap)
    return judge(value, float(error), n, null)


def untested(value: float, n: int) -> Mean:
    """Mean without an interval: too few origins."""
    return Mean(value, math.nan, math.nan, math.nan, math.nan, n)


def judge(value: float, error: float, n: int, null: float) -> Mean:
    """Interval and two-sided test from a standard error, by Student's t with n − 1 degrees."""
    from scipy.special import stdtr, stdtrit

    reach = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2.0)) * error
    statistic = (value - null) / error if error > 0.0 else math.nan
    p_value = 2.0 * float(stdtr(n - 1, -abs(statistic)))
    return Mean(value, value - reach, value + reach, statistic, p_value, n)


def diebold_mariano(loss: Floats, baseline: Floats, hours: Ints, horizon: int) -> Mean:
    """Diebold–Mariano test of equal loss; the value is the mean of ``loss − baseline``.

    A negative statistic favours the first model. Parameters, law of small samples and errors as
    ``mean_test``.

    References
    ----------
    .. [1] Diebold & Mariano (1995), "Comparing predictive accuracy", Journal of Business &
       Economic Statistics 13(3), 253-263.
    """
    return mean_test(loss - baseline, hours, horizon)


def skill(loss: Floats, baseline: Floats, hours: Ints, horizon: int) -> Mean:
    r"""One minus the ratio of mean losses, with its interval by the delta method.

    With :math:`R = \bar a / \bar b` each origin moves the skill by
    :math:`-(a_t - R b_t) / \bar b`, and the long-run variance of that is the skill's.
    Parameters, law of small samples and errors as ``mean_test``.
    """
    check(loss, hours)
    check(baseline, hours)
    scale = float(baseline.mean()) if len(baseline) else 0.0
    if scale <= 0.0:
        return untested(math.nan, len(loss))
    ratio = float(loss.mean()) / scale
    return mean_test((1.0 - ratio) - (loss - ratio * baseline) / scale, hours, horizon)


def long_run_variance(values: Floats, places: Ints, lags: int) -> float:
    """Newey–West variance of ``√n`` times the mean.

    Parameters
    ----------
    values : ndarray of shape (n,)
    places : ndarray of shape (n,)
        Position of each value on a regular grid, ascending; empty positions add nothing.
    lags : int
        Bandwidth in grid steps; lag ``k`` weighs ``1 − k / (lags + 1)``.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    series = np.zeros(int(places[-1] - places[0]) + 1)
    series[places - places[0]] = values - values.mean()
    reach = min(lags, len(series) - 1)
    size = next_fast_len(len(series) + reach, real=True)
    products = irfft(np.abs(rfft(series, size)) ** 2, size)[: reach + 1]
    weights = 1.0 - np.arange(reach + 1) / (lags + 1.0)
    total = products[0] + 2.0 * (weights[1:] * products[1:]).sum()
    return max(float(total) / len(values), 0.0)


def bandwidth(n: int, overlap: int) -> int:
    """Lags of the kernel, in steps between origins."""
    return min(max(3 * (overlap - 1), int(np.ceil(1.3 * np.sqrt(n)))), n - 1)


def harvey_factor(n: int, overlap: int) -> float:
    """Finite-sample factor of the Diebold–Mariano statistic, below one."""
    return float(np.sqrt((n + 1 - 2 * overlap + overlap * (overlap - 1) / n) / n))


def grid(hours: Ints) -> tuple[Ints, int]:
    """Place of each origin on the finest regular grid that holds them all, and its step, hours."""
    gaps = np.diff(hours)
    step = int(np.gcd.reduce(gaps)) if len(gaps) else 1
    places: Ints = (hours - hours[0]) // step
    return places, step


def check(values: Floats, hours: Ints) -> None:
    """Refuse a series that is no series."""
    if values.shape != hours.shape or values.ndim != 1:
        raise InputError(f"got values {values.shape} at hours {hours.shape}, wanted one each")
    if not np.isfinite(values).all():
        raise InputError("a loss is not finite; leave out the origins without an outcome")
    if (np.diff(hours) <= 0).any():
        raise InputError("origins are not strictly ascending; sort them and drop duplicates")
