"""What stopped trading by itself, and what kept signals from trading."""

import polars as pl

from barograph.page import blocks as b
from barograph.page.style import Drawing
from barograph.trading.report.inputs import ReportInputs

TITLE = "Breakers and gates"
LISTED = 200
"""Rows of a long list that are shown; all are in the files."""


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Counts, and each event with its reason and release."""
    blocks: list[b.Block | Drawing] = [b.Note(sentence(inputs), "say")]
    if not inputs.tripped.is_empty():
        blocks.append(tripped(inputs))
    if not inputs.refused.is_empty():
        blocks += [gates(inputs), refused(inputs)]
    return [
        *blocks,
        b.Note(
            "A breaker looks at the account or the market and holds for a stated time: five losing "
            "trades in a row, a fall within a day, a crash within an hour. A gate looks at a "
            "signal and lets it pass or not. A liquidation and the end of an account are listed "
            "with the breakers; they have no release."
        ),
    ]


def sentence(inputs: ReportInputs) -> str:
    """How often, of which kind."""
    counts = inputs.tripped.group_by("breaker", maintain_order=True).len().iter_rows()
    said = [f"{name} {count:,} times" if count != 1 else f"{name} once" for name, count in counts]
    first = f"Breakers tripped: {b.join(said)}." if said else "No breaker tripped."
    hours = int(inputs.refused["hours"].sum()) if not inputs.refused.is_empty() else 0
    second = f"Signals refused by gates: {hours:,}." if hours else "No gate refused a signal."
    return f"{first} {second}"


def tripped(inputs: ReportInputs) -> b.Table:
    """Each trip."""
    rows = tuple(
        (
            b.words(f"{row['time']:%Y-%m-%d %H:%M}", "head"),
            b.words(row["breaker"]),
            b.words(row["reason"]),
            b.words(released(row["until"])),
        )
        for row in inputs.tripped.tail(LISTED).iter_rows(named=True)
    )
    columns = ("tripped, UTC", "breaker", "reason", "released")
    caption = f"Every trip ({inputs.tripped.height:,})"
    if inputs.tripped.height > LISTED:
        caption = f"The last {LISTED} of {inputs.tripped.height:,} trips"
    return b.Table(columns, rows, caption, folded=len(rows) > 12)


def gates(inputs: ReportInputs) -> b.Table:
    """Each gate in all."""
    by_gate = inputs.refused.group_by("gate", maintain_order=True).agg(
        pl.col("hours").sum(),
        stretches=pl.len(),
        first=pl.col("since").min(),
        last=pl.col("since").max(),
    )
    rows = tuple(
        (
            b.words(name, "head"),
            b.number(hours, ",d"),
            b.number(stretches, ",d"),
            b.words(f"{first:%Y-%m-%d}"),
            b.words(f"{last:%Y-%m-%d}"),
        )
        for name, hours, stretches, first, last in by_gate.iter_rows()
    )
    return b.Table(("gate", "hours", "stretches", "first", "last"), rows, "Signals refused")


def refused(inputs: ReportInputs) -> b.Table:
    """The longest refusals."""
    longest = inputs.refused.sort("hours", descending=True, maintain_order=True).head(20)
    rows = tuple(
        (
            b.words(f"{row['since']:%Y-%m-%d %H:%M}", "head"),
            b.words(row["symbol"]),
            b.words(row["gate"]),
            b.number(row["hours"], ",d"),
            b.words(row["reason"]),
            b.words(released(row["released"])),
        )
        for row in longest.iter_rows(named=True)
    )
    columns = ("from, UTC", "symbol", "gate", "hours", "reason", "released")
    return b.Table(columns, rows, "The longest refusals", folded=True)


def released(moment: object) -> str:
    """When something let go."""
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
