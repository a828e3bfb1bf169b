"""The numbers that reasons quote: plain statistics of bars that any reader can check.

Facts are no inputs of the sums; they stand beside a contribution to say what it is about.
"""

from typing import Final

import numpy as np

from barograph.calibration.filters import trailing_mean
from barograph.core.panel import Panel
from barograph.core.types import Floats

COVERAGE: Final = 0.5
"""Share of a window's bars that must be there, as in the models."""
MOVES: Final = (1, 24, 72)
WINDOWS: Final = (1, 24, 168, 720, 4320)
"""Last hour, day, week, month of 30 days, half-year of 180."""
LOOKBACK: Final = WINDOWS[-1] + 1
"""Rows that the facts of one row read."""


def names(horizons: tuple[int, ...]) -> tuple[str, ...]:
    """Names of the facts of a row, in the order of ``facts``."""
    return (
        *(f"move_{hours}h" for hours in MOVES),
        *(f"volatility_{hours}h" for hours in WINDOWS),
        "volume_24h",
        *(f"season_{hours}h" for hours in horizons),
    )


def facts(panel: Panel, ahead: Floats) -> Floats:
    """Facts of every row; row ``i`` reads the ``LOOKBACK`` rows up to ``i`` only.

    Parameters
    ----------
    panel : Panel
        Bars.
    ahead : Floats
        Log of the mean seasonal factor of the variance of the hours ahead, shape ``(n, H)``.

    Returns
    -------
    facts : Floats
        Columns of ``names``, NaN where unknown, shape ``(n, M)``: ``move_24h`` the log return
        over the last hours; ``volatility_24h`` the root of the mean hourly Garman-Klass variance
        over them; ``volume_24h`` the mean volume of the last day over that of 30 days;
        ``season_24h`` how volatile the hours of the week ahead usually are, 1 being the mean of
        the week.
    """
    price = np.log(panel.close)
    columns = [price - lagged(price, hours) for hours in MOVES]
    columns += [np.sqrt(trailing_mean(panel.variance, w, COVERAGE)) for w in WINDOWS]
    volume = np.where(panel.volume > 0.0, panel.volume, np.nan)
    columns.append(trailing_mean(volume, 24, COVERAGE) / trailing_mean(volume, 720, COVERAGE))
    return np.column_stack([*columns, np.exp(0.5 * ahead)])


def lagged(values: Floats, rows: int) -> Floats:
    """Values some rows earlier, NaN where there is none."""
    return np.concatenate([np.full(min(rows, len(values)), np.nan), values[:-rows]])
