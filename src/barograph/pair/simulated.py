"""What a filter of a stated precision would be worth: SIMULATED, with hindsight of every outcome.

A filter that keeps a part ``s`` of the events and is right in a part ``p`` of those it keeps has
kept a part ``s p / w`` of the winners and ``s (1 - p) / (1 - w)`` of the losers, where ``w`` is the
part of all events that win. Which winners and which losers is drawn by chance. It shows how good a
real filter would have to be, and nothing about whether there is one.
"""

from typing import Final

import numpy as np

from barograph.core.types import Bools
from barograph.pair.barriers import Outcomes

LABEL: Final = "SIMULATED: the filter knows the outcomes"
KEPT: Final = 0.5
"""Part of the events a simulated filter keeps, or less where the precision leaves no other way."""


def simulated_filter(outcomes: Outcomes, precision: float, seed: int) -> Bools:
    """Draw the events that a filter of so much precision would keep.

    Parameters
    ----------
    outcomes : Outcomes
        Of all events; those that did not end are never kept.
    precision : float
        Part of what is kept that wins, 0 ... 1.
    seed : int
        The same seed keeps the same events.

    Returns
    -------
    keep : Bools
        Shape ``(k,)``; none where no event wins, or all do.
    """
    finished = outcomes.finished
    won = finished & (outcomes.net > 0.0)
    if not won.any() or won.sum() == finished.sum():
        return np.zeros(len(won), dtype=bool)
    rate = float(won.sum() / finished.sum())
    most = min(
        rate / precision if precision > 0.0 else np.inf,
        (1.0 - rate) / (1.0 - precision) if precision < 1.0 else np.inf,
    )
    kept = min(KEPT, most)
    chance = np.where(won, kept * precision / rate, kept * (1.0 - precision) / (1.0 - rate))
    draw = np.random.default_rng(seed).random(len(won))
    found: Bools = finished & (draw < chance)
    return found
