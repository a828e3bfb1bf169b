"""What the bytes of the lake are, so that a record can cite them and an audit can check them."""

import hashlib
from collections.abc import Mapping

from barograph.core.errors import LakeError
from barograph.core.hashing import value_hash
from barograph.lake.lake import Lake
from barograph.lake.tables import one_line, opened


def fingerprint(lake: Lake, versions: Mapping[str, int]) -> dict[str, str]:
    """SHA-256 of every cited table: the data files of its version, and the log that leads there.

    Parameters
    ----------
    lake : Lake
        Where the tables lie.
    versions : Mapping[str, int]
        Table to version, as ``Lake.data_versions`` gave them.

    Returns
    -------
    hashes : dict
        Table to 64 hex digits. Later versions and compaction leave them as they are.

    Raises
    ------
    LakeError
        If a file is gone or cannot be read.
    """
    return {table: _table(lake, table, version) for table, version in versions.items()}


def _table(lake: Lake, table: str, version: int) -> str:
    path = lake.path(table)
    with one_line(f"cannot read {table} at version {version}"):
        names = sorted(opened(path, version).file_uris())
        data = [path / name.rsplit("/", 1)[-1] for name in names]
        log = [path / "_delta_log" / f"{number:020d}.json" for number in range(version + 1)]
        hashes = {}
        for file in (*data, *log):
            if not file.is_file():
                raise LakeError(f"{file.name} of {table} is gone; restore it from a copy")
            hashes[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return value_hash(hashes)
