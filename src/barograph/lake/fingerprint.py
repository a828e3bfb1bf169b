"""What the bytes of the lake are, so that a record can cite them and an audit can check them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import orjson

from barograph.core.errors import LakeError
from barograph.core.hashing import value_hash
from barograph.lake.lake import Lake
from barograph.lake.tables import log_file, one_line


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
        What this process hashed before; files of the lake never change. An audit begins with none.

    Returns
    -------
    hashes : dict
        Table to 64 hex digits. Later versions and compaction leave them as they are.

    Raises
    ------
    LakeError
        If a file is gone or cannot be read.

    Notes
    -----
    The logs are chained (each digest is of the one before and the bytes of the next log), so that
    a version more costs a version more however long the log has become.
    """
    known = Known() if known is None else known
    return {table: known.table(lake, table, version) for table, version in versions.items()}


@dataclass(slots=True)
class Log:
    """A table's log, read up to a version.

    Attributes
    ----------
    version : int
        The last one read; -1 before the first.
    chain : str
        Digest of all logs so far.
    files : dict
        Data file of this version to the hash of its bytes; empty where it was not needed yet.
    """

    version: int = -1
    chain: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path, table: str) -> None:
        """Take the next commit."""
        number = self.version + 1
        content = bytes_of(log_file(path, number), table)
        try:
            actions = [orjson.loads(line) for line in content.splitlines()]
            for action in actions:
                if "add" in action:
                    self.files[unquote(action["add"]["path"])] = ""
                elif "remove" in action:
                    self.files.pop(unquote(action["remove"]["path"]), None)
        except (ValueError, TypeError, LookupError) as error:
            raise LakeError(f"cannot read version {number} of {table}: {error}") from error
        self.chain = hashlib.sha256(self.chain.encode() + content).hexdigest()
        self.version = number

    def hash(self, path: Path, table: str) -> str:
        """Hash of what has been read, and of the data it leads to."""
        for name, held in self.files.items():
            if not held:
                self.files[name] = hashlib.sha256(bytes_of(path / name, table)).hexdigest()
        return value_hash({"log": self.chain, "files": self.files})


@dataclass(slots=True)
class Known:
    """What was hashed before, for whoever publishes or checks more than once.

    Attributes
    ----------
    logs : dict
        Table to its log as far as it was read.
    hashes : dict
        Table to its last version and hash.
    """

    logs: dict[str, Log] = field(default_factory=dict)
    hashes: dict[str, tuple[int, str]] = field(default_factory=dict)

    def table(self, lake: Lake, table: str, version: int) -> str:
        """Hash of a table at a version; quick where it is the last one asked for, or a later one.

        Raises
        ------
        LakeError
            If a file is gone or cannot be read.
        """
        held = self.hashes.get(table)
        if held is not None and held[0] == version:
            return held[1]
        log = self.logs.get(table)
        if log is None or log.version > version:
            log = self.logs[table] = Log()
        path = lake.path(table)
        with one_line(f"cannot read {table} at version {version}"):
            while log.version < version:
                log.read(path, table)
            self.hashes[table] = (version, log.hash(path, table))
        return self.hashes[table][1]


def bytes_of(file: Path, table: str) -> bytes:
    """Read a file of a table whole."""
    if not file.is_file():
        raise LakeError(f"{file.name} of {table} is gone; restore it from a copy")
    return file.read_bytes()
