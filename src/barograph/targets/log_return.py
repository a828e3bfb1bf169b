"""How far the price goes, and which way."""

import numpy as np

from barograph.core.types import Floats
from barograph.targets.base import Target, ahead, check_horizons


def target_return(close: Floats, horizons: tuple[int, ...]) -> Floats:
    r"""Log return over each horizon.

    .. math:: y_{i,h} = \ln P_{i+h} - \ln P_i

    Parameters
    ----------
    close : ndarray of shape (n,)
        Closes on the complete hourly grid; NaN where the bar is missing.
    horizons : tuple of int
        Hours ahead, ``H`` of them.

    Returns
    -------
    returns : ndarray of shape (n, H)
        Log price; NaN where either end is missing or still to come.

    Raises
    ------
    ValueError
        If a horizon is below 1.
    """
    price = np.log(close)
    columns = [ahead(price, hours) - price for hours in check_horizons(horizons)]
    return np.stack(columns, axis=1)


def target_direction(close: Floats, horizons: tuple[int, ...]) -> Floats:
    """Whether the price rises over each horizon.

    Parameters
    ----------
    close : ndarray of shape (n,)
        As for :func:`target_return`.
    horizons : tuple of int
        Hours ahead, ``H`` of them.

    Returns
    -------
    up : ndarray of shape (n, H)
        1 where the price is higher, 0 where it is lower or the same, NaN where unknown.

    Raises
    ------
    ValueError
        If a horizon is below 1.
    """
    returns = target_return(close, horizons)
    return np.where(np.isnan(returns), np.nan, (returns > 0).astype(np.float64))


TARGETS = (
    Target(
        name="log_return",
        compute=lambda _open, _high, _low, close, horizons: target_return(close, horizons),
        unit="log price",
        formula="ln(close[t+h] / close[t])",
    ),
    Target(
        name="direction",
        compute=lambda _open, _high, _low, close, horizons: target_direction(close, horizons),
        unit="0 or 1",
        formula="1 if close[t+h] > close[t] else 0",
    ),
)
