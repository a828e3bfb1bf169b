"""What the ledger and its outcomes hold, kept in memory by the one process that writes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from barograph.core.errors import LakeError
from barograph.core.payload import SeriesKey
from barograph.core.time import parse_moment
from barograph.lake.grid import hourly_grid
from barograph.ledger.forecasts import Entry, Ledger
from barograph.ledger.outcomes import Outcome, Outcomes
from barograph.ledger.payload import Row
from barograph.pipelines.append import LiveLake, Made
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.outcomes import outcome_of
from barograph.targets.garman_klass import hourly_gk_variance

PATIENCE: Final = timedelta(days=8)
"""Outcomes due for longer than this are left to ``barograph forecast``."""


@dataclass(slots=True)
class Record:
    """The ledger of one lake.

    Attributes
    ----------
    lake : LiveLake
        The lake.
    entries : dict
        Symbol and origin to the newest entry.
    open : dict
        Sequence to an entry with horizons whose outcome is not recorded.
    known : set
        Entry hash and horizon of every outcome recorded.
    outcomes : dict
        Symbol to its outcomes, oldest first.

    Notes
    -----
    Entries are kept without what they cite, which would be most of their memory.
    """

    lake: LiveLake
    entries: dict[tuple[str, datetime], Entry] = field(default_factory=dict)
    open: dict[int, Entry] = field(default_factory=dict)
    known: set[tuple[str, int]] = field(default_factory=set)
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    @classmethod
    def read(cls, lake: LiveLake) -> "Record":
        """Read the whole ledger, checking it.

        Raises
        ------
        AuditError
            If it is damaged.
        """
        folder = ledger_folder(lake.lake)
        found = cls(lake)
        found._note(Outcomes(folder).latest().values())
        for one in Ledger(folder).entries():
            found._take(one)
        return found

    @property
    def first(self) -> datetime | None:
        """The first origin ever published; None where there is none."""
        return min((as_of for _, as_of in self.entries), default=None)

    @property
    def last(self) -> datetime | None:
        """The last origin published; None where there is none."""
        return max((as_of for _, as_of in self.entries), default=None)

    def publish(self, made: Sequence[Made], now: datetime) -> list[Entry]:
        """Publish forecasts; one whose origin is published already is never published again.

        Raises
        ------
        LakeError
            If the disk refuses; then none was recorded.
        """
        fresh = [one for one in made if (one.symbol, one.as_of) not in self.entries]
        published = self.lake.publish(fresh, now) if fresh else ()
        for one in published:
            self._take(one)
        return [self.entries[one.symbol, one.as_of] for one in made]

    def mature(self, now: datetime) -> list[Outcome]:
        """Record what became of forecasts whose horizons have passed.

        Raises
        ------
        LakeError
            If the disk refuses; then none was recorded.
        """
        due = [
            (one, row)
            for one in self.open.values()
            for row in one.published.forecast
            if (one.entry_hash, _hours(row)) not in self.known and _target(row) <= now
        ]
        if not due:
            return []
        begin = min(one.published.as_of for one, _ in due)
        grids: dict[str, pl.DataFrame] = {}
        found = []
        for one, row in due:
            symbol = one.published.symbol
            if symbol not in grids:
                grids[symbol] = self._grid(symbol, begin)
            outcome = outcome_of(one, row, grids[symbol], now)
            if outcome is not None:
                found.append(outcome)
        Outcomes(ledger_folder(self.lake.lake)).record(found)
        self._note(found)
        for one in {one.sequence: one for one, _ in due}.values():
            if self._settled(one):
                self.open.pop(one.sequence, None)
        return found

    def _grid(self, symbol: str, begin: datetime) -> pl.DataFrame:
        """Close and hourly variance of every hour from the origin on, as ``outcome_of`` reads."""
        tables = (self.lake.rows(_key(venue, symbol)) for venue in self.venues())
        whole = next((rows for rows in tables if rows.height), None)
        if whole is None:
            raise LakeError(f"the lake has no hourly bars of {symbol} any more")
        rows = whole.filter(pl.col("close_time") >= begin)
        grid = hourly_grid(rows)
        columns = [grid[n].cast(pl.Float64).to_numpy() for n in ("open", "high", "low", "close")]
        variance = pl.Series(hourly_gk_variance(*columns)).fill_nan(None)
        return grid.select("as_of", "close", v=variance)

    def venues(self) -> Iterable[str]:
        """Whose bars the lake has, those of the run file first."""
        held = {key.venue for key in self.lake.lake.series("bars")}
        return [v for v in self.lake.settings.venues if v in held]

    def _note(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.known.add(outcome.place)
            self.outcomes.setdefault(outcome.symbol, []).append(outcome)

    def _take(self, whole: Entry) -> None:
        nothing: dict[str, dict[str, str]] = {
            "settings": {},
            "data_versions": {},
            "table_hashes": {},
            "versions": {},
        }
        one = replace(whole, published=whole.published.model_copy(update=nothing))
        self.entries[one.published.symbol, one.published.as_of] = one
        if not self._settled(one):
            self.open[one.sequence] = one

    def _settled(self, one: Entry) -> bool:
        return all((one.entry_hash, _hours(row)) in self.known for row in one.published.forecast)


def _hours(row: Row) -> int:
    return int(str(row["horizon_hours"]))


def _target(row: Row) -> datetime:
    return parse_moment(str(row["target_time"]))


def _key(venue: str, symbol: str) -> SeriesKey:
    return SeriesKey("bars", venue, symbol, "1h")
