"""A past stretch hour by hour: what was believed, what came, and how both have done so far.

Everything a ``State`` holds was known at its hour. What is known only afterwards, the ideal
trades, looks no further than that hour either, and says that it is hindsight.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from barograph.core.errors import InputError
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.time import HOUR, parse_moment
from barograph.trading.performance import NOTICE

HINDSIGHT: Final = "HINDSIGHT: known only afterwards, no forecast and no signal."


@dataclass(frozen=True, slots=True)
class Source:
    """Where the forecast of an hour comes from.

    Attributes
    ----------
    kind : str
        ``walk``: made now, of what was known then; the ledger has nothing of the hour.
        ``ledger``: published, and the walk says the same to the last bit.
        ``restored``: published from bars that have been corrected since, and made again from the
        versions it cites.
        ``unlike``: made now; what the ledger has is of another run file and was not compared.
        ``none``: no forecast.
    sequence : int or None
        Entry of the ledger.
    issued_at : datetime or None
        When it was published.
    retrospective : bool
        Whether it was published after a target time had come.
    """

    kind: str
    sequence: int | None = None
    issued_at: datetime | None = None
    retrospective: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was forecast at an hour for one horizon; log returns.

    Attributes
    ----------
    horizon_hours : int
    target_time : datetime
    mean, vol, variance, p_up : float
        As published: mean and standard deviation of the return, integrated variance, chance of a
        rise.
    quantiles : tuple of float
        At ``core.levels.LEVELS``.
    confidence : str
    """

    horizon_hours: int
    target_time: datetime
    mean: float
    vol: float
    variance: float
    p_up: float
    quantiles: tuple[float, ...]
    confidence: str

    def interval(self, nominal: int) -> tuple[float, float]:
        """Ends of a central interval of ``core.levels.INTERVALS``, in percent."""
        low, high = (self.quantiles[LEVELS.index(level)] for level in INTERVALS[nominal])
        return low, high


@dataclass(frozen=True, slots=True)
class Came:
    """A forecast made earlier, whose outcome became known at this hour.

    Attributes
    ----------
    outlook : Outlook
        What had been forecast.
    as_of : datetime
        When.
    price : float
        Close then.
    realised : float
        Log return that came.
    inside : int or None
        Nominal coverage of the narrowest interval that held it, percent; None beyond all.
    """

    outlook: Outlook
    as_of: datetime
    price: float
    realised: float
    inside: int | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How the forecasts of one horizon have done, of those whose outcome is known by now.

    Attributes
    ----------
    horizon_hours : int
    count : int
        Forecasts counted.
    apart : float
        How many of them do not overlap: ``count`` over the horizon. It is by these, not by
        ``count``, that luck averages out.
    coverage_50, coverage_68, coverage_95 : float
        Share inside the central interval.
    direction_accuracy : float
        Share called right.
    pinball, crps : float
        Mean losses, log return.
    pinball_skill, crps_skill : float
        One less the loss over a random walk's, on the same hours.
    """

    horizon_hours: int
    count: int
    apart: float
    coverage_50: float
    coverage_68: float
    coverage_95: float
    direction_accuracy: float
    pinball: float
    crps: float
    pinball_skill: float
    crps_skill: float


@dataclass(frozen=True, slots=True)
class Fill:
    """Something bought (positive) or sold in the hour."""

    kind: str
    quantity: float
    price: float
    fee: float


@dataclass(frozen=True, slots=True)
class Account:
    """What trading the forecasts has come to; fractions of the capital unless said otherwise.

    Attributes
    ----------
    strategy : str
    horizon_hours : int
        Of the forecasts that are traded.
    equity : float
        In quote currency, at this close.
    total_return, holding, max_drawdown : float
        Of the account; of holding from its first close; deepest fall from a peak.
    position, exposure : float
        In units of the base; as a multiple of equity; negative when short.
    trades : int
        Round trips done.
    win_rate : float
        Share of them with a profit.
    fees, carried : float
        Paid so far, in quote currency; funding and borrow.
    fills : tuple of Fill
        Of this hour.
    """

    strategy: str
    horizon_hours: int
    equity: float
    total_return: float
    holding: float
    max_drawdown: float
    position: float
    exposure: float
    trades: int
    win_rate: float
    fees: float
    carried: float
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class IdealTrip:
    """A round trip that would have been among the best ones."""

    side: str
    entered: datetime
    left: datetime
    entry_price: float
    exit_price: float
    profit: float


@dataclass(frozen=True, slots=True)
class Ideal:
    """The best round trips there were by this hour, after costs.

    Attributes
    ----------
    notice : str
        That it is hindsight.
    total_return : float
        Of all of them, one after another with everything there is.
    trips : tuple of IdealTrip
    """

    notice: str
    total_return: float
    trips: tuple[IdealTrip, ...]


@dataclass(frozen=True, slots=True)
class State:
    """All there is to see at one hour.

    Attributes
    ----------
    symbol, venue : str
    simulated : bool
        Whether the market is made up.
    as_of, since : datetime
        The hour; the first hour that accuracy, account and ideal trades count from.
    price : float or None
        Close of the bar that ends then; None where it is missing.
    regime : str
    source : Source
    outlooks : tuple of Outlook
        A horizon each, ascending; empty without a forecast.
    came : tuple of Came
        What became known at this hour.
    accuracy : tuple of Accuracy
        A horizon each.
    account : Account
    ideal : Ideal
    notice : str
    """

    symbol: str
    venue: str
    simulated: bool
    as_of: datetime
    since: datetime
    price: float | None
    regime: str
    source: Source
    outlooks: tuple[Outlook, ...]
    came: tuple[Came, ...]
    accuracy: tuple[Accuracy, ...]
    account: Account
    ideal: Ideal
    notice: str = NOTICE


class Replay:
    """A place in a past stretch: step on, play, or jump.

    What is shown of an hour does not depend on the way there. The object holds nothing but its
    place; many may stand in one stretch.

    Parameters
    ----------
    tell : Callable[[datetime], State]
        What there is to see at an hour.
    first, last : datetime
        Hours one may go to, both included.
    at : datetime
        Where it begins.

    Examples
    --------
    >>> replay = Project("lake").replay("2022-11-08")       # doctest: +SKIP
    >>> replay.state.outlooks[3].interval(68)               # doctest: +SKIP
    >>> for state in replay.play(hours=24):                 # doctest: +SKIP
    ...     print(state.as_of, state.account.total_return)
    """

    def __init__(
        self, tell: Callable[[datetime], State], first: datetime, last: datetime, at: datetime
    ) -> None:
        self.first, self.last = first, last
        self._tell = tell
        self._at = at
        self.jump(at)

    @property
    def at(self) -> datetime:
        """The hour it stands at."""
        return self._at

    @property
    def done(self) -> bool:
        """Whether it stands at the last hour."""
        return self._at >= self.last

    @property
    def state(self) -> State:
        """What there is to see at this hour.

        Raises
        ------
        AuditError
            If the ledger has another forecast of this hour than can be made of the lake.
        """
        return self._tell(self._at)

    def step(self, hours: int = 1) -> State:
        """Go on, or back where negative, and look.

        Raises
        ------
        InputError
            If the stretch ends before.
        """
        return self.jump(self._at + hours * HOUR).state

    def jump(self, when: datetime | str) -> "Replay":
        """Go to an hour; minutes are cut off, since nothing is known of an hour within it.

        Raises
        ------
        InputError
            If it lies outside the stretch.
        """
        moment = parse_moment(when) if isinstance(when, str) else when.astimezone(UTC)
        hour = moment.replace(minute=0, second=0, microsecond=0)
        if not self.first <= hour <= self.last:
            raise InputError(
                f"{hour:%Y-%m-%d %H:%M} lies outside the replay, which goes from "
                f"{self.first:%Y-%m-%d %H:%M} to {self.last:%Y-%m-%d %H:%M}; "
                "begin another one there"
            )
        self._at = hour
        return self

    def play(
        self,
        hours: int | None = None,
        speed: float | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> Iterator[State]:
        """Show the hour it stands at and those after it.

        Parameters
        ----------
        hours : int or None
            How many; to the end when None.
        speed : float or None
            Hours a second; as fast as it goes when None.
        wait : Callable[[float], None]
            What passes the time.

        Raises
        ------
        InputError
            If the speed is not positive.
        """
        if speed is not None and not speed > 0.0:
            raise InputError(f"speed is {speed}; wanted hours a second, above 0")
        left = hours
        while left is None or left > 0:
            yield self.state
            left = None if left is None else left - 1
            if self.done or left == 0:
                return
            if speed is not None:
                wait(1.0 / speed)
            self.jump(self._at + HOUR)

    def __iter__(self) -> Iterator[State]:
        """Play to the end, as fast as it goes."""
        return self.play()
