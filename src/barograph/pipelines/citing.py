"""What a forecast of the present cites, kept as the lake grows instead of being read anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from barograph.core.hashing import frame_hash, monthly_hashes, value_hash
from barograph.core.payload import SeriesKey
from barograph.core.settings import Settings
from barograph.lake.fingerprint import Known, fingerprint
from barograph.lake.growing import Growing
from barograph.lake.lake import silver_table
from barograph.pipelines.dataset import INTRABAR, SIMULATED, Reader, beside
from barograph.pipelines.forecast import cited_versions


@dataclass(frozen=True, slots=True)
class Citation:
    """What a publication says of its inputs.

    Attributes
    ----------
    versions : Mapping[str, int]
        Every table of bronze, silver and quarantine, and its version.
    table_hashes : Mapping[str, str]
        SHA-256 of their bytes.
    data_hash : str
        Of the silver rows read, as ``dataset.load`` would give it.
    """

    versions: Mapping[str, int]
    table_hashes: Mapping[str, str]
    data_hash: str


@dataclass(slots=True)
class Citing:
    """Citations of one lake, at the cost of what is new.

    Attributes
    ----------
    growing : Growing
        Where bars come in; nobody else writes bars of the symbols that are cited.
    known : Known
        Files hashed before.
    months : dict
        Series and generation to the hashes of months that are over.
    rates : dict
        Table of funding rates to its version and rows.
    listed : tuple
        Names of all tables, and the series they are of.
    """

    growing: Growing
    known: Known = field(default_factory=Known)
    months: dict[tuple[SeriesKey, int], dict[str, str]] = field(default_factory=dict)
    rates: dict[str, tuple[int, pl.DataFrame]] = field(default_factory=dict)
    listed: tuple[frozenset[str], tuple[SeriesKey, ...]] = (frozenset(), ())

    def versions(self) -> dict[str, int]:
        """Every table of bronze, silver and quarantine as it stands."""
        return cited_versions(self.growing.lake)

    def cite(
        self,
        settings: Settings,
        symbol: str,
        venue: str,
        as_of: datetime,
        versions: Mapping[str, int] | None = None,
    ) -> Citation:
        """Cite everything a forecast read.

        Parameters
        ----------
        settings : Settings
            The run.
        symbol, venue : str
            What is forecast.
        as_of : datetime
            Its origin.
        versions : Mapping[str, int] or None
            What ``versions`` gave, where several forecasts cite the same tables.

        Raises
        ------
        LakeError
            If a table cannot be read.
        """
        lake = self.growing.lake
        versions = self.versions() if versions is None else versions
        reader = Reader(lake, as_of, versions)
        known = [] if settings.peers or self._several(versions) else self._read(symbol, venue)
        if not known:
            reader.hours(symbol, (venue,))
            beside(reader, settings, symbol, venue)
        elif venue != SIMULATED:
            reader.hashes |= self._funding(symbol, as_of, versions)
        hashes = {silver_table(key): self._bars(key, as_of) for key in known} | reader.hashes
        return Citation(versions, fingerprint(lake, versions, self.known), value_hash(hashes))

    def _series(self, versions: Mapping[str, int]) -> tuple[SeriesKey, ...]:
        """Series of the lake; asked for again only when there is another table."""
        tables = frozenset(versions)
        if self.listed[0] != tables:
            self.listed = (tables, self.growing.lake.series())
        return self.listed[1]

    def _several(self, versions: Mapping[str, int]) -> bool:
        """Whether bars are of several venues, so that what is read must be chosen."""
        return len({key.venue for key in self._series(versions) if key.kind == "bars"}) > 1

    def _funding(self, symbol: str, as_of: datetime, versions: Mapping[str, int]) -> dict[str, str]:
        """Hash of the funding rates known at a moment, as ``Reader.observations`` notes it."""
        series = f"funding_rate_{symbol}"
        for key in self._series(versions):
            table = silver_table(key)
            if key.kind == "observations" and key.symbol == series and table in versions:
                held = self.rates.get(table)
                if held is None or held[0] != versions[table]:
                    rows = self.growing.lake.observations(series, (key.venue,), versions=versions)
                    held = self.rates[table] = (versions[table], rows)
                rows = held[1].filter(pl.col("available_at") <= as_of)
                if rows.height:
                    return {table: frame_hash(rows)}
        return {}

    def _read(self, symbol: str, venue: str) -> list[SeriesKey]:
        """Series of bars that ``dataset.load`` reads: hours, and the finest inside them."""
        keys = [SeriesKey("bars", venue, symbol, interval) for interval in ("1h", *INTRABAR)]
        held = [key for key in keys if self.growing.held(key).rows.height]
        return held[:2] if held and held[0].interval == "1h" else []

    def _bars(self, key: SeriesKey, as_of: datetime) -> str:
        """Hash of a series as known at a moment."""
        held = self.growing.held(key)
        present = as_of.strftime("%Y-%m")
        over = self.months.setdefault((key, held.generation), {})
        if max(over, default="") >= present:
            over.clear()
        rows = held.rows
        if over:
            begin = datetime.strptime(max(over), "%Y-%m").replace(tzinfo=UTC) + timedelta(days=32)
            # Sorted by time: nothing before the first month that is still to be hashed is read.
            rows = rows[rows["close_time"].search_sorted(begin.replace(day=1)) :]
        rows = rows.filter(pl.col("available_at") <= as_of)
        found = monthly_hashes(rows, "close_time")
        over |= {month: digest for month, digest in found.items() if month < present}
        return value_hash(over | found)
