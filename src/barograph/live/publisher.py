"""From a complete hour to a published forecast: minds, ledger, store, in this order.

The hours to publish follow from the ledger, not from what the process remembers: whatever hour
has its bars and no entry, from the first one published on, is owed. So a crash between any two
steps is mended by doing the same again.
"""

import logging
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from barograph.core.time import HOUR
from barograph.ledger.forecasts import Entry
from barograph.ledger.payload import forecast_payload
from barograph.live.answer import quantiles_of
from barograph.live.board import BARS, Board
from barograph.live.clock import MarketClock
from barograph.live.keeper import Keeper
from barograph.live.minds import Mind, Thought
from barograph.live.projection import Projection
from barograph.live.record import Record

LOG: Final = logging.getLogger(__name__)
LATE: Final = 5.0
"""Seconds of this machine's clock after its hour from which a forecast is late."""
OWED: Final = timedelta(days=7)
"""How far back a missing forecast is still made."""


@dataclass(slots=True)
class Publisher:
    """Publishes hours.

    Attributes
    ----------
    minds : dict of str to Mind
        By symbol.
    record : Record
        The ledger.
    projection : Projection
        The store.
    keeper : Keeper
        Bars.
    board : Board
        The runner's state.
    clock : MarketClock
        The present at the exchange.
    """

    minds: dict[str, Mind]
    record: Record
    projection: Projection
    keeper: Keeper
    board: Board
    clock: MarketClock

    @property
    def next_hour(self) -> datetime:
        """The next hour nobody has passed."""
        return min(mind.at for mind in self.minds.values()) + HOUR

    @property
    def outdated(self) -> bool:
        """Whether a mind has learnt from a history that has changed since; see ``Mind``."""
        return any(mind.outdated for mind in self.minds.values())

    def owed(self) -> list[datetime]:
        """Hours behind us that have a forecast and no entry, oldest first.

        Nothing is owed before the first forecast ever published: a new ledger begins with the
        last hour.
        """
        last = max(mind.at for mind in self.minds.values())
        first = self.record.first
        begin = last if first is None else max(first, last - OWED)
        hours = [begin + k * HOUR for k in range((last - begin) // HOUR + 1)]
        return [hour for hour in hours if self._lacking(hour)]

    def publish(self, hour: datetime) -> list[Entry]:
        """Take every mind to an hour and publish what they think of it.

        Nothing is published, and no mind goes on, where one is outdated: nobody could make its
        forecast again from the history that the lake has now. The hour is owed until it has walked.

        Raises
        ------
        LakeError
            If the disk refuses; call again.
        """
        began = time.perf_counter()
        if self.outdated:
            return []
        thoughts = {}
        for symbol, mind in self.minds.items():
            while mind.at < hour:
                mind.step()
            thought = mind.thought(hour)
            if thought is not None:
                thoughts[symbol] = self._said(symbol, thought)
        if not thoughts:
            return []
        now, thought_of = max(self.clock(), hour), time.perf_counter()
        entries = self.record.publish([one.made for one in thoughts.values()], now)
        recorded = time.perf_counter()
        pairs = [
            (entry, self._recorded(entry, thought))
            for entry, thought in zip(entries, thoughts.values(), strict=True)
        ]
        self.projection.forecasts([pair for pair in pairs if not self.projection.has(pair[0])])
        for entry, thought in pairs:
            self._tell(entry, thought)
        LOG.info(
            "published %s %.2f s after its close (models %.0f ms, ledger %.0f ms, store %.0f ms)",
            f"{hour:%Y-%m-%d %H:%M}",
            (self.clock() - hour).total_seconds() / self.clock.speed,
            1e3 * (thought_of - began),
            1e3 * (recorded - thought_of),
            1e3 * (time.perf_counter() - recorded),
        )
        return entries

    def mend(self) -> int:
        """Write entries of the ledger that the store lacks; returns how many.

        Raises
        ------
        LakeError
            If the disk refuses; call again.
        """
        pairs: list[tuple[Entry, Thought]] = []
        for (symbol, as_of), entry in sorted(self.record.entries.items(), key=_age):
            if symbol not in self.minds or self.projection.has(entry):
                continue
            thought = self.minds[symbol].thought(as_of)
            if thought is None:
                LOG.warning("%s cannot be shown: its bars are gone", entry.subject)
                continue
            doubts = self.keeper.distrust(symbol, as_of) + corrected(entry, thought.belief.price)
            pairs.append((entry, self._recorded(entry, self._doubted(thought, doubts))))
        for start in range(0, len(pairs), 100):
            self.projection.forecasts(pairs[start : start + 100])
        for entry, thought in pairs[-len(self.minds) :]:
            self._tell(entry, thought)
        return len(pairs)

    def _said(self, symbol: str, thought: Thought) -> Thought:
        """The thought with what speaks against it: its bars and, of the present hour, the board."""
        as_of = thought.made.as_of
        words = self.keeper.distrust(symbol, as_of)
        if self.clock() - as_of < HOUR:
            words += tuple(self.board.concerns("unreliable", symbol, but=BARS))
        return self._doubted(thought, words)

    @staticmethod
    def _doubted(thought: Thought, words: tuple[str, ...]) -> Thought:
        unique = tuple(dict.fromkeys(words))
        return replace(thought, beside=replace(thought.beside, unreliable=unique))

    def _recorded(self, entry: Entry, thought: Thought) -> Thought:
        """The thought with the numbers of the entry, where bars or program have changed since."""
        said = entry.published.forecast
        anew, belief = said != forecast_payload(thought.made.frame), thought.belief
        if anew:
            belief = replace(
                belief,
                price=float(str(said[0]["price"])),
                quantiles=quantiles_of(said),
                variance=np.array([float(str(row["variance"])) for row in said]),
            )
        beside = replace(thought.beside, late=self._is_late(entry), anew=anew)
        return replace(thought, belief=belief, beside=beside)

    def _is_late(self, entry: Entry) -> bool:
        passed = (entry.published.issued_at - entry.published.as_of).total_seconds()
        return passed / self.clock.speed > LATE

    def _lacking(self, hour: datetime) -> bool:
        return any(
            (symbol, hour) not in self.record.entries and mind.thought(hour) is not None
            for symbol, mind in self.minds.items()
        )

    def _tell(self, entry: Entry, thought: Thought) -> None:
        said = entry.published
        self.board.put(
            said.symbol,
            last_forecast=said.as_of.isoformat(),
            late=thought.beside.late,
        )


def corrected(entry: Entry, price: float) -> tuple[str, ...]:
    """Reason to distrust an entry whose hour has another close now than it was made from."""
    said = float(str(entry.published.forecast[0]["price"]))
    if said == price:
        return ()
    return (f"it was made from a price of {said:,.2f}, since corrected to {price:,.2f}",)


def _age(item: tuple[tuple[str, datetime], Entry]) -> datetime:
    return item[0][1]
