r"""A file of JSON lines that only grows, each line holding the hash of the one before.

A line is ``R`` with its last brace replaced by ``,"entry_hash":"H"}`` and a newline, where ``R``
is canonical JSON (``core.hashing.canonical``) and ``H`` the SHA-256 of ``R``. ``R`` holds
``sequence`` (1, 2, 3 ...) and ``previous_hash``; the first line's is the SHA-256 of
``barograph KIND 1``. So a person can check line 3 with nothing of ours::

    sed -n 3p forecasts.jsonl | sed 's/,"entry_hash":"[0-9a-f]*"}$/}/' | tr -d '\n' | sha256sum

Beside the file lies its head: how many entries and bytes were acknowledged, and the last hash. It
is replaced atomically after the line is on the disk, so it is never ahead of the file. What
follows the acknowledged bytes was left by a process that died: whole lines are kept, the torn
rest of one is removed by the next writer.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from barograph.core.errors import AuditError, LakeError, LakeVersionError
from barograph.core.hashing import canonical, digest, value_hash

FORMAT: Final = 1
RESERVED: Final = frozenset({"sequence", "previous_hash", "entry_hash"})
SUFFIX: Final = b',"entry_hash":"%s"}\n'
SUFFIX_LENGTH: Final = len(SUFFIX) - 2 + 64
IDENTITY: Final = re.compile(rb'"(as_of|symbol)":"([^"]{1,40})"')


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a record that has a hash of its own in the same record.

    Attributes
    ----------
    content : str
        The field.
    hash : str
        The field holding the hash of its canonical form.
    digits : int
        How many hex digits of the hash are kept.
    """

    content: str
    hash: str
    digits: int = 64


@dataclass(frozen=True, slots=True)
class Record:
    """One line, read and found sound.

    Attributes
    ----------
    sequence : int
        Place in the chain, from 1.
    previous_hash : str
        The ``entry_hash`` of the line before.
    entry_hash : str
        SHA-256 of all the rest of the line.
    body : Mapping
        What was recorded.
    """

    sequence: int
    previous_hash: str
    entry_hash: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """How far the file has been acknowledged."""

    entries: int
    size: int
    entry_hash: str

    def encoded(self) -> bytes:
        """One line of canonical JSON."""
        return (
            canonical(
                {
                    "bytes": self.size,
                    "entries": self.entries,
                    "entry_hash": self.entry_hash,
                    "format": FORMAT,
                }
            )
            + b"\n"
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """One hash-chained file.

    Attributes
    ----------
    path : Path
        The file of JSON lines; ``.head`` and ``.lock`` lie beside it.
    kind : str
        What it records; part of the first hash, so that one kind cannot pass for another.
    parts : tuple of Part
        Fields whose own hashes are checked too.
    """

    path: Path
    kind: str
    parts: tuple[Part, ...] = ()

    @property
    def head_path(self) -> Path:
        """Where the acknowledged length is kept."""
        return self.path.with_suffix(".head")

    @property
    def genesis(self) -> str:
        """The ``previous_hash`` of the first line."""
        return digest(f"barograph {self.kind} {FORMAT}".encode())

    def records(self) -> Iterator[Record]:
        """Read the file from the first line, checking every byte on the way.

        Raises
        ------
        AuditError
            At the first line that is not what was written, naming it and the wrong hash.
        LakeVersionError
            If a newer program wrote the file.
        """
        head = self.head()
        entries, size, previous = 0, 0, self.genesis
        for line in self.lines():
            if size >= head.size and not line.endswith(b"\n"):
                return  # the torn rest of a line that was never acknowledged
            record = self.read(line, entries + 1, previous)
            entries, size, previous = entries + 1, size + len(line), record.entry_hash
            if entries == head.entries and (size, previous) != (head.size, head.entry_hash):
                raise self.fault(
                    line, entries, f"entry hash is not the one in {self.head_path.name}"
                )
            yield record
        if entries < head.entries:
            raise AuditError(
                f"{self.path.name} entry {entries + 1} is missing: {self.head_path.name} says "
                f"{head.entries} entries, the file holds {entries}; restore it from a copy"
            )

    def lines(self) -> Iterator[bytes]:
        """Raw lines, newlines included, unchecked; none if the file does not exist."""
        try:
            with self.path.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return
        except OSError as error:
            raise LakeError(f"cannot read {self.path}: {error.strerror}") from error

    def read(self, line: bytes, sequence: int, previous: str) -> Record:
        """Check one line against its place in the chain.

        Raises
        ------
        AuditError
            If a hash or the sequence number is not what it must be.
        """
        content = line[:-SUFFIX_LENGTH] + b"}"
        own = digest(content)
        if line[-SUFFIX_LENGTH:] != SUFFIX % own.encode():
            wrong = ["entry hash", *self.wrong_parts(content)]
            raise self.fault(line, sequence, f"{' and '.join(wrong)} wrong")
        body = orjson.loads(content)
        if body.get("sequence") != sequence:
            raise self.fault(
                line, sequence, f"sequence is {body.get('sequence')}: a line is missing or moved"
            )
        if body.get("previous_hash") != previous:
            raise self.fault(line, sequence, "previous hash is not the hash of the line before")
        if wrong := self.wrong_parts(content):
            raise self.fault(line, sequence, f"{' and '.join(wrong)} wrong")
        kept = {name: value for name, value in body.items() if name not in RESERVED}
        return Record(sequence, previous, own, kept)

    def glance(self, line: bytes) -> Record | None:
        """Read one line as it stands, unchecked; None where it cannot be parsed."""
        try:
            body = orjson.loads(line)
            place = body["sequence"], body["previous_hash"], body["entry_hash"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        return Record(*place, {name: value for name, value in body.items() if name not in RESERVED})

    def wrong_parts(self, content: bytes) -> list[str]:
        """Names of the inner hashes that do not fit; empty if the line cannot be parsed."""
        try:
            body = orjson.loads(content)
            return [
                part.hash.replace("_", " ")
                for part in self.parts
                if value_hash(body[part.content])[: part.digits] != body[part.hash]
            ]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return []

    def fault(self, line: bytes, sequence: int, what: str) -> AuditError:
        """Name a damaged line by its place and by what can still be read of it."""
        seen = {key: value.decode("utf-8", "replace") for key, value in IDENTITY.findall(line)}
        subject = f"{seen.get(b'symbol', '?')} as of {seen.get(b'as_of', '?')}"
        return AuditError(
            f"{self.path.name} entry {sequence} ({subject}): {what}; restore it from a copy"
        )

    def head(self) -> Head:
        """Read how far the file was acknowledged.

        Raises
        ------
        AuditError
            If the head is damaged, or is missing while the file holds something.
        LakeVersionError
            If a newer program wrote it.
        """
        try:
            content = self.head_path.read_bytes()
        except FileNotFoundError:
            if self.path.exists() and self.path.stat().st_size:
                raise AuditError(
                    f"{self.head_path.name} is missing beside {self.path.name}: the last entry "
                    "cannot be checked; restore it from a copy"
                ) from None
            return Head(0, 0, self.genesis)
        except OSError as error:
            raise LakeError(f"cannot read {self.head_path}: {error.strerror}") from error
        return self.parse_head(content)

    def parse_head(self, content: bytes) -> Head:
        """Read the head's bytes; anything but exactly what was written is damage."""
        damaged = AuditError(
            f"{self.head_path.name} is damaged, so the last entry of {self.path.name} cannot be "
            "checked; restore it from a copy"
        )
        try:
            value = orjson.loads(content)
            head = Head(value["entries"], value["bytes"], value["entry_hash"])
            version = value["format"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise damaged from None
        if isinstance(version, int) and version > FORMAT:
            raise LakeVersionError(
                f"{self.head_path.name} has format {version}, this program reads {FORMAT}; "
                "install a newer barograph"
            )
        if content != head.encoded():
            raise damaged
        return head
