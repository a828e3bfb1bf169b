"""Appending to a chain: one writer at a time, all or nothing, safe against a sudden end."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barograph.core.errors import AuditError, InputError, LakeError
from barograph.core.hashing import canonical, digest
from barograph.ledger.chain import RESERVED, SUFFIX, SUFFIX_LENGTH, Chain, Head, Record


@contextmanager
def writing(chain: Chain) -> Iterator["Writer"]:
    """Hold a chain alone, across processes and threads, with any torn end removed.

    Raises
    ------
    LakeError
        If the folder cannot be written.
    AuditError
        If the end of the file is not what was acknowledged.
    """
    with refusing(chain.path):
        chain.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(chain.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with refusing(chain.path):
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = os.open(chain.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            yield Writer(chain, file, recover(chain, file))
        finally:
            os.close(file)
    finally:
        os.close(lock)


def recover(chain: Chain, file: int) -> Head:
    """Check the end of the file against its head; take in whole lines after it, cut a torn one.

    Reads the end only, so that an append costs the same whatever the length of the record.
    """
    head = chain.head()
    size = os.fstat(file).st_size
    end = os.pread(file, SUFFIX_LENGTH, max(head.size - SUFFIX_LENGTH, 0))
    if size < head.size or (head.entries and end != SUFFIX % head.entry_hash.encode()):
        for _ in chain.records():
            pass  # raises at the damaged entry, naming it
        raise AuditError(f"{chain.path.name} does not end as {chain.head_path.name} says")
    if size == head.size:
        return head
    *lines, _torn = os.pread(file, size - head.size, head.size).split(b"\n")
    for line in lines:
        record = chain.read(line + b"\n", head.entries + 1, head.entry_hash)
        head = Head(record.sequence, head.size + len(line) + 1, record.entry_hash)
    with refusing(chain.path):
        os.ftruncate(file, head.size)
        os.fsync(file)
        replace(chain.head_path, head.encoded())
    return head


@dataclass(slots=True)
class Writer:
    """The one process that may append, for as long as it holds the lock."""

    chain: Chain
    file: int
    head: Head

    def append(self, bodies: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
        """Put records at the end; when this returns they are on the disk, all of them.

        Parameters
        ----------
        bodies : sequence of mappings
            Plain JSON values; floats finite.

        Returns
        -------
        records : tuple of Record

        Raises
        ------
        InputError
            If a body uses a reserved name or cannot be written as JSON.
        LakeError
            If the disk refuses; then nothing was recorded.
        """
        head = self.head
        lines: list[bytes] = []
        records: list[Record] = []
        for body in bodies:
            if taken := RESERVED & body.keys():
                raise InputError(f"{', '.join(sorted(taken))} is set by the ledger itself")
            sequence, previous = head.entries + 1, head.entry_hash
            content = canonical({**body, "sequence": sequence, "previous_hash": previous})
            own = digest(content)
            line = content[:-1] + SUFFIX % own.encode()
            head = Head(sequence, head.size + len(line), own)
            lines.append(line)
            records.append(Record(sequence, previous, own, body))
        if lines:
            self.commit(b"".join(lines), head)
        return tuple(records)

    def commit(self, content: bytes, head: Head) -> None:
        """Write lines, then acknowledge them; take them back if the disk refuses."""
        try:
            with refusing(self.chain.path):
                if not self.head.entries:
                    replace(self.chain.head_path, self.head.encoded())
                write_all(self.file, content)
                os.fsync(self.file)
                replace(self.chain.head_path, head.encoded())
        except LakeError:
            # The head on the disk decides what stays: it is the old one unless only the very
            # last step failed. Should this fail too, the next writer removes the torn end.
            with refusing(self.chain.path):
                os.ftruncate(self.file, self.chain.head().size)
            raise
        self.head = head


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn the disk's refusal into one line."""
    try:
        yield
    except OSError as error:
        raise LakeError(
            f"cannot write {path}: {error.strerror}; nothing was recorded, mend that and run again"
        ) from error


def write_all(file: int, content: bytes) -> None:
    """Write every byte; the system may take fewer at a time."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def replace(path: Path, content: bytes) -> None:
    """Replace a small file as a whole: after a crash it is the old one or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        write_all(file, content)
        os.fsync(file)
    finally:
        os.close(file)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
