"""From bronze to silver: parse what is new, clean it, commit it; resumes wherever it was cut.

Order of commits: quarantine first, then silver, which carries the mark of how much of bronze it
contains. A crash between the two leaves the mark where it was, so the work is done again, and
the quarantine rows of a batch that are there already are not added a second time. Of two
programs that refine one series at once, one is told to run again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from barograph.core.columns import BAR_VALUES, PARSED_BARS, PARSED_OBSERVATIONS, PRICES
from barograph.core.errors import InputError, LakeError
from barograph.core.payload import Layout, SeriesKey
from barograph.core.time import interval_length
from barograph.lake import bronze
from barograph.lake.cleaning import (
    EXTRA,
    JUMP_WINDOW,
    ORIGIN,
    Cleaned,
    account,
    clean,
    count_reasons,
    flag_jumps,
    gaps,
    spoilt,
)
from barograph.lake.lake import Lake, describe, quarantine_table, silver_table
from barograph.lake.report import CleaningReport, Gap
from barograph.lake.tables import Note

MARK: Final = "bronze"
"""Mark on silver and quarantine: the version of bronze they contain."""

SMALL_FILES: Final = 100
"""Appends to a table before it is compacted."""


@dataclass(frozen=True, slots=True)
class Quality:
    """State of a whole silver series, for reports.

    Attributes
    ----------
    series : str
        Its name.
    rows : int
        Rows in silver.
    first, last : datetime or None
        Time of the first and last row; None where silver is empty.
    flagged : int
        Bars kept though they jumped.
    quarantined : Mapping[str, int]
        Refused rows by kind of reason.
    gaps : tuple of Gap
        Missing bars; empty for observations.
    """

    series: str
    rows: int
    first: datetime | None
    last: datetime | None
    flagged: int
    quarantined: Mapping[str, int]
    gaps: tuple[Gap, ...]


def refine(lake: Lake, key: SeriesKey, layouts: Mapping[str, Layout]) -> CleaningReport:
    """Bring silver of one series up to date with bronze.

    Rows that only continue the series are appended; when anything older is added or contradicted,
    silver is made anew from all of bronze. Either way gives the same rows.

    Parameters
    ----------
    lake : Lake
        The lake.
    key : SeriesKey
        The series.
    layouts : Mapping[str, Layout]
        Readers of content as it was sent, by name; every layout in bronze must be among them.

    Returns
    -------
    report : CleaningReport
        Of the rows read this time (all rows of the series where silver was made anew, none where
        there was nothing new); its gaps are those of the whole series.

    Raises
    ------
    LakeError
        If bronze names an unknown layout or is damaged, or a commit failed.
    """
    table, refused = silver_table(key), quarantine_table(key)
    before = lake.mark(refused, MARK)
    done = lake.mark(table, MARK)
    upto = lake.version(bronze.TABLE)
    if upto is None or done == upto:
        return _nothing_new(lake, key)
    fresh = bronze.fresh(lake, key, done)
    if fresh.is_empty():
        return _nothing_new(lake, key)
    note = Note(seen={MARK: upto}, expects={MARK: done}, about=describe(key))
    refusal = replace(note, expects={MARK: before})
    rows = parse(fresh, key, layouts)
    bad = spoilt(rows, key, dict(fresh.select("batch", "name").iter_rows()))
    if done is not None:
        report = _extend(lake, key, rows, note, refusal)
        if report is not None:
            return replace(report, spoilt=bad)
        rows = parse(bronze.fresh(lake, key, None), key, layouts)
    cleaned = clean(rows, key)
    lake.overwrite(refused, cleaned.quarantine, refusal)
    lake.overwrite(table, cleaned.silver, note)
    return replace(cleaned.report, spoilt=bad)


def pending(lake: Lake) -> tuple[SeriesKey, ...]:
    """Series with payloads in bronze that silver does not contain yet."""
    keys = bronze.keys(lake)
    marks = {key: lake.mark(silver_table(key), MARK) for key in keys}
    upto = lake.version(bronze.TABLE)
    behind = (key for key in keys if marks[key] != upto)
    return tuple(key for key in behind if bronze.any_since(lake, key, marks[key]))


def quality(lake: Lake, key: SeriesKey) -> Quality:
    """State of a whole silver series.

    Raises
    ------
    LakeError
        If there is no silver table of that series.
    """
    time = _time(key)
    rows = lake.read(silver_table(key)).sort(time)
    refused = quarantine_table(key)
    bars = key.kind == "bars"
    return Quality(
        series=key.name,
        rows=rows.height,
        first=rows[time].first(),  # type: ignore[arg-type]
        last=rows[time].last(),  # type: ignore[arg-type]
        flagged=rows["flag"].count() if bars else 0,
        quarantined=count_reasons(lake.read(refused)) if lake.exists(refused) else {},
        gaps=gaps(rows[time], interval_length(key.interval)) if bars else (),
    )


def parse(payloads: pl.DataFrame, key: SeriesKey, layouts: Mapping[str, Layout]) -> pl.DataFrame:
    """Parsed rows of bronze payloads, each with its origin.

    A payload that its layout cannot read at all becomes one row with the fault said.

    Parameters
    ----------
    payloads : DataFrame
        Schema ``BRONZE``.
    key : SeriesKey
        The series they belong to.
    layouts : Mapping[str, Layout]
        Readers by name.

    Returns
    -------
    rows : DataFrame
        ``PARSED_BARS`` or ``PARSED_OBSERVATIONS`` with ``ORIGIN``.

    Raises
    ------
    LakeError
        If a layout is unknown.
    """
    schema = PARSED_BARS if key.kind == "bars" else PARSED_OBSERVATIONS
    parts = [pl.DataFrame(schema={**schema, **ORIGIN})]
    for entry in payloads.iter_rows(named=True):
        layout = layouts.get(entry["layout"])
        if layout is None:
            raise LakeError(
                f"bronze batch {entry['batch']} of {key.name} is in layout {entry['layout']!r}; "
                f"this program reads {', '.join(layouts)}"
            )
        try:
            rows = layout.parse(entry["content"])
        except (InputError, pl.exceptions.PolarsError) as error:
            said = " ".join(str(error).split())[:300]
            whole = {"row": [0], "fault": [f"whole payload {entry['name']}: {said}"]}
            rows = pl.DataFrame({name: whole.get(name, [None]) for name in schema}, schema=schema)
        origin = (
            pl.lit(entry["batch"]).alias("batch"),
            pl.lit(entry["ingested_at"], ORIGIN["ingested_at"]).alias("ingested_at"),
            pl.lit(layout.delay, ORIGIN["delay"]).alias("delay"),
        )
        parts.append(rows.select(*schema).with_columns(origin))
    return pl.concat(parts)


def _extend(
    lake: Lake, key: SeriesKey, rows: pl.DataFrame, note: Note, refusal: Note
) -> CleaningReport | None:
    """Append rows that only continue the series; None where silver must be made anew."""
    table, time = silver_table(key), _time(key)
    held = lake.read(table).sort(time)
    cleaned = clean(rows, key)
    split = _continues(cleaned, held, key)
    if split is None:
        return None
    added = split
    if key.kind == "bars":
        added = flag_jumps(split, interval_length(key.interval), held.tail(JUMP_WINDOW + 1))
    _refuse(lake, key, cleaned.quarantine, refusal)
    lake.append(table, added, note)
    for name in (table, quarantine_table(key)):
        if (lake.version(name) or 0) % SMALL_FILES == SMALL_FILES - 1:
            lake.compact(name)
    whole = pl.concat([held.select(time), added.select(time)])
    return account(key, rows.height, added, cleaned.quarantine, whole)


def _continues(cleaned: Cleaned, held: pl.DataFrame, key: SeriesKey) -> pl.DataFrame | None:
    """Silver rows that come after all that is held, if the others are held already."""
    time = _time(key)
    if held.is_empty() or cleaned.silver.is_empty():
        return None if held.is_empty() else cleaned.silver
    last, arrived = held[time].max(), held["ingested_at"].max()
    new = cleaned.silver.filter(pl.col(time) > last)
    known = cleaned.silver.filter(pl.col(time) <= last)
    if not (cleaned.silver["ingested_at"] >= arrived).all():
        return None
    return new if _says_nothing_new(known, held, key) else None


def _says_nothing_new(known: pl.DataFrame, held: pl.DataFrame, key: SeriesKey) -> bool:
    """Whether each row is, as it stands or without its flows, the row that is held."""
    if key.kind != "bars":
        latest = held.group_by("event_time").agg(pl.col("value").last())
        return known.join(latest, on=["event_time", "value"], how="anti").is_empty()
    unheld = known.join(held, on=list(BAR_VALUES), how="anti", nulls_equal=True)
    bare = pl.all_horizontal(pl.col(name).is_null() for name in EXTRA)
    core = ["open_time", *PRICES, "volume"]
    told = unheld.filter(~bare).height
    return told == 0 and unheld.join(held, on=core, how="anti", nulls_equal=True).is_empty()


def _refuse(lake: Lake, key: SeriesKey, quarantine: pl.DataFrame, note: Note) -> None:
    """Add refused rows, but none of a batch whose rows are there from an interrupted run."""
    table = quarantine_table(key)
    if lake.exists(table):
        there = lake.read(table, columns=["batch"]).unique()
        quarantine = quarantine.join(there, on="batch", how="anti")
    if not quarantine.is_empty():
        lake.append(table, quarantine, note)


def _nothing_new(lake: Lake, key: SeriesKey) -> CleaningReport:
    table = silver_table(key)
    holes: tuple[Gap, ...] = ()
    if key.kind == "bars" and lake.exists(table):
        times = lake.read(table, columns=["open_time"])["open_time"].sort()
        holes = gaps(times, interval_length(key.interval))
    return CleaningReport(key.name, 0, 0, 0, 0, gaps=holes)


def _time(key: SeriesKey) -> str:
    return "open_time" if key.kind == "bars" else "event_time"
