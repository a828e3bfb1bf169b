"""Comma-separated text, line by line: one row out per line in, however damaged.

A general CSV reader refuses or repairs a damaged line; the quarantine needs to see it. No layout
here has a comma inside a cell, so a line is split at its commas and a wrong count is a fault.
Blank lines are no rows.
"""

import re
from collections.abc import Sequence
from itertools import islice

import polars as pl

from barograph.sources.cells import FAULT

ADVERT = ("http://", "https://", "www.")


def lines(content: bytes, limit: int | None = None) -> list[str]:
    """Lines that hold something, the first ``limit`` of them; the supplier's link left out.

    Bytes that are no UTF-8 become ``U+FFFD``, so that only the cell they are in is unreadable.
    """
    if limit is not None:
        content = content[: limit * 2_000]
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    filled = (line for line in text.split("\n") if line.strip())
    kept = list(filled if limit is None else islice(filled, limit + 1))
    if kept and kept[0].strip().strip('"').lower().startswith(ADVERT):
        kept = kept[1:]
    return kept if limit is None else kept[:limit]


def split(line: str) -> list[str]:
    """Cells of one line, without quotes and blanks around them."""
    return [cell.strip().strip('"').strip() for cell in line.split(",")]


def is_number(cell: str) -> bool:
    """Whether a cell is a number; ``nan`` and blanks are not."""
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell))


def plain_name(cell: str) -> str:
    """Column name without case, quotes and signs: ``Volume_(BTC)`` to ``volume_btc``."""
    return re.sub(r"[^a-z0-9]+", "_", cell.lower()).strip("_")


def header(content: bytes) -> tuple[str, ...]:
    """Plain, unique names of the first line's cells; empty where one of them is a number."""
    first = lines(content, limit=1)
    cells = split(first[0]) if first else []
    if len(cells) < 2 or any(is_number(cell) for cell in cells):
        return ()
    names: list[str] = []
    for place, cell in enumerate(cells):
        name = plain_name(cell)
        names.append(name if name and name not in names else f"{name}_column_{place}")
    return tuple(names)


def table(rows: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    """Cells of every line as text.

    Parameters
    ----------
    rows : sequence of str
        Lines, without the header.
    names : sequence of str
        Column names, unique, in the order of the cells.

    Returns
    -------
    cells : DataFrame
        ``names`` and ``fault``, one row per line; the cells of a line of another width are null.
    """
    line = pl.col("line")
    width = line.str.count_matches(",", literal=True) + 1
    fits = width == len(names)
    parts = line.str.replace_all('"', "", literal=True).str.split_exact(",", len(names) - 1)
    problem = pl.format("{} cells, wanted {}", width, pl.lit(len(names)))
    return (
        pl.DataFrame({"line": rows}, schema={"line": pl.String})
        .select(
            parts.struct.rename_fields(list(names)).alias("parts"),
            pl.when(fits).then(None).otherwise(problem).alias(FAULT),
        )
        .unnest("parts")
        .with_columns(pl.when(pl.col(FAULT).is_null()).then(pl.col(names)))
    )
