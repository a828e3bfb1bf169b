"""Events of a rule: where a cumulated move makes one, and the position it asks for.

References
----------
.. [1] López de Prado (2018), "Advances in Financial Machine Learning", ch. 2.5 (CUSUM filter).
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import polars as pl
from numba import njit

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.types import Bools, Floats, Ints
from barograph.pair.beta import Spread
from barograph.pair.kinds import kinds
from barograph.pair.rules import LEGS, Rule
from barograph.trading.market import Market

HEDGEABLE: Final = (0.2, 3.0)
"""Hedge ratios that are traded; beyond them one leg is no hedge of the other."""
WORTH: Final = 2.0
"""Round trips that the profit aimed at must pay for."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events in order of time, ``k`` of them.

    Attributes
    ----------
    row : Ints
        Hour at whose close the event is known, shape ``(k,)``.
    side : Floats
        1 for long ETH and short BTC, -1 for the other way round, ``(k,)``.
    beta, score, scale : Floats
        Of the spread at that close, ``(k,)``.
    weight : Floats
        Exposure to BTC and ETH as multiples of equity, absolute values adding up to 1, ``(k, 2)``.
    profit, stop : Floats
        Barriers as fractions of equity, ``(k,)``.
    """

    row: Ints
    side: Floats
    beta: Floats
    score: Floats
    scale: Floats
    weight: Floats
    profit: Floats
    stop: Floats

    def __len__(self) -> int:
        return len(self.row)

    def pick(self, which: Bools | Ints) -> "Events":
        """Return some of the events."""
        return Events(*(getattr(self, field.name)[which] for field in fields(self)))


def pair_market(market: Market) -> Market:
    """The market with an hour left out of both legs where either has no bar or did not trade.

    Raises
    ------
    InputError
        If the market is not of BTC and ETH.
    """
    if market.symbols != LEGS:
        raise InputError(f"a pair is of {LEGS}, the market is of {market.symbols}")
    traded = market.present & ~(market.volume == 0.0)
    both = traded.all(axis=1)[:, None]

    def cut(values: Floats) -> Floats:
        return np.where(both, values, np.nan)

    return Market(
        market.symbols, market.hours, cut(market.open), cut(market.high), cut(market.low),
        cut(market.close), cut(market.volume), market.funding,
    )  # fmt: skip


def common_hours(market: Market) -> Market:
    """The market from the first hour that both legs have to the last.

    Raises
    ------
    NotEnoughDataError
        If there is none.
    """
    both = np.flatnonzero(market.present.all(axis=1))
    if not len(both):
        raise NotEnoughDataError("BTC and ETH have no hour in common; download both anew")
    return market.since(int(both[0]), int(both[-1]) + 1)


def events_of(market: Market, spread: Spread, rule: Rule, round_trip: float) -> Events:
    """Events of a rule.

    Parameters
    ----------
    market : Market
        Of ``pair_market``.
    spread : Spread
        Of its closes, with the rule's hedge and window.
    rule : Rule
    round_trip : float
        Cost of getting in and out, as a fraction: an event that aims at less than ``WORTH`` of
        them is none.

    Returns
    -------
    events : Events
        Each known at the close of its row; none where the hedge ratio is beyond ``HEDGEABLE``.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    known = kinds()
    if rule.kind not in known:
        raise InputError(f"no kind of event {rule.kind!r}; there are: {', '.join(known)}")
    kind = known[rule.kind]
    direction = cusum(kind.drive(spread), rule.cusum)
    side = kind.side(spread, direction, rule.entry)
    low, high = HEDGEABLE
    width = spread.scale / (1.0 + spread.beta) * np.sqrt(rule.hold)
    sound = market.present.all(axis=1) & (spread.beta >= low) & (spread.beta <= high)
    worth = rule.profit * width >= WORTH * round_trip
    row = np.flatnonzero(sound & worth & (side != 0.0))
    beta, way = spread.beta[row], side[row]
    weight = way[:, None] * np.stack((-beta, np.ones(len(row))), axis=1) / (1.0 + beta)[:, None]
    return Events(
        row=row, side=way, beta=beta, score=spread.score[row], scale=spread.scale[row],
        weight=weight, profit=rule.profit * width[row], stop=rule.stop * width[row],
    )  # fmt: skip


@njit(cache=True)
def cusum(moves: Floats, threshold: float) -> Floats:
    """Symmetric CUSUM filter: 1 or -1 where the cumulated move crosses the threshold, else 0.

    Both sums begin anew after an event; a missing move adds nothing.

    References
    ----------
    .. [1] López de Prado (2018), snippet 2.4.
    """
    found = np.zeros(len(moves))
    up = down = 0.0
    for t in range(len(moves)):
        if not np.isfinite(moves[t]):
            continue
        up, down = max(0.0, up + moves[t]), min(0.0, down + moves[t])
        if up >= threshold:
            found[t], up, down = 1.0, 0.0, 0.0
        elif down <= -threshold:
            found[t], up, down = -1.0, 0.0, 0.0
    return found


def event_frame(events: Events, market: Market) -> pl.DataFrame:
    """Events as a table: when each was known (UTC) and what it asks for."""
    moment = pl.Series("known_at", market.hours[events.row] * 3_600_000_000)
    return pl.DataFrame(
        {
            "known_at": moment.cast(pl.Datetime("us", "UTC")),
            "row": events.row,
            "side": events.side,
            "beta": events.beta,
            "score": events.score,
            "scale": events.scale,
            "weight_btc": events.weight[:, 0],
            "weight_eth": events.weight[:, 1],
            "profit_barrier": events.profit,
            "stop_barrier": events.stop,
        }
    )
