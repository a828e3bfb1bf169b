"""What a kind of event is."""

from collections.abc import Callable
from dataclasses import dataclass

from barograph.core.types import Floats
from barograph.pair.beta import Spread


@dataclass(frozen=True, slots=True)
class Kind:
    """Which series makes the events, and which side of the spread they ask for.

    Attributes
    ----------
    name : str
    what : str
        What it waits for, in a few words.
    drive : Callable
        From the spread, the standardised moves that are cumulated, shape ``(n,)``.
    side : Callable
        From the spread, the direction of the cumulated move (1, -1, or 0 where there is no event)
        and the entry: the position in the spread (1: long ETH, short BTC), 0 for none. Reads
        nothing after its row.
    entries : tuple of float
        Entries worth trying.
    """

    name: str
    what: str
    drive: Callable[[Spread], Floats]
    side: Callable[[Spread, Floats, float], Floats]
    entries: tuple[float, ...]
