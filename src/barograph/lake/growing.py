"""Silver that grows at its end, bar by bar, at a fraction of the cost of refining it.

``silver.refine`` reads what is held each time, which is right for files and too slow at the close
of a bar. Here what is held stays in memory, all payloads of a moment go to bronze in one commit,
and rows that only continue their series are appended. Whatever else happens (an older row, a
contradiction, a refused row, another writer) is left to ``silver.refine``; either way gives the
same tables.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from barograph.core.columns import BARS
from barograph.core.payload import Layout, Payload, SeriesKey
from barograph.core.time import interval_length
from barograph.lake import bronze, silver
from barograph.lake.cleaning import JUMP_WINDOW, clean, flag_jumps
from barograph.lake.lake import Lake, describe, quarantine_table, silver_table
from barograph.lake.tables import MarkMovedError, Note

COMMITTERS: Final = 2
"""Series committed at a time: most of a commit waits for the storage engine."""
RECHUNK: Final = 64
"""Pieces a table in memory may be in before it is made whole."""


@dataclass(slots=True)
class Held:
    """A series as of its last commit.

    Attributes
    ----------
    rows : DataFrame
        Schema ``BARS``, sorted by ``open_time``.
    mark : int or None
        Version of bronze the table contains.
    generation : int
        Grows whenever anything but the end changed.
    """

    rows: pl.DataFrame
    mark: int | None
    generation: int = 0


class Growing:
    """The one writer of a lake that is fed live.

    Parameters
    ----------
    lake : Lake
        Where to.
    layouts : Mapping[str, Layout]
        Readers by name, as for ``silver.refine``.
    """

    def __init__(self, lake: Lake, layouts: Mapping[str, Layout]) -> None:
        self.lake = lake
        self.layouts = layouts
        self._held: dict[SeriesKey, Held] = {}
        self._behind: set[SeriesKey] = set()

    def held(self, key: SeriesKey) -> Held:
        """Return a series of bars as it stands; empty where there is none."""
        if key not in self._held:
            self._held[key] = self._load(key, 0)
            if bronze.any_since(self.lake, key, self._held[key].mark):
                self._behind.add(key)
        return self._held[key]

    def append(self, payloads: Sequence[Payload], at: datetime) -> dict[SeriesKey, pl.DataFrame]:
        """Keep payloads of bars in bronze and bring their series up to date.

        Parameters
        ----------
        payloads : sequence of Payload
            What came in, in the order it came.
        at : datetime
            When.

        Returns
        -------
        added : dict of SeriesKey to DataFrame
            New silver rows of every series named; all of its rows where it was made anew.

        Raises
        ------
        LakeError
            If the disk refuses or another program writes. What was not committed is not there;
            call again with the same payloads.
        """
        keys = list(dict.fromkeys(payload.key for payload in payloads))
        for key in keys:
            self.held(key)
        behind = self._behind.intersection(keys)
        self._behind.update(keys)
        new, upto = bronze.add_all(self.lake, payloads, at)
        # Bytes that are there already may come from a call that was cut off before silver.
        behind |= {payload.key for payload, is_new in zip(payloads, new, strict=True) if not is_new}

        def bring(key: SeriesKey) -> pl.DataFrame:
            fresh = [payload for payload in payloads if payload.key == key]
            rows = self._refine(key) if key in behind else self._extend(key, fresh, at, upto)
            self._behind.discard(key)
            return rows

        with ThreadPoolExecutor(COMMITTERS, thread_name_prefix="silver") as pool:
            return dict(zip(keys, pool.map(bring, keys), strict=True))

    def tidy(self) -> None:
        """Merge the small files of tables that were appended to often; takes its time.

        A commit costs in proportion to the files of its table.
        """
        series = [name(key) for key in self._held for name in (silver_table, quarantine_table)]
        for table in (bronze.TABLE, *series):
            if self.lake.files(table) >= silver.SMALL_FILES:
                self.lake.compact(table)

    def _load(self, key: SeriesKey, generation: int) -> Held:
        table = silver_table(key)
        if not self.lake.exists(table):
            return Held(pl.DataFrame(schema=BARS), None, generation)
        mark = self.lake.mark(table, silver.MARK)
        return Held(self.lake.read(table).sort("open_time"), mark, generation)

    def _extend(
        self, key: SeriesKey, group: Sequence[Payload], at: datetime, upto: int | None
    ) -> pl.DataFrame:
        held = self._held[key]
        rows = silver.parse(bronze.frame(group, at), key, self.layouts)
        cleaned = clean(rows, key)
        plain = (
            held.mark is not None
            and cleaned.quarantine.is_empty()
            and not cleaned.silver.is_empty()
            and (
                held.rows.is_empty() or cleaned.silver["open_time"][0] > held.rows["open_time"][-1]
            )
        )
        if not plain:
            return self._refine(key)
        added = flag_jumps(
            cleaned.silver, interval_length(key.interval), held.rows.tail(JUMP_WINDOW + 1)
        )
        assert upto is not None  # noqa: S101 - bronze has just been written
        note = Note(seen={silver.MARK: upto}, expects={silver.MARK: held.mark}, about=describe(key))
        try:
            self.lake.append(silver_table(key), added, note)
        except MarkMovedError:
            return self._refine(key)
        whole = pl.concat([held.rows, added])
        held.rows = whole.rechunk() if whole.n_chunks() > RECHUNK else whole
        held.mark = upto
        return added

    def _refine(self, key: SeriesKey) -> pl.DataFrame:
        before = self._held[key]
        silver.refine(self.lake, key, self.layouts)
        after = self._load(key, before.generation)
        grown = after.rows.head(before.rows.height).equals(before.rows)
        after.generation += not grown
        self._held[key] = after
        return after.rows.tail(after.rows.height - before.rows.height) if grown else after.rows
