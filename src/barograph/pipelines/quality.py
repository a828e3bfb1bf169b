"""What cleaning did with every row behind a run, counted anew from bronze."""

from collections.abc import Iterable, Mapping

from barograph.core.payload import SeriesKey
from barograph.lake import bronze
from barograph.lake.cleaning import clean
from barograph.lake.lake import Lake, silver_table
from barograph.lake.silver import parse
from barograph.pipelines.ingest import unpacking
from barograph.sources.catalogue import layouts


def accounts(lake: Lake, tables: Iterable[str]) -> tuple[Mapping[str, object], ...]:
    """Account of every series used, over all that was ever ingested of it.

    Parameters
    ----------
    lake : Lake
        Where bronze lies.
    tables : iterable of str
        Silver tables.

    Returns
    -------
    facts : tuple of Mapping
        Per series: venue, first and last moment, rows read = silver + duplicates + quarantined,
        flagged, reasons, gaps.
    """
    wanted = set(tables)
    keys = [key for key in lake.series() if silver_table(key) in wanted]
    return tuple(account(lake, key) for key in keys)


def account(lake: Lake, key: SeriesKey) -> Mapping[str, object]:
    """Account of one series as plain values."""
    cleaned = clean(parse(bronze.fresh(lake, key, None), key, unpacking(layouts())), key)
    report = cleaned.report
    time = "open_time" if key.kind == "bars" else "event_time"
    return {
        "series": report.series,
        "venue": key.venue,
        "first": cleaned.silver[time].min(),
        "last": cleaned.silver[time].max(),
        "read": report.read,
        "silver": report.silver,
        "duplicates": report.duplicates,
        "quarantined": report.quarantined,
        "flagged": report.flagged,
        "reasons": dict(report.reasons),
        "gaps": [
            {"from": gap.start, "to": gap.end, "hours": gap.hours, "bars": gap.bars}
            for gap in report.gaps
        ],
    }
