"""Delta tables by path: atomic commits, every version readable, one line when the disk says no.

A commit becomes visible by one atomic rename, so a reader sees the version before or the version
after, whatever happens to the writer. Nothing is ever vacuumed: a version that a forecast cites
stays readable.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from barograph.core.errors import LakeError

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

KEEP_EVERYTHING: Final = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
    # A table is opened by reading the log behind its last checkpoint: milliseconds a commit.
    "delta.checkpointInterval": "20",
}
"""Table settings under which no old version is cleaned away behind our back."""

SPARSE: Final = 1000
"""Versions that share one old checkpoint."""

COMMIT_ROOM: Final = 64 * 1024
"""Bytes a commit may need beside its rows."""


class MarkMovedError(LakeError):
    """A commit expected a mark to stand elsewhere; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a commit says of itself beside its rows.

    Attributes
    ----------
    seen : Mapping[str, int]
        Progress marks stored in the same atomic commit and read back by ``mark``.
    expects : Mapping[str, int or None]
        Where marks must stand for the commit to be made (None: not set yet). Of two writers that
        start from the same mark one succeeds, whatever their timing.
    words : Mapping[str, str]
        Free metadata, kept in the history.
    about : str
        Description of the table, written when it is created.
    """

    seen: Mapping[str, int] = field(default_factory=dict)
    expects: Mapping[str, int | None] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a table: its number, when it was committed, how, and its words."""

    version: int
    at: datetime
    operation: str
    words: Mapping[str, str]


_seen: Final[dict[Path, int]] = {}
"""Versions there were when last looked: from here on ``version`` counts."""


@contextmanager
def one_line(doing: str) -> Iterator[None]:
    """Turn whatever the storage raises into one :class:`LakeError` of one line."""
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError, pl.exceptions.PolarsError) as error:
        said = " ".join(str(error).split())
        raise LakeError(f"{doing}: {said[:400] or type(error).__name__}") from error


def log_file(path: Path, number: int) -> Path:
    """Log of one commit; it is there once that version is, and is never cleaned away."""
    return path / "_delta_log" / f"{number:020d}.json"


def exists(path: Path) -> bool:
    """Whether a table has at least one committed version."""
    return log_file(path, 0).is_file()


def opened(path: Path, version: int | None = None) -> "DeltaTable":
    """Open a table, at a version if one is named.

    Raises
    ------
    LakeError
        If there is no such table or no such version.
    """
    from deltalake import DeltaTable

    named = "" if version is None else f" version {version}"
    with one_line(f"cannot open table {path}{named}"):
        return DeltaTable(str(path), version=version)


def read(
    path: Path,
    version: int | None = None,
    columns: Sequence[str] | None = None,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """Read rows of a table; the order of rows is not defined.

    Parameters
    ----------
    path : Path
        The table's folder.
    version : int or None
        A version, the current one when None.
    columns : sequence of str or None
        Columns to read, all when None.
    where : polars.Expr or None
        Rows to read, all when None.

    Raises
    ------
    LakeError
        If the table or version does not exist, or a file of it cannot be read.
    """
    table = opened(path, version)
    with one_line(f"cannot read table {path}"):
        rows = pl.scan_delta(table)
        if where is not None:
            rows = rows.filter(where)
        if columns is not None:
            rows = rows.select(columns)
        return rows.collect()


def append(path: Path, rows: pl.DataFrame, note: Note | None = None) -> int:
    """Add rows in one atomic commit, creating the table if need be; return its version.

    Raises
    ------
    LakeError
        If the commit failed (disk full, another writer): the table is as it was.
    """
    return _write(path, rows, note or Note(), replace=False)


def overwrite(path: Path, rows: pl.DataFrame, note: Note | None = None) -> int:
    """Replace all rows (and the schema) in one atomic commit; return the version.

    Raises
    ------
    LakeError
        If the commit failed: the table is as it was.
    """
    return _write(path, rows, note or Note(), replace=True)


def mark(path: Path, name: str) -> int | None:
    """Progress mark of that name in the current version; None where there is none."""
    return opened(path).transaction_version(name) if exists(path) else None


def marks(path: Path, names: Sequence[str]) -> dict[str, int]:
    """Progress marks of those names that are set, the table opened once."""
    if not exists(path):
        return {}
    table = opened(path)
    found = {name: table.transaction_version(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def version(path: Path) -> int | None:
    """Current version; None where the table does not exist."""
    if not exists(path):
        return None
    found = _seen.get(path, 0)
    if not log_file(path, found).is_file():  # another table lies there now
        found = 0
    while log_file(path, found + 1).is_file():
        found += 1
    _seen[path] = found
    return found


def about(path: Path) -> str:
    """Description the table was created with."""
    return opened(path).metadata().description or ""


def history(path: Path, last: int | None = None) -> tuple[Commit, ...]:
    """Commits, newest first; only the ``last`` ones when a number is given."""
    table = opened(path)
    with one_line(f"cannot read the history of {path}"):
        return tuple(_commit(entry) for entry in table.history(last))


def files(path: Path) -> int:
    """Count the data files of the current version; 0 where the table does not exist."""
    with one_line(f"cannot open table {path}"), _handles.current(path) as table:
        return 0 if table is None else len(table.file_uris())


def compact(path: Path) -> int:
    """Merge small files in a new version; the rows and all old versions stay as they are.

    Checkpoints are thinned: each holds the whole state of its table, so that all of them together
    grow with the square of the commits, and any of them can be made again from the logs.
    """
    table = opened(path)
    with one_line(f"cannot compact table {path}"):
        table.optimize.compact()
        table.create_checkpoint()
        _thin_checkpoints(path)
        return table.version()


def _thin_checkpoints(path: Path) -> None:
    """Keep the newest checkpoint and the first of every ``SPARSE`` versions."""
    found = sorted((path / "_delta_log").glob("*.checkpoint.parquet"))
    kept: set[int] = set()
    for file in found[:-1]:
        block = int(file.name[:20]) // SPARSE
        if block in kept:
            file.unlink()
        kept.add(block)


def _commit(entry: Mapping[str, object]) -> Commit:
    own = {"timestamp", "operation", "operationParameters", "operationMetrics", "version"}
    stamp = int(str(entry["timestamp"])) / 1000
    return Commit(
        version=int(str(entry["version"])),
        at=datetime.fromtimestamp(stamp, UTC),
        operation=str(entry.get("operation", "")),
        words={k: v for k, v in entry.items() if k not in own and isinstance(v, str)},
    )


def _properties(note: Note) -> "CommitProperties":
    from deltalake import CommitProperties, Transaction

    return CommitProperties(
        custom_metadata=dict(note.words) or None,
        app_transactions=[Transaction(name, value) for name, value in note.seen.items()] or None,
        # A lost race must be seen, not papered over: the marks decide.
        max_commit_retries=5,
    )


def _check_marks(path: Path, table: "DeltaTable | None", note: Note) -> None:
    for name, wanted in note.expects.items():
        found = table.transaction_version(name) if table else None
        if found != wanted:
            raise MarkMovedError(
                f"another program wrote to {path} meanwhile (mark {name} is at {found}, "
                f"wanted {wanted}); run again"
            )


def _check_room(path: Path, size: int) -> None:
    """Try the disk (its space, quota, size limit) before the storage engine does.

    The engine survives a full disk too, but says so on standard error from its own threads.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    probe = path / f".room-{os.getpid()}-{threading.get_ident()}"
    try:
        with probe.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    finally:
        probe.unlink(missing_ok=True)


class _Handles:
    """Tables this process writes to, kept open: opening one again costs more than a commit.

    A handle belongs to the table whose first commit it was opened on, and to one thread at a time.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._idle: dict[Path, tuple[tuple[int, int], DeltaTable]] = {}

    @contextmanager
    def current(self, path: Path) -> "Iterator[DeltaTable | None]":
        """A table as it stands now; None where there is none. Kept if nothing goes wrong."""
        from deltalake import DeltaTable

        if not exists(path):
            yield None
            return
        first = log_file(path, 0).stat()
        known = (first.st_ino, first.st_mtime_ns)
        with self._gate:
            held = self._idle.pop(path, None)
        if held is not None and held[0] == known:
            table = held[1]
            table.update_incremental()
        else:
            table = DeltaTable(str(path))
        yield table
        with self._gate:
            self._idle[path] = (known, table)


_handles: Final = _Handles()


def _write(path: Path, rows: pl.DataFrame, note: Note, *, replace: bool) -> int:
    from deltalake import DeltaTable, write_deltalake

    doing = f"cannot write {rows.height:,} rows to {path}, nothing was changed"
    with one_line(doing), _handles.current(path) as table:
        path.mkdir(parents=True, exist_ok=True)
        # Checked on the snapshot that is committed against: a later move of a mark by another
        # writer makes the commit itself fail.
        _check_marks(path, table, note)
        _check_room(path, int(rows.estimated_size()) + COMMIT_ROOM)
        write_deltalake(
            table or str(path),
            rows,
            mode="overwrite" if replace else "append",
            schema_mode="overwrite" if replace else None,
            configuration=KEEP_EVERYTHING,
            description=note.about or None,
            commit_properties=_properties(note),
        )
        return (table or DeltaTable(str(path))).version()
