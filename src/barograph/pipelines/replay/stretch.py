"""From a walk to a replay: what there is to see at each hour of a stretch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import polars as pl

from barograph.core.errors import InputError, SettingsError
from barograph.core.levels import INTERVALS, LEVELS, column
from barograph.core.panel import Panel
from barograph.core.time import HOUR, parse_moment
from barograph.core.types import Floats
from barograph.ledger.payload import Row
from barograph.metrics.catalogue import metrics
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.frames import forecast_frame
from barograph.pipelines.replay.account import Traded, traded
from barograph.pipelines.replay.walk import AGAINST, Walk, check_venue
from barograph.pipelines.replay.witness import Witness
from barograph.trading.hindsight import Hindsight, hindsight
from barograph.trading.replay import Came, Outlook, Replay, State
from barograph.trading.so_far import LOSSES, SCORES, Tally, ideal_at


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of a replay.

    Attributes
    ----------
    begin : datetime
        Where it begins.
    hours : int or None
        How many hours it shows, the first among them; to the last bar when None.
    before : timedelta
        How long before ``begin`` accuracy, account and ideal trades begin to count.
    plan : Plan
        What is traded, and at which costs; its symbols and spans are not looked at.
    trips : int
        Ideal round trips, at most.
    """

    begin: datetime
    hours: int | None = None
    before: timedelta = timedelta(days=30)
    plan: Plan = field(default_factory=Plan)
    trips: int = 3

    @property
    def until(self) -> datetime | None:
        """The last hour shown; None for as far as there are bars."""
        return None if self.hours is None else self.begin + (self.hours - 1) * HOUR


@dataclass(frozen=True, slots=True)
class Stretch:
    """Everything that states are told from; rows are those of the walk's panel.

    Attributes
    ----------
    walk : Walk
    witness : Witness
    since : int
        First row that counts.
    tally : Tally
        From ``since`` on.
    best : Hindsight
        From ``since`` on.
    traded : Traded
    """

    walk: Walk
    witness: Witness
    since: int
    tally: Tally
    best: Hindsight
    traded: Traded

    def state(self, row: int) -> State:
        """What there is to see at a row.

        Raises
        ------
        AuditError
            If the ledger has another forecast of it than can be made of the lake.
        """
        walk, panel = self.walk, self.walk.panel
        source, forecast = self.witness.testify(row)
        price = float(panel.close[row])
        return State(
            symbol=panel.symbol,
            venue=walk.dataset.venue,
            simulated=walk.dataset.simulated,
            as_of=panel.moment(row),
            since=panel.moment(self.since),
            price=price if np.isfinite(price) else None,
            regime=walk.regime(row),
            source=source,
            outlooks=outlooks(forecast),
            came=self.came(row),
            accuracy=self.tally.at(row - self.since),
            account=self.traded.at(int(panel.hours[row])),
            ideal=ideal_at(
                row - self.since, self.best, int(panel.hours[self.since]),
                panel.close[self.since :],
            ),
        )  # fmt: skip

    def came(self, row: int) -> tuple[Came, ...]:
        """Forecasts whose outcome became known at a row."""
        panel, found = self.walk.panel, []
        for place, hours in enumerate(panel.horizons):
            origin = row - hours
            if origin < 0 or not np.isfinite(panel.target_return[origin, place]):
                continue
            forecast = self.witness.testify(origin)[1]
            if forecast:
                outlook, realised = outlooks(forecast)[place], panel.target_return[origin, place]
                found.append(
                    Came(
                        outlook=outlook,
                        as_of=panel.moment(origin),
                        price=float(panel.close[origin]),
                        realised=float(realised),
                        inside=narrowest(outlook, float(realised)),
                    )
                )
        return tuple(found)


def replay(walk: Walk, ask: Ask) -> Replay:
    """A replay of a stretch of a walk.

    Parameters
    ----------
    walk : Walk
        One symbol's; many replays may share it.
    ask : Ask

    Raises
    ------
    SettingsError
        If the horizon is not forecast, or there is no such strategy.
    InputError
        If the lake has no forecasts of that time.
    """
    panel = walk.panel
    if ask.plan.horizon not in panel.horizons:
        known = ", ".join(map(str, panel.horizons))
        raise SettingsError(f"horizon {ask.plan.horizon} h is not forecast; those: {known}")
    first, last = rows_of(walk, ask)
    since = max(panel.row(panel.moment(first) - ask.before), walk.first)
    check_venue(walk, panel.moment(since))
    span = slice(since, last + 1)
    stretch = Stretch(
        walk=walk,
        witness=Witness.of(walk, max(since - max(panel.horizons), 0), last),
        since=since,
        tally=Tally(
            points(panel, walk.flagship, FLAGSHIP.name, since, last),
            points(panel, walk.against, AGAINST, since, last),
            panel.horizons,
        ),
        best=hindsight(panel.close[span], ask.plan.execution, ask.trips),
        traded=traded(walk, ask.plan, since, last),
    )
    told = lru_cache(maxsize=512)(lambda moment: stretch.state(panel.row(moment)))
    return Replay(told, panel.moment(since), panel.moment(last), panel.moment(first))


def rows_of(walk: Walk, ask: Ask) -> tuple[int, int]:
    """First and last row that are shown.

    Raises
    ------
    InputError
        If there is no forecast yet, or there are no bars any more.
    """
    panel = walk.panel
    begin, end = panel.moment(walk.first), panel.moment(len(panel) - 1)
    if not begin <= ask.begin <= end:
        raise InputError(
            f"no forecasts of {panel.symbol} at {ask.begin:%Y-%m-%d %H:%M}; the lake has them from "
            f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
        )
    first = panel.row(ask.begin)
    last = len(panel) - 1
    return first, last if ask.hours is None else min(first + max(ask.hours, 1) - 1, last)


def points(panel: Panel, output: Output, name: str, first: int, last: int) -> dict[str, Floats]:
    """Scores of single forecasts by row and horizon; NaN where not scored.

    Each is as of its origin: which of them were known at an hour is ``Tally``'s to say.
    """
    frame = forecast_frame(panel, name, output, np.arange(first, last + 1))
    row = (frame["as_of"].dt.epoch("s") // 3600).to_numpy() - panel.hours[first]
    place = np.searchsorted(panel.horizons, frame["horizon_hours"].to_numpy())
    came = panel.target_return[first : last + 1][row, place]
    names = (*SCORES, *LOSSES)
    scores = frame.with_columns(realised_return=pl.Series(came).fill_nan(None)).select(
        metrics()[one].terms[0].alias(one) for one in names
    )
    found = {}
    for one in names:
        values = np.full((last + 1 - first, len(panel.horizons)), np.nan)
        values[row, place] = scores[one].cast(pl.Float64).fill_null(np.nan).to_numpy()
        found[one] = values
    return found


def outlooks(forecast: Sequence[Row]) -> tuple[Outlook, ...]:
    """Rows of the ledger as what is shown."""
    return tuple(
        Outlook(
            horizon_hours=int(str(row["horizon_hours"])),
            target_time=parse_moment(str(row["target_time"])),
            quantiles=tuple(number(row, column(level)) for level in LEVELS),
            confidence=str(row["confidence"]),
            **{name: number(row, name) for name in ("mean", "vol", "variance", "p_up")},
        )
        for row in forecast
    )


def number(row: Row, name: str) -> float:
    """A number of a row."""
    value = row[name]
    assert isinstance(value, float)  # noqa: S101 - the ledger holds it so
    return value


def narrowest(outlook: Outlook, realised: float) -> int | None:
    """Nominal coverage of the narrowest interval that holds an outcome; None beyond all."""
    for nominal in INTERVALS:
        low, high = outlook.interval(nominal)
        if low <= realised <= high:
            return nominal
    return None
