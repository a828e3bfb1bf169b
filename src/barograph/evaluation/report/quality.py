"""What came in, what was kept, what was set aside, what is missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.facts import Facts
from barograph.page.style import Drawing

TITLE = "Data quality"
GAPS_SHOWN: Final = 40
NOTHING: Final = (
    "Nothing was ingested in this run, so there is nothing to account for; "
    "`barograph ingest FOLDER` or `run --data FOLDER` says what cleaning found."
)


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Counts that add up, and the gaps."""
    if not inputs.quality:
        return [b.Note(NOTHING, "warn")]
    blocks: list[b.Block | Drawing] = [
        b.Note(sentence(inputs.quality), "say"),
        table(inputs.quality),
    ]
    blocks += [
        table_
        for table_ in (reason_table(inputs.quality), gap_table(inputs.quality))
        if table_.rows
    ]
    blocks.append(
        b.Note(
            "Every row read is in exactly one place: silver (used), a duplicate of a silver row, "
            "or quarantine with the reason. A missing bar stays missing: its hours get no forecast "
            "and no target ends on it."
        )
    )
    return blocks


def sentence(quality: Sequence[Facts]) -> str:
    """Rows read, and whether they all add up."""
    total = sum(_count(row, "read") for row in quality)
    aside = sum(_count(row, "quarantined") for row in quality)
    broken = [str(row["series"]) for row in quality if not adds_up(row)]
    verdict = f"the counts of {b.join(broken)} do NOT add up" if broken else "all counts add up"
    return (
        f"{total:,} rows were read in {len(quality)} series, {aside:,} of them quarantined; "
        f"{verdict}."
    )


def _count(row: Facts, name: str) -> int:
    value = row.get(name, 0)
    return value if isinstance(value, int) else 0


def adds_up(row: Facts) -> bool:
    """Whether read = silver + duplicates + quarantined."""
    parts_ = ("silver", "duplicates", "quarantined")
    return _count(row, "read") == sum(_count(row, name) for name in parts_)


def table(quality: Sequence[Facts]) -> b.Table:
    """One row a series."""
    cells = []
    for row in quality:
        gaps = _gaps(row)
        span = " – ".join(moment(row[name])[:10] for name in ("first", "last") if row.get(name))
        cells.append(
            (
                b.words(str(row["series"]), "head"),
                b.words(str(row.get("venue") or b.MISSING)),
                b.words(span or b.MISSING),
                *(
                    b.number(_count(row, name), ",d")
                    for name in ("read", "silver", "duplicates", "quarantined")
                ),
                b.words("yes" if adds_up(row) else "NO", "" if adds_up(row) else "down"),
                b.number(len(gaps), ",d"),
            )
        )
    columns = (
        "series",
        "venue",
        "span",
        "read",
        "silver",
        "duplicates",
        "quarantined",
        "adds up",
        "gaps",
    )
    return b.Table(columns, tuple(cells), "read = silver + duplicates + quarantined")


def _gaps(row: Facts) -> list[object]:
    gaps = row.get("gaps")
    return list(gaps) if isinstance(gaps, list | tuple) else []


def reason_table(quality: Sequence[Facts]) -> b.Table:
    """Rows in quarantine by reason, and rows kept but flagged."""
    rows = []
    for row in quality:
        reasons = row.get("reasons")
        counted = dict(reasons) if isinstance(reasons, Mapping) else {}
        if _count(row, "flagged"):
            counted["flagged as suspicious, kept"] = _count(row, "flagged")
        rows += [
            (b.words(str(row["series"]), "head"), b.words(str(reason)), b.number(count, ",d"))
            for reason, count in counted.items()
        ]
    columns = ("series", "reason", "rows")
    return b.Table(columns, tuple(rows), "Rows set aside or flagged, by reason", folded=True)


def gap_table(quality: Sequence[Facts]) -> b.Table:
    """The gaps, folded away; the last ones of a long list."""
    rows, left_out = [], 0
    for row in quality:
        gaps = _gaps(row)
        left_out += max(len(gaps) - GAPS_SHOWN, 0)
        rows += [
            (b.words(str(row["series"]), "head"), b.words(_gap(gap))) for gap in gaps[-GAPS_SHOWN:]
        ]
    more = f"; {left_out} earlier ones left out" if left_out else ""
    return b.Table(("series", "missing"), tuple(rows), f"Gaps, never filled{more}", folded=True)


def _gap(gap: object) -> str:
    if isinstance(gap, Mapping):
        span = " – ".join(moment(gap[end]) for end in ("from", "to") if gap.get(end) is not None)
        hours = gap.get("hours")
        return f"{span} ({hours:g} h)" if isinstance(hours, int | float) else span
    if isinstance(gap, tuple | list):
        return " – ".join(moment(part) for part in gap)
    return str(gap)


def moment(value: object) -> str:
    """A moment to the minute; anything else as it is."""
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
