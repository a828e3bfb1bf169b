"""Raw bars of both legs into the pair's workspace: from the lake or from files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from barograph.core.errors import InputError
from barograph.core.hashing import digest
from barograph.core.payload import Payload, SeriesKey
from barograph.core.settings import Settings
from barograph.core.time import Clock, now
from barograph.lake.lake import Lake, silver_table
from barograph.pair.download import as_raw, candidates, choose
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.workspace import FORMAT, PAIR, SYMBOLS, Workspace
from barograph.pipelines.dataset import HOURLY, SIMULATED, Reader, real_venues
from barograph.pipelines.pair_prepare import ORIGINS, TRACE, raw_stem
from barograph.sources import catalogue, files


@dataclass(frozen=True, slots=True)
class Leg:
    """Raw bars of one leg.

    Attributes
    ----------
    rows : DataFrame
        Schema ``RAW``.
    venue : str
        Whose they are; ``simulated`` for made-up or replayed ones.
    source : str
        In words, for people.
    traced : Mapping[str, Any]
        Files with their hashes, or the version of a table.
    """

    rows: pl.DataFrame
    venue: str
    source: str
    traced: Mapping[str, Any] = field(default_factory=dict)


def from_lake(
    place: Workspace, heart: Heartbeat, folder: Path, settings: Settings, clock: Clock = now
) -> dict[str, Any]:
    """Take the bars a lake holds.

    Parameters
    ----------
    place : Workspace
        Where to.
    heart : Heartbeat
        Told how it is getting on.
    folder : Path
        The lake; only read.
    settings : Settings
        For the order of venues.
    clock : Clock
        The present.

    Returns
    -------
    origins : dict
        What ``download.json`` holds.

    Raises
    ------
    InputError
        If the lake lacks a leg.
    LakeError
        If there is no lake, or another run holds the workspace.
    """
    lake = Lake(folder, create=False)
    keys = [key for key in lake.series("bars") if key.interval in HOURLY]
    chosen = choose(keys, (*real_venues(lake, settings), SIMULATED))
    reader = Reader(lake, None, None)
    with place.held(), heart.stage("download") as stage:
        legs: dict[str, Leg] = {}
        for count, (symbol, key) in enumerate(chosen.items(), start=1):
            hours = reader.hours(key.symbol, (key.venue,))
            if hours is None:
                raise InputError(f"{key.name} in the lake at {folder} has no complete hour")
            interval = reader.interval(key.symbol, key.venue) or key.interval
            used = SeriesKey("bars", key.venue, key.symbol, interval)
            table = silver_table(used)
            traced = {"table": table, "version": reader.versions[table]}
            legs[symbol] = Leg(as_raw(hours), key.venue, f"lake {used.name}", traced)
            stage.beat(count / len(chosen), symbol=symbol, rows=hours.height)
        return store(place, legs, clock())


def from_files(
    place: Workspace, heart: Heartbeat, where: Path, settings: Settings, clock: Clock = now
) -> dict[str, Any]:
    """Take the hourly bars of a folder of files, every row of them, good or bad.

    Parameters
    ----------
    place, heart, settings, clock
        As for ``from_lake``.
    where : Path
        A folder as for ``barograph ingest``; only read.

    Raises
    ------
    InputError, LayoutError
        If it lacks a leg, or a file cannot be read at all.
    LakeError
        If another run holds the workspace.
    """
    payloads: dict[SeriesKey, list[Payload]] = {}
    if where.is_file():
        raise InputError(f"{where} is one file, and a pair has two legs; name the folder of both")
    for payload in files.payloads(where, candidates(), ("1h",)):
        if payload.key.kind == "bars":
            payloads.setdefault(payload.key, []).append(payload)
    chosen = choose(payloads, settings.venues)
    with place.held(), heart.stage("download") as stage:
        legs = {}
        for count, (symbol, key) in enumerate(chosen.items(), start=1):
            parts = [as_raw(catalogue.read(one), clock()) for one in payloads[key]]
            traced = {
                "files": [
                    {"name": one.name, "sha256": digest(one.content), "rows": part.height}
                    for one, part in zip(payloads[key], parts, strict=True)
                ]
            }
            rows = pl.concat(parts)
            legs[symbol] = Leg(rows, key.venue, f"files {key.name}", traced)
            stage.beat(count / len(chosen), symbol=symbol, rows=rows.height, requests=len(parts))
        return store(place, legs, clock())


def store(place: Workspace, legs: Mapping[str, Leg], present: datetime) -> dict[str, Any]:
    """Write both legs, CSV and Parquet, and last of all where they came from.

    What was prepared of other bars is prepared no longer.
    """
    place.inside(place.clean / TRACE).unlink(missing_ok=True)
    told: dict[str, Any] = {}
    for symbol in SYMBOLS:
        leg = legs[symbol]
        written = place.write_table(raw_stem(place, symbol), leg.rows)
        opened = leg.rows["ts"].drop_nulls().sort()
        told[symbol] = {
            "venue": leg.venue,
            "source": leg.source,
            "simulated": leg.venue == SIMULATED,
            "rows": leg.rows.height,
            "first": opened.first(),
            "last": opened.last(),
            **leg.traced,
            "written": written,
        }
    origins = {
        "format": FORMAT,
        "pair": PAIR,
        "downloaded_at": present.isoformat(),
        "simulated": any(one["simulated"] for one in told.values()),
        "legs": told,
    }
    place.write_json(place.raw / ORIGINS, origins)
    return origins


def lines(place: Workspace, origins: Mapping[str, Any]) -> tuple[str, ...]:
    """What was downloaded, in words."""
    mark = "SIMULATED " if origins["simulated"] else ""
    return tuple(
        f"{mark}{raw_stem(place, symbol)}.csv, .parquet: {leg['rows']:,} bars, "
        f"{leg['first']:%Y-%m-%d %H:%M} to {leg['last']:%Y-%m-%d %H:%M} UTC, from {leg['source']}"
        for symbol, leg in origins["legs"].items()
    )
