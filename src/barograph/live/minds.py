"""What the runner asks of whoever forecasts a symbol."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from barograph.core.types import Floats, Ints
from barograph.live.answer import Beside
from barograph.pipelines.append import Made
from barograph.store.beliefs import Belief


@dataclass(frozen=True, slots=True)
class Thought:
    """One symbol's forecast of one hour, everything that is kept of it.

    Attributes
    ----------
    made : Made
        For the ledger.
    belief : Belief
        For the explanation.
    beside : Beside
        For the answer.
    """

    made: Made
    belief: Belief
    beside: Beside


class Mind(Protocol):
    """Forecasts one symbol, hour after hour.

    A mind is at an hour: it has learnt from all bars up to it. ``step`` takes it to the next one.
    """

    @property
    def symbol(self) -> str:
        """What it forecasts."""
        ...

    @property
    def venue(self) -> str:
        """Whose bars it has learnt from."""
        ...

    @property
    def at(self) -> datetime:
        """The hour it is at: the end of the last bar it was given, or should have been."""
        ...

    @property
    def outdated(self) -> bool:
        """Whether the lake's bars up to ``at`` are no longer those it has learnt from.

        A bar that came late or was corrected; it has to walk anew.
        """
        ...

    def step(self) -> Thought | None:
        """Go on by one hour with what the lake has of it; None where there is no forecast.

        A missing bar is an hour without a forecast. If this raises, the mind is where it was.
        """
        ...

    def thought(self, as_of: datetime) -> Thought | None:
        """Forecast of an hour it has passed; None where there was none, or it is too long ago."""
        ...


@dataclass(frozen=True, slots=True)
class Past:
    """What was believed at every hour of the walk-forward, one symbol.

    Attributes
    ----------
    hours : Ints
        Origins, hours since 1970.
    price : Floats
        Close.
    regime, confidence : Ints
        Codes, ``(n,)`` and ``(n, H)``.
    variance, quantiles, terms, odds, inputs : Floats
        As ``store.beliefs.Belief`` has them, with a first axis of rows.
    others : Mapping[str, Floats]
        Variance of every model, the flagship's among them, ``(n, H)`` each.
    season : Floats
        Log factors of variance by hour of the week after the last row, ``(168,)``.
    """

    hours: Ints
    price: Floats
    regime: Ints
    confidence: Ints
    variance: Floats
    quantiles: Floats
    terms: Floats
    odds: Floats
    inputs: Floats
    others: Mapping[str, Floats]
    season: Floats

    def belief(self, row: int) -> Belief:
        """What was believed at one row."""
        return Belief(
            float(self.price[row]),
            int(self.regime[row]),
            self.confidence[row],
            self.variance[row],
            self.quantiles[row],
            self.terms[row],
            self.odds[row],
            self.inputs[row],
        )
