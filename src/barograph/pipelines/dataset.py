"""From the lake to what models see: the as-of grid, its features and targets, one panel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.hashing import frame_hash, value_hash
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.core.types import Floats
from barograph.features.base import Feature
from barograph.features.build import build, feature_set_hash
from barograph.lake import gold
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake, silver_table
from barograph.targets.garman_klass import hourly_gk_variance
from barograph.targets.log_return import target_return
from barograph.targets.variance import target_variance

INTRABAR = ("5m", "15m", "30m")
"""Finer bars that may describe the inside of an hour, best first."""

SIMULATED = "simulated"


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
    data_hash : str
        SHA-256 over the silver rows read.
    """

    symbol: str
    venue: str
    grid: pl.DataFrame
    table: pl.DataFrame
    panel: Panel
    used: Mapping[str, int]
    data_hash: str

    @property
    def simulated(self) -> bool:
        """Whether the market is a simulated one."""
        return self.venue == SIMULATED


class Reader:
    """Reads silver as of a moment, and keeps account of what it read."""

    def __init__(
        self,
        lake: Lake,
        venues: Sequence[str],
        as_of: datetime | None,
        versions: Mapping[str, int] | None,
    ) -> None:
        self.lake = lake
        self.venues = tuple(venues)
        self.as_of = as_of
        self.versions = lake.data_versions() if versions is None else versions
        self.used: dict[str, int] = {}
        self.hashes: dict[str, str] = {}

    def bars(self, symbol: str, interval: str) -> pl.DataFrame | None:
        """Bars from the first venue that has them; None where none has."""
        for venue in self.venues:
            table = f"silver/bars/{venue}_{symbol}_{interval}"
            if table in self.versions:
                rows = self.lake.bars(symbol, interval, (venue,), self.as_of, self.versions)
                return self._noted(table, rows)
        return None

    def observations(self, series: str) -> pl.DataFrame | None:
        """Observations from the first venue that has them; None where none has."""
        for key in self.lake.series("observations"):
            table = silver_table(key)
            if key.symbol == series and table in self.versions:
                rows = self.lake.observations(series, (key.venue,), self.as_of, self.versions)
                return self._noted(table, rows)
        return None

    def _noted(self, table: str, rows: pl.DataFrame) -> pl.DataFrame | None:
        self.used[table] = self.versions[table]
        self.hashes[table] = frame_hash(rows)
        return rows if rows.height else None


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
        If the lake has no hourly bars of the symbol.
    """
    others = [key.venue for key in lake.series("bars") if key.venue not in settings.venues]
    # Marks are not trades, and a simulated market is only used where nothing else is.
    venues = (*settings.venues, *sorted(set(others)))
    real = [v for v in venues if v != SIMULATED and not v.endswith("_mark")]
    reader = Reader(lake, (*real, SIMULATED), as_of, versions)
    bars = reader.bars(symbol, "1h")
    if bars is None:
        known = sorted({key.symbol for key in lake.series("bars") if key.interval == "1h"})
        raise NotEnoughDataError(
            f"no hourly bars of {symbol} in the lake; it has {', '.join(known) or 'none'}; "
            "ingest some with `barograph ingest FOLDER`"
        )
    venue = str(bars["venue"][0])
    if as_of is None:
        # The origin is the last bar's close: nothing that came later may be read beside it.
        reader.as_of = bars["close_time"].max()  # type: ignore[assignment]
    # Everything beside the bars must come from the same world.
    reader.venues = (SIMULATED,) if venue == SIMULATED else tuple(real)
    grid = hourly_grid(
        bars,
        intrabar=first(reader.bars(symbol, interval) for interval in INTRABAR),
        peer=first(reader.bars(peer, "1h") for peer in peers(settings, symbol)),
        funding=None if venue == SIMULATED else reader.observations(f"funding_rate_{symbol}"),
    )
    table = build(grid, features)
    return Dataset(
        symbol=symbol,
        venue=venue,
        grid=grid,
        table=table,
        panel=panel_of(symbol, settings.horizons, grid, table),
        used=reader.used,
        data_hash=value_hash(reader.hashes),
    )


def keep_gold(lake: Lake, dataset: Dataset, features: Mapping[str, Feature]) -> int:
    """Write features and targets to the gold table; returns the version that holds them."""
    panel = dataset.panel
    targets = {
        f"{name}_{hours}h": values[:, k]
        for name, values in (
            ("target_return", panel.target_return),
            ("target_variance", panel.target_variance),
        )
        for k, hours in enumerate(panel.horizons)
    }
    columns = [pl.Series(name, values).fill_nan(None) for name, values in targets.items()]
    identity = value_hash({"data": dataset.data_hash, "features": feature_set_hash(features)})
    return gold.write(lake, dataset.symbol, dataset.table.with_columns(columns), identity)


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
