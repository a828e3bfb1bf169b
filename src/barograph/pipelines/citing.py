"""What a forecast of the present cites, kept as the lake grows instead of being read anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from barograph.core.hashing import monthly_hashes, value_hash
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
    """

    growing: Growing
    known: Known = field(default_factory=Known)
    months: dict[tuple[SeriesKey, int], dict[str, str]] = field(default_factory=dict)

    def cite(self, settings: Settings, symbol: str, venue: str, as_of: datetime) -> Citation:
        """Cite everything a forecast read.

        Parameters
        ----------
        settings : Settings
            The run.
        symbol, venue : str
            What is forecast.
        as_of : datetime
            Its origin.

        Raises
        ------
        LakeError
            If a table cannot be read.
        """
        lake = self.growing.lake
        versions = cited_versions(lake)
        reader = Reader(lake, as_of, versions)
        known = [] if settings.peers or len(self._venues()) > 1 else self._read(symbol, venue)
        if not known:
            reader.hours(symbol, (venue,))
            beside(reader, settings, symbol, venue)
        elif venue != SIMULATED:
            reader.observations(f"funding_rate_{symbol}")
        hashes = {silver_table(key): self._bars(key, as_of) for key in known} | reader.hashes
        return Citation(versions, fingerprint(lake, versions, self.known), value_hash(hashes))

    def _venues(self) -> set[str]:
        """Whose bars there are; where there is one venue, what is read needs no choosing."""
        return {key.venue for key in self.growing.lake.series("bars")}

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
        rows = held.rows.filter(
            pl.col("available_at") <= as_of,
            pl.col("close_time").dt.strftime("%Y-%m") > max(over, default=""),
        )
        found = monthly_hashes(rows, "close_time")
        over |= {month: digest for month, digest in found.items() if month < present}
        return value_hash(over | found)
