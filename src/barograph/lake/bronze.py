"""Bronze: exactly what a supplier sent, byte for byte, with its source, batch and arrival."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from barograph.core.errors import LakeError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import MOMENT
from barograph.lake.lake import Lake
from barograph.lake.tables import MarkMovedError, Note

TABLE: Final = "bronze/payloads"

BRONZE: Final[dict[str, pl.DataType]] = {
    "batch": pl.String(),
    "source": pl.String(),
    "kind": pl.String(),
    "venue": pl.String(),
    "symbol": pl.String(),
    "interval": pl.String(),
    "layout": pl.String(),
    "name": pl.String(),
    "content": pl.Binary(),
    "sha256": pl.String(),
    "ingested_at": MOMENT,
}


def batch_of(payload: Payload) -> str:
    """Name of a batch: the same bytes for the same series in the same layout are the same batch.

    The first 32 hex digits of a SHA-256 over the series, the layout and the content.
    """
    key = payload.key
    head = "\0".join((key.kind, key.venue, key.symbol, key.interval, payload.layout, ""))
    return hashlib.sha256(head.encode() + payload.content).hexdigest()[:32]


def add(lake: Lake, payload: Payload, ingested_at: datetime) -> bool:
    """Keep a payload; when this returns, it is in the lake for good.

    Parameters
    ----------
    lake : Lake
        Where to.
    payload : Payload
        What the supplier sent.
    ingested_at : datetime
        When it came.

    Returns
    -------
    new : bool
        False where the same bytes are there already: nothing is added then.

    Raises
    ------
    LakeError
        If it could not be written; the lake is as it was.
    """
    batch = batch_of(payload)
    # The mark goes with the row in one commit: two writers of the same bytes cannot both win.
    note = Note(seen={batch: 1}, expects={batch: None})
    try:
        lake.append(TABLE, frame([payload], ingested_at), note)
    except MarkMovedError:
        return False
    except LakeError:  # the same bytes from another writer, in the very moment of the commit
        if lake.mark(TABLE, batch) is None:
            raise
        return False
    return True


def add_all(
    lake: Lake, payloads: Sequence[Payload], ingested_at: datetime
) -> tuple[list[bool], int | None]:
    """Keep payloads in one commit: all that are new, or none.

    Parameters
    ----------
    lake, payloads, ingested_at
        As for ``add``.

    Returns
    -------
    new : list of bool
        Per payload: False where the same bytes are there already, or come earlier in the list.
    version : int or None
        Of bronze, with all of them in it; None where there is no bronze.

    Raises
    ------
    LakeError
        If they could not be written, or another writer was there first; the lake is as it was.
    """
    batches = [batch_of(payload) for payload in payloads]
    new = [batch not in batches[:place] for place, batch in enumerate(batches)]
    try:
        return new, _commit(lake, payloads, new, ingested_at)
    except MarkMovedError:  # some are there already: rare enough to look only then
        known = lake.marks(TABLE, batches)
        new = [fresh and batch not in known for fresh, batch in zip(new, batches, strict=True)]
    return new, _commit(lake, payloads, new, ingested_at)


def _commit(
    lake: Lake, payloads: Sequence[Payload], new: Sequence[bool], ingested_at: datetime
) -> int | None:
    """Append the new ones; returns the version of bronze."""
    fresh = [payload for payload, is_new in zip(payloads, new, strict=True) if is_new]
    if not fresh:
        return lake.version(TABLE)
    names = [batch_of(payload) for payload in fresh]
    note = Note(seen=dict.fromkeys(names, 1), expects=dict.fromkeys(names))
    return lake.append(TABLE, frame(fresh, ingested_at), note)


def frame(payloads: Sequence[Payload], ingested_at: datetime) -> pl.DataFrame:
    """Payloads as rows of bronze."""
    rows = [
        {
            "batch": batch_of(payload),
            "source": payload.source,
            "kind": payload.key.kind,
            "venue": payload.key.venue,
            "symbol": payload.key.symbol,
            "interval": payload.key.interval,
            "layout": payload.layout,
            "name": payload.name,
            "content": payload.content,
            "sha256": hashlib.sha256(payload.content).hexdigest(),
            "ingested_at": ingested_at,
        }
        for payload in payloads
    ]
    return pl.DataFrame(rows, schema=BRONZE)


def keys(lake: Lake) -> tuple[SeriesKey, ...]:
    """Every series bronze holds a payload of, sorted by name."""
    if not lake.exists(TABLE):
        return ()
    fields = ["kind", "venue", "symbol", "interval"]
    found = lake.read(TABLE, columns=fields).unique().iter_rows()
    return tuple(sorted((SeriesKey(*row) for row in found), key=lambda key: (key.kind, key.name)))


def fresh(lake: Lake, key: SeriesKey, since: int | None) -> pl.DataFrame:
    """Payloads of a series that came after a version of bronze, oldest first.

    Parameters
    ----------
    lake : Lake
        Where from.
    key : SeriesKey
        The series.
    since : int or None
        Version of bronze already dealt with; None for all payloads.

    Returns
    -------
    payloads : DataFrame
        Schema ``BRONZE``.

    Raises
    ------
    LakeError
        If a payload is not the bytes that were written.
    """
    batches = _since(lake, key, since)
    if not batches:
        return pl.DataFrame(schema=BRONZE)
    where = _of(key) if since is None else pl.col("batch").is_in(batches)
    rows = lake.read(TABLE, None, None, where).sort("ingested_at", "batch")
    for batch, content, digest in rows.select("batch", "content", "sha256").iter_rows():
        if hashlib.sha256(content).hexdigest() != digest:
            raise LakeError(f"bronze batch {batch} of {key.name} is not the bytes that came in")
    return rows


def any_since(lake: Lake, key: SeriesKey, since: int | None) -> bool:
    """Whether a series has payloads that came after a version of bronze."""
    return bool(_since(lake, key, since))


def _since(lake: Lake, key: SeriesKey, since: int | None) -> list[str]:
    """Batches of a series that came after a version of bronze."""
    if not lake.exists(TABLE) or since == lake.version(TABLE):
        return []
    now = set(lake.read(TABLE, None, ["batch"], _of(key))["batch"])
    old = set() if since is None else set(lake.read(TABLE, since, ["batch"], _of(key))["batch"])
    return sorted(now - old)


def _of(key: SeriesKey) -> pl.Expr:
    return (
        (pl.col("kind") == key.kind)
        & (pl.col("venue") == key.venue)
        & (pl.col("symbol") == key.symbol)
        & (pl.col("interval") == key.interval)
    )
