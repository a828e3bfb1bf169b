"""What is asked of a supplier, and in what manner."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from barograph.core.progress import Listener, silent
from barograph.core.time import Clock, now
from barograph.sources.retry import Retry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Bars of one series.

    Attributes
    ----------
    symbol : str
        As in ``BTCUSDT``.
    interval : str
        As in ``1h``.
    start : datetime
        First opening time; to resume, the end of the last stored bar.
    end : datetime or None
        No bar opens at or after it; None for the present. In any case the last bar is the last
        complete one.
    """

    symbol: str
    interval: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is asked.

    Attributes
    ----------
    retry : Retry
        How failures are met.
    clock : Clock
        The present.
    listener : Listener
        Told how the work is getting on.
    """

    retry: Retry = field(default_factory=Retry)
    clock: Clock = now
    listener: Listener = silent


USUAL: Final = Manner()
"""The real clock, the usual patience, nobody told."""
