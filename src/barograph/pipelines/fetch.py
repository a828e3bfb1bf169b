"""``make data``: the real history into a folder that every real-data test can read.

For each series of bars
1. take what the folder has already; go on behind its last bar;
2. every month that has ended: the public archive's zip, checked against its checksum and kept in
   ``raw/binance_vision`` (so that an interrupted run fetches nothing twice);
3. the rest, up to the last complete bar: the exchange's REST interface;
4. write ``bars/binance_spot_BTCUSDT_1h.parquet`` whole, by renaming, also after a failure.
Funding rates come over REST, or by the month where that is closed to the reader's country. What one
supplier cannot give the other is asked for, and the result says so.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.errors import SourceError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.progress import Progress
from barograph.core.time import MOMENT, interval_length
from barograph.sources import binance_archive, binance_funding, binance_klines, catalogue
from barograph.sources.binance_archive import Archive, stated_checksum
from barograph.sources.http import HttpGet
from barograph.sources.names import funding_key
from barograph.sources.request import USUAL, Manner, Wanted

LOG: Final = logging.getLogger(__name__)
LISTED: Final = datetime(2017, 8, 1, tzinfo=UTC)
"""Before Binance's first bar."""
FUNDED: Final = datetime(2019, 9, 1, tzinfo=UTC)
"""Before the first settlement of Binance's first perpetual."""
RAW: Final = Path("raw", "binance_vision")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fetch.

    Attributes
    ----------
    symbols : tuple of str
        Traded symbols; each with its funding rates.
    intervals : tuple of str
        Bar intervals: the hours, and what describes their inside; fetched in this order.
    start : datetime
        First opening time.
    end : datetime or None
        No bar opens at or after it; None for the present.
    funding : bool
        Whether funding rates are fetched too.
    """

    symbols: tuple[str, ...] = ("BTCUSDT", "ETHUSDT")
    intervals: tuple[str, ...] = ("1h", "5m")
    start: datetime = LISTED
    end: datetime | None = None
    funding: bool = True


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the suppliers are; a test's are on localhost."""

    archive: str = binance_archive.URL
    spot: str = binance_klines.URL
    futures: str = binance_funding.URL


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file of the folder.

    Attributes
    ----------
    path : Path
        The file.
    rows, added, faulty : int
        Rows in it now; how many of them are new; rows that could not be read and were left out.
    first, last : datetime or None
        First and last moment in it.
    notes : tuple of str
        What a supplier failed to give, and who was asked instead.
    """

    path: Path
    rows: int
    added: int
    faulty: int
    first: datetime | None
    last: datetime | None
    notes: tuple[str, ...]


OBSERVED: Final = {"event_time": "ts", "value": "funding_rate"}
Supplier: TypeAlias = Callable[[Wanted], Iterator[Payload]]


@dataclass(slots=True)
class _Series:
    """A series on its way into the folder; ``ts`` is its time, unique and ascending on disk."""

    key: SeriesKey
    path: Path
    wanted: Wanted
    table: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    faulty: int = 0
    requests: int = 0

    @property
    def last(self) -> datetime | None:
        """Last moment there is."""
        moment = self.table["ts"].max()
        return moment if isinstance(moment, datetime) else None

    def rest(self, step: timedelta) -> Wanted:
        """What is still missing behind the last row."""
        since = self.wanted.start if self.last is None else self.last + step
        return replace(self.wanted, start=max(self.wanted.start, since))

    def add(self, payload: Payload) -> None:
        """Take the readable rows of the range; one whose moment is there already replaces it."""
        rows = catalogue.read(payload)
        good = rows.filter(pl.col("fault").is_null())
        self.faulty += rows.height - good.height
        self.requests += 1
        named = good.rename({"open_time": "ts"} if self.key.kind == "bars" else OBSERVED)
        inside = named.filter(pl.col("ts") >= self.wanted.start)
        if self.wanted.end is not None:
            inside = inside.filter(pl.col("ts") < self.wanted.end)
        both = pl.concat([self.table, inside.select(self.table.columns)])
        self.table = both.unique("ts", keep="last", maintain_order=True).sort("ts")

    def write(self) -> None:
        """Replace the file, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.part")
        self.table.write_parquet(beside)
        beside.replace(self.path)


def fetch_history(
    folder: Path,
    get: HttpGet,
    plan: Plan | None = None,
    addresses: Addresses | None = None,
    manner: Manner = USUAL,
) -> list[Fetched]:
    """Bring a data folder up to date.

    Parameters
    ----------
    folder : Path
        Made if it is not there; of the layout every real-data test reads.
    get : HttpGet
        The transport, for instance ``sources.http.web``.
    plan : Plan, optional
        What to fetch: hourly and 5-minute bars and funding of BTC and ETH when None.
    addresses : Addresses, optional
        The real suppliers when None.
    manner : Manner
        Patience, clock, and who hears of the progress.

    Returns
    -------
    fetched : list of Fetched
        One for each file.

    Raises
    ------
    SourceError
        If no supplier gives anything of a series that is not there yet.
    """
    plan, where = plan or Plan(), addresses or Addresses()
    found = [
        _bars(folder, get, Wanted(symbol, interval, plan.start, plan.end), where, manner)
        for interval in plan.intervals
        for symbol in plan.symbols
    ]
    if plan.funding:
        since = max(plan.start, FUNDED)
        found += [
            _funding(folder, get, Wanted(symbol, "event", since, plan.end), where, manner)
            for symbol in plan.symbols
        ]
    return found


def _bars(folder: Path, get: HttpGet, wanted: Wanted, where: Addresses, manner: Manner) -> Fetched:
    key = SeriesKey("bars", "binance_spot", wanted.symbol, wanted.interval)
    schema = {"ts" if name == "open_time" else name: kind for name, kind in BAR_VALUES.items()}
    series = _open(key, folder / "bars" / f"{key.name}.parquet", schema, wanted)
    suppliers: dict[str, Supplier] = {
        "the archive": partial(_archived, folder, get, where, manner),
        "the REST interface": lambda rest: binance_klines.fetch(get, rest, where.spot, manner),
    }
    return _fill(series, suppliers, interval_length(wanted.interval), manner)


def _funding(
    folder: Path, get: HttpGet, wanted: Wanted, where: Addresses, manner: Manner
) -> Fetched:
    key = funding_key(wanted.symbol)
    path = folder / "derivatives" / f"binance_funding_{wanted.symbol}.parquet"
    series = _open(key, path, {"ts": MOMENT, "funding_rate": pl.Float64()}, wanted)

    def by_rest(rest: Wanted) -> Iterator[Payload]:
        return binance_funding.fetch(get, rest.symbol, rest.start, where.futures, manner)

    def by_month(rest: Wanted) -> Iterator[Payload]:
        # Only where the REST interface failed: it gives the running month too.
        if series.notes:
            end = rest.end or manner.clock()
            for month in binance_archive.months(key, rest.symbol, rest.start, end):
                yield from _month(folder, get, month, where, manner)

    suppliers = {"the REST interface": by_rest, "the archive": by_month}
    return _fill(series, suppliers, timedelta(milliseconds=1), manner)


def _fill(
    series: _Series, suppliers: Mapping[str, Supplier], step: timedelta, manner: Manner
) -> Fetched:
    """Ask each supplier for what is still missing; keep what came, whatever happens."""
    before = series.table.height
    began = manner.clock()
    try:
        for name, supplier in suppliers.items():
            try:
                for payload in supplier(series.rest(step)):
                    series.add(payload)
                    _tell(series, began, manner)
            except SourceError as error:
                LOG.warning("%s: %s failed: %s", series.key.name, name, error)
                series.notes.append(f"{name} failed: {error}")
    finally:
        if series.table.height > before:
            series.write()
    if series.table.is_empty():
        reasons = "; ".join(series.notes) or "every supplier answered that it has none"
        raise SourceError(f"nothing of {series.key.name} could be fetched: {reasons}")
    first = series.table["ts"].min()
    return Fetched(
        path=series.path,
        rows=series.table.height,
        added=series.table.height - before,
        faulty=series.faulty,
        first=first if isinstance(first, datetime) else None,
        last=series.last,
        notes=tuple(series.notes),
    )


def _open(key: SeriesKey, path: Path, schema: Mapping[str, pl.DataType], wanted: Wanted) -> _Series:
    """Series as the folder has it; empty where it has none."""
    if path.is_file():
        table = pl.read_parquet(path).select(pl.col(name).cast(schema[name]) for name in schema)
    else:
        table = pl.DataFrame(schema=schema)
    return _Series(key, path, wanted, table)


def _tell(series: _Series, began: datetime, manner: Manner) -> None:
    wanted = series.wanted
    present = manner.clock()
    end = min(present, wanted.end or present)
    done = None
    if series.last is not None and end > wanted.start:
        done = max(0.0, min(1.0, (series.last - wanted.start) / (end - wanted.start)))
    seconds = (present - began).total_seconds()
    rows, requests = series.table.height, series.requests
    manner.listener(Progress("data", series.key.name, seconds, rows, requests, done))


def _archived(
    folder: Path, get: HttpGet, where: Addresses, manner: Manner, wanted: Wanted
) -> Iterator[Payload]:
    end = min(manner.clock(), wanted.end or manner.clock())
    key = SeriesKey("bars", "binance_spot", wanted.symbol, wanted.interval)
    for month in binance_archive.months(key, wanted.symbol, wanted.start, end):
        yield from _month(folder, get, month, where, manner)


def _month(
    folder: Path, get: HttpGet, month: Archive, where: Addresses, manner: Manner
) -> Iterator[Payload]:
    """One month from the folder's own copy, else from the archive (and copied)."""
    kept = _kept(folder, month)
    if kept is not None:
        yield kept
        return
    for payload in binance_archive.fetch(get, month, where.archive, manner):
        target = folder / RAW / payload.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(payload.content)
        stated = f"{hashlib.sha256(payload.content).hexdigest()}  {payload.name}\n"
        target.with_name(f"{payload.name}.CHECKSUM").write_text(stated, encoding="ascii")
        yield payload


def _kept(folder: Path, month: Archive) -> Payload | None:
    """Copy of a month that still agrees with its checksum."""
    path = folder / RAW / month.name
    beside = path.with_name(f"{path.name}.CHECKSUM")
    if not path.is_file() or not beside.is_file():
        return None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != stated_checksum(beside.read_bytes()):
        LOG.warning("%s does not match its checksum; fetched again", path)
        return None
    return Payload(month.key, "binance_archive", month.name, month.layout, content)
