"""The lake: a folder of versioned tables, and what the pipelines ask of it.

root/lake.json                     format of the lake
root/bronze/payloads               exactly what suppliers sent
root/silver/<kind>/<series>        typed, clean, deduplicated
root/quarantine/<kind>/<series>    what was refused, and why
root/gold/<symbol>                 features and targets
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from barograph.core.errors import InputError, LakeError, LakeVersionError, NotEnoughDataError
from barograph.core.payload import SeriesKey
from barograph.lake import tables
from barograph.lake.asof import as_of as as_of_view
from barograph.lake.tables import Commit, Note

FORMAT: Final = 1
"""Format this program writes, and the newest it reads."""

SAFE_NAME: Final = re.compile(r"[A-Za-z0-9^=+-][A-Za-z0-9._^=+-]*")


class Lake:
    """A folder of versioned tables.

    Parameters
    ----------
    root : Path
        The folder; created with its ``lake.json`` unless ``create`` is False.
    create : bool
        Whether a lake that is not there yet is made.

    Raises
    ------
    LakeVersionError
        If the lake was written by a newer program.
    LakeError
        If the folder cannot be made or read, or there is no lake and ``create`` is False.
    """

    def __init__(self, root: Path, *, create: bool = True) -> None:
        self.root = Path(root)
        path = self.root / "lake.json"
        with tables.one_line(f"cannot open the lake at {self.root}"):
            if not path.exists():
                if not create:
                    raise LakeError(f"no lake at {self.root}; run `barograph ingest` first")
                self.root.mkdir(parents=True, exist_ok=True)
                _write_whole(path, json.dumps({"format": FORMAT}) + "\n")
            _check_format(path)

    def path(self, table: str) -> Path:
        """Folder of a table, for instance ``silver/bars/binance_spot_BTCUSDT_1h``.

        Raises
        ------
        InputError
            If a part of the name cannot be a folder name.
        """
        for part in table.split("/"):
            if not SAFE_NAME.fullmatch(part):
                raise InputError(
                    f"{part!r} cannot name a table; wanted letters, digits and . _ - ^ = + only"
                )
        return self.root / table

    def exists(self, table: str) -> bool:
        """Whether the table has a committed version."""
        return tables.exists(self.path(table))

    def read(
        self,
        table: str,
        version: int | None = None,
        columns: Sequence[str] | None = None,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """Read rows of a table, at a version if one is named; see :func:`tables.read`."""
        return tables.read(self.path(table), version, columns, where)

    def append(self, table: str, rows: pl.DataFrame, note: Note | None = None) -> int:
        """Add rows in one atomic commit; see :func:`tables.append`."""
        return tables.append(self.path(table), rows, note)

    def overwrite(self, table: str, rows: pl.DataFrame, note: Note | None = None) -> int:
        """Replace all rows in one atomic commit; see :func:`tables.overwrite`."""
        return tables.overwrite(self.path(table), rows, note)

    def version(self, table: str) -> int | None:
        """Current version of a table; None where it does not exist."""
        return tables.version(self.path(table))

    def history(self, table: str, last: int | None = None) -> tuple[Commit, ...]:
        """Commits of a table, newest first."""
        return tables.history(self.path(table), last)

    def mark(self, table: str, name: str) -> int | None:
        """Progress mark stored with the table's commits; None where there is none."""
        return tables.mark(self.path(table), name)

    def marks(self, table: str, names: Sequence[str]) -> dict[str, int]:
        """Progress marks of those names that are set."""
        return tables.marks(self.path(table), names)

    def files(self, table: str) -> int:
        """How many data files the table is in; 0 where it does not exist."""
        return tables.files(self.path(table))

    def compact(self, table: str) -> int:
        """Merge the small files of many appends; rows and old versions stay."""
        return tables.compact(self.path(table))

    def tables(self, under: str = "") -> tuple[str, ...]:
        """Names of all tables, sorted; only those below a folder when one is named."""
        base = self.path(under) if under else self.root
        names = (found.relative_to(self.root).as_posix() for found in _tables_in(base))
        return tuple(sorted(names))

    def data_versions(self, under: str = "silver") -> dict[str, int]:
        """Current version of each table below a folder, sorted: what a ledger entry cites."""
        found = {name: self.version(name) for name in self.tables(under)}
        return {name: version for name, version in found.items() if version is not None}

    def series(self, kind: str | None = None) -> tuple[SeriesKey, ...]:
        """Series that have a silver table, sorted by name; of one kind if it is named."""
        names = self.tables("silver" if kind is None else f"silver/{kind}")
        return tuple(SeriesKey(**json.loads(tables.about(self.path(name)))) for name in names)

    def bars(
        self,
        symbol: str,
        interval: str,
        venues: Sequence[str],
        as_of: datetime | None = None,
        versions: Mapping[str, int] | None = None,
    ) -> pl.DataFrame:
        """Silver bars from the first venue that has them.

        Parameters
        ----------
        symbol, interval : str
            For instance ``BTCUSDT`` and ``1h``.
        venues : sequence of str
            In order of preference; the one used stands in the column ``venue``.
        as_of : datetime or None
            Only rows available at that moment; all when None.
        versions : Mapping[str, int] or None
            Table versions as ``data_versions`` gave them; the current ones when None. Venues
            whose table is not among them are passed over, since they were not there then.

        Returns
        -------
        bars : DataFrame
            Schema ``BARS``, sorted by ``open_time``.

        Raises
        ------
        NotEnoughDataError
            If no venue has the series.
        """
        for venue in venues:
            table = silver_table(SeriesKey("bars", venue, symbol, interval))
            if table in versions if versions is not None else self.exists(table):
                rows = self.read(table, versions[table] if versions is not None else None)
                seen = rows if as_of is None else as_of_view(rows, as_of)
                return seen.sort("open_time")
        raise NotEnoughDataError(
            f"no {interval} bars of {symbol} from {', '.join(venues)}; "
            f"the lake has {self._known('bars')}"
        )

    def observations(
        self,
        series: str,
        venues: Sequence[str],
        as_of: datetime | None = None,
        versions: Mapping[str, int] | None = None,
    ) -> pl.DataFrame:
        """Silver observations from the first venue that has them, every vintage.

        Parameters are those of :meth:`bars`; with ``as_of`` only the vintage known then is
        returned for each event.

        Returns
        -------
        observations : DataFrame
            Schema ``OBSERVATIONS``, sorted by ``event_time`` and ``revision``.

        Raises
        ------
        NotEnoughDataError
            If no venue has the series.
        """
        for venue in venues:
            table = silver_table(SeriesKey("observations", venue, series, "event"))
            if table in versions if versions is not None else self.exists(table):
                rows = self.read(table, versions[table] if versions is not None else None)
                seen = rows if as_of is None else as_of_view(rows, as_of)
                return seen.sort("event_time", "revision")
        raise NotEnoughDataError(
            f"no observations of {series} from {', '.join(venues)}; "
            f"the lake has {self._known('observations')}"
        )

    def _known(self, kind: str) -> str:
        names = [key.name for key in self.series(kind)]
        return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "") if names else "none"


def _tables_in(folder: Path) -> Iterator[Path]:
    """Folders of tables; what lies within a table is not looked at, which may be much."""
    if tables.exists(folder):
        yield folder
    elif folder.is_dir():
        for inner in folder.iterdir():
            yield from _tables_in(inner)


def silver_table(key: SeriesKey) -> str:
    """Name of the silver table of a series."""
    return f"silver/{key.kind}/{key.name}"


def quarantine_table(key: SeriesKey) -> str:
    """Name of the table of refused rows of a series."""
    return f"quarantine/{key.kind}/{key.name}"


def describe(key: SeriesKey) -> str:
    """The key as the description of its table, from which ``Lake.series`` reads it back."""
    fields = {"kind": key.kind, "venue": key.venue, "symbol": key.symbol, "interval": key.interval}
    return json.dumps(fields)


def _check_format(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text)["format"]
        newer = int(found) > FORMAT
    except (ValueError, TypeError, KeyError) as error:
        raise LakeError(f'{path} holds {text[:60]!r}, wanted {{"format": {FORMAT}}}') from error
    if newer:
        raise LakeVersionError(
            f"lake format {found} at {path.parent}; this program reads up to {FORMAT}; "
            "upgrade barograph"
        )


def _write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is either all there or not there."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
