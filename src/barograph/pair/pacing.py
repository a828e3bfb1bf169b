"""How often IBKR may be asked for history: three limits, kept by arithmetic on moments.

1. No more than 60 requests in any ten minutes.
2. Fewer than six requests of the same contract within two seconds.
3. No identical request within fifteen seconds.

A gateway counts what an account asks, not what a process does: the moments of the last ten minutes
are handed from one run to the next (``Pacer.history``). Each limit is kept with a little to spare,
since the gateway counts arrivals and we count departures.

References
----------
.. [1] IBKR Campus, "TWS API documentation", section "Historical Data Limitations".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

WINDOW: Final = 600.0
REQUESTS: Final = 60
BURST_WINDOW: Final = 2.0
BURST: Final = 5
IDENTICAL: Final = 15.0
SPARE: Final = 0.5
"""Seconds by which every limit is kept longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that was sent.

    Attributes
    ----------
    at : float
        Seconds since 1970.
    contract : str
        Its contract and kind of data, for instance ``BTC PAXOS AGGTRADES``.
    request : str
        The whole request in words; equal for identical requests.
    """

    at: float
    contract: str
    request: str


@dataclass(slots=True)
class Pacer:
    """Says how long to wait before a request; knows what was asked lately.

    Attributes
    ----------
    history : list of Asked
        Requests of the last ten minutes, the oldest first.
    """

    history: list[Asked] = field(default_factory=list)

    def wait(self, now: float, contract: str, request: str) -> float:
        """Seconds from ``now`` until a request may be sent; 0 where it may be at once.

        A moment of the history that is later than ``now`` (a clock that was set back) counts as
        ``now``: too long a wait costs minutes, too short a one a violation.
        """
        past = [(min(one.at, now), one) for one in self.history]
        same = [at for at, one in past if one.contract == contract]
        twin = [at for at, one in past if one.request == request]
        free = (
            _free([at for at, _ in past], REQUESTS, WINDOW),
            _free(same, BURST, BURST_WINDOW),
            _free(twin, 1, IDENTICAL),
        )
        return max(0.0, max(free) - now)

    def note(self, now: float, contract: str, request: str) -> None:
        """Take in a request that is sent now."""
        clipped = (Asked(min(one.at, now), one.contract, one.request) for one in self.history)
        self.history = [one for one in clipped if one.at > now - WINDOW - SPARE]
        self.history.append(Asked(now, contract, request))


def _free(times: Iterable[float], count: int, window: float) -> float:
    """First moment at which fewer than ``count`` of the times lie in the window before it."""
    newest = sorted(times)[-count:]
    return newest[0] + window + SPARE if len(newest) == count else float("-inf")
