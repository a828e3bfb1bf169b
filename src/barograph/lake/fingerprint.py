"""What the bytes of the lake are, so that a record can cite them and an audit can check them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from barograph.core.errors import LakeError
from barograph.core.hashing import value_hash
from barograph.lake.lake import Lake
from barograph.lake.tables import one_line, opened


def fingerprint(
    lake: Lake, versions: Mapping[str, int], known: "Known | None" = None
) -> dict[str, str]:
    """SHA-256 of every cited table: the data files of its version, and the log that leads there.

    Parameters
    ----------
    lake : Lake
        Where the tables lie.
    versions : Mapping[str, int]
        Table to version, as ``Lake.data_versions`` gave them.
    known : Known or None
        What this process hashed before; files of the lake never change. An audit hands in none.

    Returns
    -------
    hashes : dict
        Table to 64 hex digits. Later versions and compaction leave them as they are.

    Raises
    ------
    LakeError
        If a file is gone or cannot be read.
    """
    known = Known() if known is None else known
    return {table: _table(lake, table, version, known) for table, version in versions.items()}


@dataclass(slots=True)
class Known:
    """Hashes made before, for a process that publishes every hour.

    Attributes
    ----------
    files : dict
        Path to the hash of its bytes.
    tables : dict
        Table to its last version and hash.
    """

    files: dict[Path, str] = field(default_factory=dict)
    tables: dict[str, tuple[int, str]] = field(default_factory=dict)


def _table(lake: Lake, table: str, version: int, known: Known) -> str:
    last = known.tables.get(table)
    if last is not None and last[0] == version:
        return last[1]
    path = lake.path(table)
    with one_line(f"cannot read {table} at version {version}"):
        names = sorted(opened(path, version).file_uris())
        data = [path / name.rsplit("/", 1)[-1] for name in names]
        log = [path / "_delta_log" / f"{number:020d}.json" for number in range(version + 1)]
        hashes = {}
        for file in (*data, *log):
            if file not in known.files:
                if not file.is_file():
                    raise LakeError(f"{file.name} of {table} is gone; restore it from a copy")
                known.files[file] = hashlib.sha256(file.read_bytes()).hexdigest()
            hashes[file.name] = known.files[file]
    known.tables[table] = (version, value_hash(hashes))
    return known.tables[table][1]
