"""The trailing windows every feature is made of, with one law for missing bars.

A window is a stretch of hours on the complete grid. It yields a value when at least three
quarters of its rows are there (every row, for windows shorter than four hours), else null.
"""

import math
from typing import Final

import polars as pl

COMPLETENESS: Final = 0.75
"""Share of a window's rows that must be present."""

WEIGHT_LEFT: Final = 1e-9
"""Relative weight of all that lies beyond the lookback of a recursive feature."""

NO_VARIANCE: Final = 1e-14
"""Squared log return below which a price stands still: a move of 1e-7 is under any tick, and
rounding left over in a running sum is far smaller."""


def needed(hours: int) -> int:
    """Return how many rows of a window must be present.

    Raises
    ------
    ValueError
        If ``hours`` is below 1.
    """
    if hours < 1:
        raise ValueError(f"a window needs at least 1 hour, got {hours}")
    return math.ceil(COMPLETENESS * hours)


def trailing_mean(values: pl.Expr, hours: int) -> pl.Expr:
    """Mean of the last ``hours`` rows, the current one included."""
    return values if hours == 1 else values.rolling_mean(hours, min_samples=needed(hours))


def trailing_sum(values: pl.Expr, hours: int) -> pl.Expr:
    """Sum of the last ``hours`` rows; a missing row adds nothing."""
    return values if hours == 1 else values.rolling_sum(hours, min_samples=needed(hours))


def trailing_std(values: pl.Expr, hours: int) -> pl.Expr:
    """Sample standard deviation (``n - 1``) of the last ``hours`` rows."""
    return values.rolling_std(hours, min_samples=needed(hours))


def trailing_max(values: pl.Expr, hours: int) -> pl.Expr:
    """Greatest of the last ``hours`` rows."""
    return values.rolling_max(hours, min_samples=needed(hours))


def trailing_min(values: pl.Expr, hours: int) -> pl.Expr:
    """Smallest of the last ``hours`` rows."""
    return values.rolling_min(hours, min_samples=needed(hours))


def trailing_quantile(values: pl.Expr, level: float, hours: int) -> pl.Expr:
    """Quantile of the last ``hours`` rows, linear between order statistics."""
    return values.rolling_quantile(
        level, interpolation="linear", window_size=hours, min_samples=needed(hours)
    )


def ewma(values: pl.Expr, alpha: float) -> pl.Expr:
    r"""Exponentially weighted mean, :math:`m_t = (1-\alpha)\,m_{t-1} + \alpha x_t`.

    A missing row is null itself and only lets the weights of the past decay by one more hour.
    """
    return values.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=False)


def memory(alpha: float) -> int:
    """Rows after which the weight of all that lies further back is below ``WEIGHT_LEFT``.

    Raises
    ------
    ValueError
        If ``alpha`` is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    return math.ceil(math.log(WEIGHT_LEFT) / math.log1p(-alpha)) + 1


def ratio(numerator: pl.Expr, denominator: pl.Expr, above: float | pl.Expr = 0.0) -> pl.Expr:
    """Quotient; null where the denominator is not greater than ``above``."""
    return pl.when(denominator > above).then(numerator / denominator)
