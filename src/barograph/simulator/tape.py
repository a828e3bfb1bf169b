"""Markets to play: recorded in a lake or in files, or invented."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from barograph.core.columns import BAR_VALUES, BARS
from barograph.core.errors import NotEnoughDataError
from barograph.core.payload import SeriesKey
from barograph.core.time import INTERVALS, Clock
from barograph.lake.asof import as_of
from barograph.lake.lake import Lake
from barograph.lake.resample import aggregate
from barograph.simulator import prints as real_prints
from barograph.simulator.market import Market
from barograph.simulator.prints import Prints
from barograph.sources import files, simulated
from barograph.sources.catalogue import layouts
from barograph.sources.names import funding_key
from barograph.sources.unpack import unpack

Tables: TypeAlias = dict[tuple[str, str], pl.DataFrame]
SPOT: Final = ("binance_spot", simulated.VENUE)
"""Venues whose bars are the spot market, in order of preference; then any other spot venue."""
FUTURES: Final = "binance_perp"
MARK: Final = "binance_perp_mark"
AHEAD: Final = timedelta(days=400)
"""How far beyond its start an invented market goes."""


@dataclass(frozen=True, slots=True)
class Tape:
    """What was recorded, without a clock.

    Attributes
    ----------
    bars, perpetuals, marks : dict of (str, str) to DataFrame
        ``(symbol, interval)`` to rows with the columns of ``BAR_VALUES``; longer intervals that
        were not recorded are made of shorter ones where those are complete.
    funding : dict of str to DataFrame
        Symbol to ``ts`` and ``funding_rate``.
    prints : Mapping of (str, str) to Prints
        As in :class:`Market`.
    kind : str
        ``recorded`` or ``invented``.
    """

    bars: Tables
    perpetuals: Tables = field(default_factory=dict)
    marks: Tables = field(default_factory=dict)
    funding: dict[str, pl.DataFrame] = field(default_factory=dict)
    prints: Mapping[tuple[str, str], Prints] = field(default_factory=dict)
    kind: str = "recorded"

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Opening of the first spot bar, and the end of the last."""
        opened = [table["open_time"] for table in self.bars.values() if not table.is_empty()]
        ends = [
            table["open_time"].max() + INTERVALS[interval]  # type: ignore[operator]
            for (_, interval), table in self.bars.items()
            if not table.is_empty()
        ]
        return min(times.min() for times in opened), max(ends)  # type: ignore[type-var,return-value]

    def market(self, clock: Clock) -> Market:
        """Market that plays the tape by a clock."""
        return Market(
            self.bars, self.funding, clock, self.perpetuals, self.marks, self.prints,
            self.kind, self.span[1],
        )  # fmt: skip


def recorded(lake: Lake, symbols: Sequence[str], data: Path | None = None) -> Tape:
    """Tape of everything a lake holds of some symbols.

    Parameters
    ----------
    lake : Lake
        Read once; what is added later is not played.
    symbols : sequence of str
        For instance ``BTCUSDT``.
    data : Path, optional
        A data folder, for its prints.

    Raises
    ------
    NotEnoughDataError
        If the lake has no bars of a symbol.
    """
    keys = [key for key in lake.series() if files.base_symbol(key) in set(symbols)]
    tables = {key: as_parsed(lake, key) for key in keys}
    return _tape(tables, symbols, data)


def as_parsed(lake: Lake, key: SeriesKey) -> pl.DataFrame:
    """Rows of a series: bars with the columns of ``BAR_VALUES``, or funding rates."""
    if key.kind == "bars":
        rows = lake.bars(key.symbol, key.interval, [key.venue])
        return rows.select(list(BAR_VALUES)).sort("open_time")
    rows = lake.observations(key.symbol, [key.venue])
    newest = as_of(rows, rows["available_at"].max()) if rows.height else rows  # type: ignore[arg-type]
    return newest.sort("event_time").select(ts="event_time", funding_rate="value")


def from_files(data: Path, symbols: Sequence[str]) -> Tape:
    """Tape of the files of a data folder, played as they are: no row is cleaned.

    Raises
    ------
    InputError
        If there are no bars of the symbols.
    """
    readers = layouts()
    parts: dict[SeriesKey, list[pl.DataFrame]] = {}
    for payload in files.payloads(data, symbols):
        rows = (
            readers[payload.layout].parse(unpack(payload.content)).filter(pl.col("fault").is_null())
        )
        is_bars = payload.key.kind == "bars"
        kept = (
            rows.select(list(BAR_VALUES)) if is_bars
            else rows.select(ts="event_time", funding_rate="value")
        )  # fmt: skip
        parts.setdefault(payload.key, []).append(kept)
    tables = {
        key: pl.concat(tables).unique(tables[0].columns[0], keep="last").sort(tables[0].columns[0])
        for key, tables in parts.items()
    }
    return _tape(tables, symbols, data)


def invented(
    symbols: Sequence[str], end: datetime, start: datetime = simulated.START, seed: int = 0
) -> Tape:
    """Tape of the made-up market (:mod:`barograph.sources.simulated`).

    Parameters
    ----------
    symbols, end, start, seed
        As in :func:`barograph.sources.simulated.market`; the same seed and start give the same
        bars to whoever asks.
    """
    bars: Tables = {}
    funding = {}
    for symbol, fine in simulated.market(symbols, end, start, seed).items():
        hours = simulated.hourly(fine)
        bars[symbol, "5m"] = fine.rename({"ts": "open_time"})
        bars[symbol, "1h"] = hours.rename({"ts": "open_time"})
        funding[symbol] = simulated.funding(hours)
    return Tape(with_longer(bars), funding=funding, kind="invented")


def with_longer(bars: Tables) -> Tables:
    """Bars with longer ones made of the longest shorter ones, where those are complete.

    Recorded bars stay as they are, and so do the holes between them: bars are made only before
    the first and after the last recorded one.
    """
    made = dict(bars)
    order = list(INTERVALS)
    for symbol in sorted({symbol for symbol, _ in bars}):
        for place, interval in enumerate(order):
            shorter = [name for name in order[:place] if (symbol, name) in made]
            if shorter:
                own = made[symbol, shorter[-1]]
                longer = _aggregated(own, symbol, shorter[-1], interval)
                made[symbol, interval] = _around(made.get((symbol, interval)), longer)
    return {key: table for key, table in made.items() if not table.is_empty()}


def _around(recorded: pl.DataFrame | None, longer: pl.DataFrame) -> pl.DataFrame:
    """Recorded bars, and what was made before the first and after the last of them."""
    if recorded is None or recorded.is_empty():
        return longer
    opened = recorded["open_time"]
    inside = pl.col("open_time").is_between(opened.min(), opened.max())
    same = recorded.select(pl.col(name).cast(kind) for name, kind in _kinds(recorded).items())
    added = longer.filter(~inside).select(same.columns)
    return pl.concat([same, added]).sort("open_time")


def _kinds(table: pl.DataFrame) -> dict[str, pl.DataType]:
    return {name: kind for name, kind in BAR_VALUES.items() if name in table.columns}


def _aggregated(table: pl.DataFrame, symbol: str, own: str, interval: str) -> pl.DataFrame:
    said = {"venue": "", "symbol": symbol, "interval": own, "flag": None, "batch": ""}
    moments = dict.fromkeys(("close_time", "available_at", "ingested_at"), pl.col("open_time"))
    full = table.with_columns(**{name: pl.lit(value) for name, value in said.items()}, **moments)
    typed = full.select(pl.col(name).cast(kind) for name, kind in BARS.items())
    return aggregate(typed, interval).select(list(BAR_VALUES))


def _tape(
    tables: Mapping[SeriesKey, pl.DataFrame], symbols: Sequence[str], data: Path | None
) -> Tape:
    venues = _spot_venues(tables, symbols)
    spot = {
        (key.symbol, key.interval): table
        for key, table in tables.items()
        if key.kind == "bars" and venues[key.symbol] == key.venue
    }
    funding = {
        symbol: tables[funding_key(symbol)] for symbol in symbols if funding_key(symbol) in tables
    }
    return Tape(
        with_longer(spot),
        with_longer(_of_venue(tables, FUTURES)),
        with_longer(_of_venue(tables, MARK)),
        funding,
        {} if data is None else real_prints.read(data),
        "invented" if set(venues.values()) == {simulated.VENUE} else "recorded",
    )


def _of_venue(tables: Mapping[SeriesKey, pl.DataFrame], venue: str) -> Tables:
    return {
        (key.symbol, key.interval): table
        for key, table in tables.items()
        if key.kind == "bars" and key.venue == venue
    }


def _spot_venues(tables: Iterable[SeriesKey], symbols: Sequence[str]) -> dict[str, str]:
    """Venue that plays the spot market of each symbol."""
    venues = {}
    for symbol in symbols:
        held = sorted({key.venue for key in tables if key.kind == "bars" and key.symbol == symbol})
        wanted = [*SPOT, *(venue for venue in held if not venue.startswith(FUTURES))]
        found = [venue for venue in wanted if venue in held]
        if not found:
            raise NotEnoughDataError(f"there are no spot bars of {symbol} to play")
        venues[symbol] = found[0]
    return venues
