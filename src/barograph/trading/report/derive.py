"""Series as pages draw them: a point a day, and holding beside the strategy."""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from barograph.core.types import Floats, Ints
from barograph.trading.performance import holding
from barograph.trading.report.inputs import ReportInputs

POINTS: Final = 2000
"""More than these on one line nobody can see."""


def shown(count: int) -> Ints:
    """Rows that are drawn: the last of every so many, and the last of all."""
    step = max(count // POINTS, 1)
    return np.unique(np.append(np.arange(step - 1, count, step), count - 1))


def moments(hours: Ints) -> list[datetime]:
    """Hours since 1970 as moments, UTC."""
    found: list[datetime] = pl.from_epoch(pl.Series(hours) * 3600, time_unit="s").to_list()
    return found


def held_equity(inputs: ReportInputs) -> Floats:
    """Equity of holding with the same capital, shape ``(n,)``."""
    grown: Floats = np.multiply.accumulate(1.0 + holding(inputs.market, inputs.shares))
    return inputs.capital * grown


def falls(equity: Floats, capital: float) -> Floats:
    """How far equity is below its peak, a fraction of zero or less, shape ``(n,)``."""
    found: Floats = equity / np.maximum.accumulate(np.maximum(equity, capital)) - 1.0
    return found


def deepest(values: Floats, rows: Ints) -> Floats:
    """Least value since the row drawn before, so that thinning hides no fall."""
    starts = np.concatenate(([0], rows[:-1] + 1))
    return np.minimum.reduceat(values, starts)


def amount(value: float) -> str:
    """A number on an axis."""
    return f"{value:,.0f}".replace("-", "\N{MINUS SIGN}")
