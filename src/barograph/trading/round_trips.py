"""From fills to round trips, compiled: a busy run has tens of thousands."""

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints

SYMBOL, IS_LONG, BEGAN, ENDED, KIND, SOURCE = range(6)
"""Columns of a trip's integers."""
ENTRY, EXIT, QUANTITY, FEES, PROFIT = range(5)
"""Columns of its amounts."""
HELD, BOUGHT, SOLD, PAID, RECEIVED, CHARGED, LARGEST = range(7)


@njit(cache=True)
def round_trips(places: Ints, amounts: Floats, width: int) -> tuple[Ints, Floats]:
    """Put the fills of each symbol together, from flat to flat.

    Parameters
    ----------
    places, amounts : ndarray
        Of a ``Record``.
    width : int
        Number of symbols.

    Returns
    -------
    whole : Ints
        Symbol, whether long, first and last bar, kind of the last fill and forecast of the first,
        shape ``(k, 6)``, in order of exit.
    parts : Floats
        Mean prices in and out, largest quantity, fees, profit net of fees, shape ``(k, 5)``.
    """
    whole, parts = np.empty((len(places), 6), np.int64), np.empty((len(places), 5))
    own, began = np.zeros((width, 7)), np.zeros((width, 3), np.int64)
    is_open, count = np.zeros(width, np.bool_), 0
    for k in range(len(places)):
        bar, symbol = places[k, 0], places[k, 1]
        quantity, price, fee = amounts[k]
        trip = own[symbol]
        if not is_open[symbol]:
            is_open[symbol], trip[:] = True, 0.0
            began[symbol, 0], began[symbol, 1] = bar, places[k, 3]
            began[symbol, 2] = 1 if quantity > 0.0 else 0
        if quantity > 0.0:
            trip[BOUGHT] += quantity
            trip[PAID] += quantity * price
        else:
            trip[SOLD] -= quantity
            trip[RECEIVED] -= quantity * price
        trip[CHARGED] += fee
        trip[HELD] += quantity
        trip[LARGEST] = max(trip[LARGEST], abs(trip[HELD]))
        # The engine closes with exactly what it holds, so that flat is exactly zero.
        if trip[HELD] == 0.0:
            is_long = began[symbol, 2] == 1
            buy, sell = trip[PAID] / trip[BOUGHT], trip[RECEIVED] / trip[SOLD]
            whole[count, SYMBOL], whole[count, IS_LONG] = symbol, began[symbol, 2]
            whole[count, BEGAN], whole[count, ENDED] = began[symbol, 0], bar
            whole[count, KIND], whole[count, SOURCE] = places[k, 2], began[symbol, 1]
            parts[count, ENTRY], parts[count, EXIT] = (buy, sell) if is_long else (sell, buy)
            parts[count, QUANTITY], parts[count, FEES] = trip[LARGEST], trip[CHARGED]
            parts[count, PROFIT] = trip[RECEIVED] - trip[PAID] - trip[CHARGED]
            is_open[symbol], count = False, count + 1
    return whole[:count].copy(), parts[:count].copy()
