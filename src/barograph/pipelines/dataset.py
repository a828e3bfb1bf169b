"""From the lake to what models see: the as-of grid, its features and targets, one panel."""

import difflib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.hashing import frame_hash, monthly_hashes, value_hash
from barograph.core.panel import Panel
from barograph.core.payload import SeriesKey
from barograph.core.settings import Settings
from barograph.core.types import Floats
from barograph.features.availability import require_available
from barograph.features.base import Feature
from barograph.features.build import build, feature_set_hash
from barograph.features.extension import refuse_leaks
from barograph.lake import gold
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake, silver_table
from barograph.lake.resample import aggregate
from barograph.pipelines.frames import target_frame
from barograph.targets.catalogue import targets
from barograph.targets.garman_klass import hourly_gk_variance
from barograph.targets.log_return import target_return
from barograph.targets.variance import target_variance

LOG: Final = logging.getLogger(__name__)

INTRABAR = ("5m", "15m", "30m")
"""Finer bars that may describe the inside of an hour, best first."""

HOURLY: Final = ("1h", "30m", "15m", "5m", "1m")
"""Bars that hours can be had from: as sent, else made of finer ones."""

SIMULATED = "simulated"

STALE = timedelta(days=2)
"""How far a venue's last bar may lie behind another's before the other one is taken."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One symbol, ready for the models, with where it came from.

    Attributes
    ----------
    symbol, venue : str
        What, and whose bars.
    grid : DataFrame
        The complete hourly grid.
    table : DataFrame
        ``as_of`` and a column per feature.
    panel : Panel
        The same as arrays, with targets.
    used : Mapping[str, int]
        Silver tables read, and their versions.
    versions : Mapping[str, int]
        Version of every silver table there was when it was read.
    data_hash : str
        SHA-256 over the silver rows read.
    made_of : str
        Interval of the bars the hours come from: ``1h`` as sent, finer where they were made here.
    """

    symbol: str
    venue: str
    grid: pl.DataFrame
    table: pl.DataFrame
    panel: Panel
    used: Mapping[str, int]
    versions: Mapping[str, int]
    data_hash: str
    made_of: str = "1h"

    @property
    def simulated(self) -> bool:
        """Whether the market is a simulated one."""
        return self.venue == SIMULATED


class Reader:
    """Reads silver as of a moment, and keeps account of what it read."""

    def __init__(
        self,
        lake: Lake,
        as_of: datetime | None,
        versions: Mapping[str, int] | None,
    ) -> None:
        self.lake = lake
        self.as_of = as_of
        self.versions = lake.data_versions() if versions is None else versions
        self.used: dict[str, int] = {}
        self.hashes: dict[str, str] = {}

    def bars(self, symbol: str, interval: str, venues: Sequence[str]) -> pl.DataFrame | None:
        """Bars from the first venue that has them; None where none has."""
        for venue in venues:
            table = silver_table(SeriesKey("bars", venue, symbol, interval))
            if table in self.versions:
                rows = self.lake.bars(symbol, interval, (venue,), self.as_of, self.versions)
                if rows.height:
                    return self._noted(table, rows)
        return None

    def hours(self, symbol: str, venues: Sequence[str]) -> pl.DataFrame | None:
        """Hourly bars from the first venue that has them or finer ones; None where none has."""
        for venue in venues:
            interval = self.interval(symbol, venue)
            rows = None if interval is None else self.bars(symbol, interval, (venue,))
            if rows is not None:
                hours = hours_of(rows)
                if hours.height:
                    return hours
        return None

    def interval(self, symbol: str, venue: str) -> str | None:
        """Interval of the bars a venue's hours come from; None where it has none."""
        tables = {i: silver_table(SeriesKey("bars", venue, symbol, i)) for i in HOURLY}
        return next((i for i, table in tables.items() if table in self.versions), None)

    def observations(self, series: str) -> pl.DataFrame | None:
        """Every vintage known of the first venue that has the series; None where none has.

        Which vintage an hour saw is for the join to say: the latest of all would be too late for
        the hours before it was published.
        """
        for key in self.lake.series("observations"):
            table = silver_table(key)
            if key.symbol == series and table in self.versions:
                rows = self.lake.observations(series, (key.venue,), versions=self.versions)
                if self.as_of is not None:
                    rows = rows.filter(pl.col("available_at") <= self.as_of)
                if rows.height:
                    return self._noted(table, rows)
        return None

    def last_bar(self, symbol: str, venue: str) -> tuple[datetime, int] | None:
        """End of a venue's last hourly bar known at the moment, and how many there are."""
        interval = self.interval(symbol, venue)
        if interval is None:
            return None
        table = silver_table(SeriesKey("bars", venue, symbol, interval))
        known = None if self.as_of is None else pl.col("available_at") <= self.as_of
        if interval == "1h":
            columns = ["close_time", "available_at"]
            ends = self.lake.read(table, self.versions[table], columns, known)
        else:
            ends = hours_of(self.lake.read(table, self.versions[table], None, known))
        last = ends["close_time"].max()
        return (last, ends.height) if isinstance(last, datetime) else None

    def _noted(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        self.used[table] = self.versions[table]
        bars = "close_time" in rows.columns
        self.hashes[table] = (
            value_hash(monthly_hashes(rows, "close_time")) if bars else frame_hash(rows)
        )
        return rows


def hours_of(bars: pl.DataFrame) -> pl.DataFrame:
    """Hourly bars: as they are, or made of finer ones; only complete hours."""
    if bars.is_empty() or bars["interval"][0] == "1h":
        return bars
    return aggregate(bars, "1h")


def load(
    lake: Lake,
    settings: Settings,
    symbol: str,
    features: Mapping[str, Feature],
    as_of: datetime | None = None,
    versions: Mapping[str, int] | None = None,
) -> Dataset:
    """Build one symbol's dataset from what was known at a moment.

    Parameters
    ----------
    lake : Lake
        Where silver lies.
    settings : Settings
        The run.
    symbol : str
        What is forecast.
    features : Mapping[str, Feature]
        What to compute.
    as_of : datetime or None
        Only rows available at that moment; all when None.
    versions : Mapping[str, int] or None
        Lake versions to read; the current ones when None.

    Raises
    ------
    NotEnoughDataError
        If the lake has no hourly bars of the symbol, and no finer ones to make them of.
    LeakError
        If a feature reads what is not known at ``as_of``, or no bar was known at its close.
    """
    require_available(features)
    reader = Reader(lake, as_of, versions)
    venue = choose_venue(reader, settings, symbol)
    bars, interval = reader.hours(symbol, (venue,)), reader.interval(symbol, venue)
    assert bars is not None  # noqa: S101 - a venue without bars is not chosen
    assert interval is not None  # noqa: S101
    if interval != "1h":
        LOG.warning("%s has no hourly bars of %s: made of its %s bars", venue, symbol, interval)
    intrabar, peer, funding = beside(reader, settings, symbol, venue)
    grid = hourly_grid(bars, intrabar, peer, funding)
    refuse_leaks(grid, features)
    table = build(grid, features)
    return Dataset(
        symbol=symbol,
        venue=venue,
        grid=grid,
        table=table,
        panel=panel_of(symbol, settings.horizons, grid, table),
        used=reader.used,
        versions={name: v for name, v in reader.versions.items() if name.startswith("silver/")},
        data_hash=value_hash(reader.hashes),
        made_of=interval,
    )


def beside(
    reader: Reader, settings: Settings, symbol: str, venue: str
) -> tuple[pl.DataFrame | None, pl.DataFrame | None, pl.DataFrame | None]:
    """Bars inside the hours, a peer's hours and funding; all from the same world as the bars."""
    others = (other for other in real_venues(reader.lake, settings) if other != venue)
    venues = (SIMULATED,) if venue == SIMULATED else (venue, *others)
    return (
        first(reader.bars(symbol, interval, venues) for interval in INTRABAR),
        first(reader.hours(peer, venues) for peer in peers(settings, symbol)),
        None if venue == SIMULATED else reader.observations(f"funding_rate_{symbol}"),
    )


def choose_venue(reader: Reader, settings: Settings, symbol: str) -> str:
    """Venue whose bars are forecast; afterwards the reader sees no more than its last bar knew.

    The first in order of preference that has a training window of bars and is not stale beside
    another such venue; a simulated market only where there is nothing else. The choice is made
    again as of the last bar chosen until it stands, so that an audit, which knows only that
    moment, chooses the same.

    Raises
    ------
    NotEnoughDataError
        If no venue has hourly bars of the symbol.
    """
    chosen = ""
    while True:
        found = _candidates(reader, settings, symbol)
        if not found:
            raise NotEnoughDataError(_no_bars(reader, symbol))
        venue = next(iter(found))
        if venue == chosen:
            return venue
        chosen, reader.as_of = venue, found[venue]


def _candidates(reader: Reader, settings: Settings, symbol: str) -> dict[str, datetime]:
    """Venues fit to be forecast from, best first, and the end of their last bar."""
    order = real_venues(reader.lake, settings)
    ends = {venue: reader.last_bar(symbol, venue) for venue in order}
    held = {venue: end for venue, end in ends.items() if end is not None}
    if not held:
        simulated = reader.last_bar(symbol, SIMULATED)
        return {} if simulated is None else {SIMULATED: simulated[0]}
    named = {venue: held[venue] for venue in order if venue in held and is_named(settings, venue)}
    least = settings.walk_forward.train_days * 24
    pool = named or held
    long = {venue: end for venue, (end, count) in pool.items() if count > least}
    long = long or {venue: end for venue, (end, _) in pool.items()}
    freshest = max(long.values())
    return {venue: end for venue, end in long.items() if end >= freshest - STALE}


def _no_bars(reader: Reader, symbol: str) -> str:
    lake = reader.lake
    known = sorted({key.symbol for key in lake.series("bars") if key.interval in HOURLY})
    if symbol in known and reader.as_of is not None:
        return (
            f"no hourly bars of {symbol} were known at {reader.as_of:%Y-%m-%d %H:%M}; "
            "name a later --as-of"
        )
    near = difflib.get_close_matches(symbol, known, n=1)
    hint = f"did you mean {near[0]}? " if near and symbol not in known else ""
    return (
        f"no hourly bars of {symbol} in the lake; {hint}it has {', '.join(known) or 'none'}; "
        "ingest some with `barograph ingest FOLDER`"
    )


def real_venues(lake: Lake, settings: Settings) -> tuple[str, ...]:
    """Venues that trade, in order of preference: those of the run file, then others by name.

    ``coinbase_spot_usd``, the dollar market of a venue that is named, comes right after it.
    Marks are not trades.
    """
    known = sorted({key.venue for key in lake.series("bars") if not key.venue.endswith("_mark")})
    named = [
        other
        for venue in settings.venues
        for other in (venue, *(one for one in known if one.startswith(f"{venue}_")))
    ]
    return tuple(venue for venue in dict.fromkeys((*named, *known)) if venue != SIMULATED)


def is_named(settings: Settings, venue: str) -> bool:
    """Whether the run file names the venue."""
    return any(venue == one or venue.startswith(f"{one}_") for one in settings.venues)


def keep_gold(lake: Lake, dataset: Dataset, features: Mapping[str, Feature]) -> int:
    """Write features and every declared target to gold; returns the version that holds them."""
    panel = dataset.panel
    declared = targets()
    ahead = target_frame(dataset.grid, panel.horizons, declared)
    identity = value_hash(
        {
            "data": dataset.data_hash,
            "features": feature_set_hash(features),
            "horizons": list(panel.horizons),
            "targets": {name: target.formula for name, target in declared.items()},
            "version": version("barograph"),
        }
    )
    return gold.write(lake, dataset.symbol, dataset.table.with_columns(ahead), identity)


def peers(settings: Settings, symbol: str) -> tuple[str, ...]:
    """Symbols whose bars may serve as features, in order of preference."""
    return tuple(peer for peer in settings.peers if peer != symbol)


def first(candidates: Iterable[pl.DataFrame | None]) -> pl.DataFrame | None:
    """First frame that is there, read no further than that."""
    return next((frame for frame in candidates if frame is not None), None)


def panel_of(
    symbol: str, horizons: tuple[int, ...], grid: pl.DataFrame, table: pl.DataFrame
) -> Panel:
    """Grid and features as the arrays models see."""

    def column(name: str) -> Floats:
        return grid[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    close = column("close")
    variance = hourly_gk_variance(column("open"), column("high"), column("low"), close)
    names = tuple(name for name in table.columns if name != "as_of")
    return Panel(
        symbol=symbol,
        hours=grid["as_of"].dt.epoch("s").to_numpy() // 3600,
        horizons=horizons,
        names=names,
        features=np.ascontiguousarray(table.select(names).fill_null(np.nan).to_numpy()),
        open=column("open"),
        close=close,
        volume=column("volume"),
        variance=variance,
        target_return=target_return(close, horizons),
        target_variance=target_variance(variance, horizons),
    )
