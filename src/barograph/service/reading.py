"""What a function works from that answers out of the store."""

from dataclasses import dataclass, field

from barograph.service.bar_memory import BarMemory
from barograph.service.moments import HOUR, asked, iso
from barograph.service.problems import Problem, not_found, prediction_unavailable
from barograph.service.truth import clock
from barograph.service.view import View, asset_of
from barograph.store.beliefs import Belief, Layout, unpack
from barograph.store.store import BeliefRow, Store


@dataclass(frozen=True, slots=True)
class Reading:
    """Store, view and clock of one request.

    Attributes
    ----------
    store : Store
        Of this thread alone.
    view : View
    wall : float
        This machine's clock, seconds since 1970.
    memory : BarMemory
        Bars of the store that are in memory.
    """

    store: Store
    view: View
    wall: float
    memory: BarMemory = field(default_factory=BarMemory)

    @property
    def now(self) -> float:
        """Time at the exchange, seconds since 1970."""
        return clock(self.view.market, self.wall)

    def hour(self, symbol: str, at: str | None) -> int:
        """Hour in question: the full hour at or before ``at``, the newest forecast's when None.

        Raises
        ------
        Problem
            If it lies ahead, or there is no forecast yet.
        """
        moment = asked(at, "at")
        if moment is not None and moment <= self.now:
            return int(moment) // HOUR * HOUR
        newest = self.store.beliefs(symbol, 0, 1 << 62, 1)
        if moment is None:
            if not newest:
                raise prediction_unavailable(self.view.waiting_for() or "the runner")
            return newest[0].as_of
        # The exchange's clock may have run ahead of what was last told of it: an hour that has its
        # forecast is no future.
        if not newest or moment > newest[0].as_of:
            told = f"at={at} lies ahead of the market, where it is {iso(self.now)}"
            raise Problem(422, "BAD_RANGE", told, {"market_time": iso(self.now)})
        return int(moment) // HOUR * HOUR

    def belief(self, symbol: str, as_of: int) -> tuple[BeliefRow, Belief]:
        """What was believed at an hour.

        Raises
        ------
        Problem
            If nothing was, or it is of another layout than the store says now.
        """
        row = self.store.belief(symbol, as_of)
        if row is None:
            told = f"nothing was believed of {asset_of(symbol)} at {iso(as_of)}"
            raise not_found(
                f"{told}; its bar is missing, or the record begins later", at=iso(as_of)
            )
        return row, unpacked(row.body, self.layout())

    def layout(self) -> Layout:
        """Layout of the beliefs.

        Raises
        ------
        Problem
            If the runner has not said.
        """
        if self.view.layout is None:
            raise prediction_unavailable(self.view.waiting_for() or "the runner")
        return self.view.layout


def unpacked(body: bytes, layout: Layout) -> Belief:
    """Unpack a belief.

    Raises
    ------
    Problem
        If it is of another layout: the store is being written anew.
    """
    try:
        return unpack(body, layout)
    except ValueError as error:
        raise prediction_unavailable(f"the record is being written anew ({error})") from error
