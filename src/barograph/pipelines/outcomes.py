"""Publish forecasts, and record what became of them as their horizons pass."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from barograph.core.levels import SCORED, column
from barograph.core.payload import SeriesKey
from barograph.core.settings import Settings
from barograph.core.time import HOUR, parse_moment
from barograph.features.base import Feature
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake, silver_table
from barograph.ledger.forecasts import Entry, Ledger
from barograph.ledger.outcomes import Outcome, Outcomes
from barograph.ledger.payload import Row
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.dataset import Reader, choose_venue, hours_of
from barograph.pipelines.forecast import Forecast, publication
from barograph.targets.garman_klass import hourly_gk_variance


def issue(
    lake: Lake,
    settings: Settings,
    features: Mapping[str, Feature],
    made: Sequence[Forecast],
    now: datetime,
) -> tuple[Entry, ...]:
    """Publish forecasts, then record what became of earlier ones.

    Returns
    -------
    entries : tuple of Entry
        Their places in the ledger.
    """
    publications = [publication(lake, settings, features, one, now) for one in made]
    entries = Ledger(ledger_folder(lake)).publish(publications)
    mature(lake, now)
    return entries


def mature(lake: Lake, now: datetime) -> int:
    """Record the outcome of every published horizon that has passed and whose bars are there.

    A horizon whose target bar the lake does not have yet waits; once later bars are there and
    the target bar is not, the outcome is recorded as missing.

    Returns
    -------
    recorded : int
        How many were new.
    """
    folder = ledger_folder(lake)
    record = Outcomes(folder)
    due = record.due(Ledger(folder).entries(), now)
    tables = {entry.sequence: price_table(lake, entry) for entry, _ in due}
    grids = {table: prices(lake, table) for table in sorted(set(tables.values()))}
    outcomes = []
    for entry, row in due:
        outcome = outcome_of(entry, row, grids[tables[entry.sequence]], now)
        if outcome is not None:
            outcomes.append(outcome)
    return record.record(outcomes)


def prices(lake: Lake, table: str) -> pl.DataFrame:
    """Close and hourly variance of a silver table of bars, on the grid."""
    grid = hourly_grid(hours_of(lake.read(table)).sort("open_time"))
    columns = [grid[name].cast(pl.Float64).to_numpy() for name in ("open", "high", "low", "close")]
    return grid.select("as_of", "close", v=pl.Series(hourly_gk_variance(*columns)).fill_nan(None))


def price_table(lake: Lake, entry: Entry) -> str:
    """Silver table whose bars the entry was made from, chosen as it was then."""
    said = entry.published
    reader = Reader(lake, said.as_of, said.data_versions)
    venue = choose_venue(reader, Settings.model_validate(said.settings), said.symbol)
    interval = reader.interval(said.symbol, venue) or "1h"
    return silver_table(SeriesKey("bars", venue, said.symbol, interval))


def outcome_of(entry: Entry, row: Row, grid: pl.DataFrame, now: datetime) -> Outcome | None:
    """Outcome of one horizon; None while the lake does not reach its target time."""
    begin, end = entry.published.as_of, parse_moment(str(row["target_time"]))
    if grid.is_empty() or grid["as_of"][-1] < end:
        return None
    span = grid.filter(pl.col("as_of").is_between(begin, end))
    first, last = span["close"][0], span["close"][-1]
    known = first is not None and last is not None
    realised = math.log(last / first) if known else None
    inside = span["v"][1:]
    whole = inside.null_count() == 0 and len(inside) == (end - begin) // HOUR
    variance = math.fsum(inside) if whole else None
    return Outcome(
        forecast_sequence=entry.sequence,
        forecast_hash=entry.entry_hash,
        symbol=entry.published.symbol,
        as_of=begin,
        horizon_hours=int(str(row["horizon_hours"])),
        target_time=end,
        recorded_at=now,
        realised_return=realised,
        realised_variance=variance,
        retrospective=entry.published.had_passed(row),
        scores=scores(row, realised, variance),
    )


def scores(row: Row, realised: float | None, variance: float | None) -> dict[str, float]:
    """Pinball over the scored levels, and QLIKE; those that can be computed."""
    found: dict[str, float] = {}
    if realised is not None:
        losses = []
        for level in SCORED:
            miss = realised - float(str(row[column(level)]))
            losses.append(max(level * miss, (level - 1.0) * miss))
        found["pinball"] = sum(losses) / len(losses)
    if variance is not None:
        ratio = variance / float(str(row["variance"]))
        found["qlike"] = ratio - math.log(ratio) - 1.0
    return found
