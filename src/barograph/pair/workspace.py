"""The pair's own folder: every path in it, whole or not written at all, one run at a time.

root/pair.json                       whose folder it is
root/data/raw/                       bars as they came, and what was asked of a gateway
root/data/clean/                     bars that may be used, and what was refused
root/out/                            stages of a run
root/final output/                   what is left when a run is done
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from barograph.core.errors import InputError, LakeError, LakeVersionError
from barograph.core.hashing import digest
from barograph.core.time import MOMENT

PAIR: Final = "btc_eth"
SYMBOLS: Final = ("BTC", "ETH")
"""The legs, in this order everywhere."""
USUAL: Final = Path("workspace", "pair", PAIR)
MARKER: Final = "pair.json"
LOCK: Final = ".lock"
FORMAT: Final = 1
PART: Final = ".part"
TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder nothing is written outside of.

    Attributes
    ----------
    root : Path
        For instance ``workspace/pair/btc_eth``.
    """

    root: Path = USUAL

    @property
    def raw(self) -> Path:
        """Folder of bars as they came."""
        return self.root / "data" / "raw"

    @property
    def clean(self) -> Path:
        """Folder of bars that may be used."""
        return self.root / "data" / "clean"

    @property
    def out(self) -> Path:
        """Folder of the stages of a run."""
        return self.root / "out"

    @property
    def final(self) -> Path:
        """Folder of what a run leaves."""
        return self.root / "final output"

    def inside(self, path: Path) -> Path:
        """Path, refused where it leads out of the workspace, links followed.

        Raises
        ------
        LakeError
            If it does.
        """
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise LakeError(
                f"{path} is outside of the workspace {self.root}: nothing is written there; "
                "remove the link that leads to it, or name another --workspace"
            )
        return path

    def write(self, path: Path, content: bytes) -> str:
        """Write a file so that it is either all there or as it was; return its SHA-256.

        Raises
        ------
        LakeError
            If the path is outside of the workspace, or the disk says no.
        """
        draft = path.with_name(f".{path.name}.{os.getpid()}{PART}")
        try:
            self.inside(path.parent).mkdir(parents=True, exist_ok=True)
            self.inside(draft)
            try:
                draft.write_bytes(content)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            raise LakeError(f"cannot write {path}: {error.strerror}") from error
        return digest(content)

    def write_json(self, path: Path, value: object) -> str:
        """Write a JSON document; see :meth:`write`."""
        flags = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
        return self.write(path, orjson.dumps(value, default=str, option=flags))

    def write_table(self, stem: Path, frame: pl.DataFrame) -> dict[str, str]:
        """Write a table as ``stem.csv`` and ``stem.parquet``; return file names and hashes."""
        made = {".csv": as_csv(frame), ".parquet": as_parquet(frame)}
        paths = {suffix: stem.with_name(f"{stem.name}{suffix}") for suffix in made}
        return {paths[suffix].name: self.write(paths[suffix], made[suffix]) for suffix in made}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the workspace against every other run, making it where it is not there.

        The lock is the system's and ends with the process, however that ends.

        Raises
        ------
        InputError
            If the folder is there already and is somebody else's.
        LakeError
            If another run holds it, or it cannot be written.
        """
        try:
            self._claim()
            file = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LakeError(f"cannot write to {self.root}: {error.strerror}") from error
        try:
            self._lock(file)
            self._sweep()
            yield
        finally:
            os.close(file)

    def _claim(self) -> None:
        """Make the folder, or see that it is one of ours."""
        marker = self.root / MARKER
        if marker.is_file():
            _check_format(marker)
            return
        there = [one.name for one in self.root.iterdir()] if self.root.is_dir() else []
        others = sorted(name for name in there if name != LOCK and not name.endswith(PART))
        if others:
            raise InputError(
                f"{self.root} holds {', '.join(others[:3])} and no {MARKER}: it is not a pair's "
                "workspace; name an empty or a new folder"
            )
        self.root.mkdir(parents=True, exist_ok=True)
        self.write_json(marker, {"format": FORMAT, "pair": PAIR, "symbols": list(SYMBOLS)})

    def _lock(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 20, 0).decode(errors="replace") or "unknown"
            raise LakeError(
                f"another run (process {holder}) holds {self.root}; wait for it to end, or name "
                "another --workspace"
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)

    def _sweep(self) -> None:
        """Remove drafts that a killed run left."""
        for draft in self.root.rglob(f".*{PART}"):
            draft.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON document that is an object.

    Raises
    ------
    InputError
        If it is not there, damaged, or none.
    """
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(
            f"cannot read {path}: {error}; remove it and run the stage again"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no JSON object; remove it and run the stage again")
    return found


def _check_format(marker: Path) -> None:
    written = read_json(marker).get("format")
    if not isinstance(written, int):
        raise InputError(f"{marker} holds no format: it is not a pair's; name a new folder")
    if written > FORMAT:
        raise LakeVersionError(
            f"the workspace {marker.parent} has format {written}; this program reads up to "
            f"{FORMAT}; upgrade barograph"
        )


def as_csv(frame: pl.DataFrame) -> bytes:
    """Table as CSV: moments in ISO UTC, floats to the last bit, null as an empty cell."""
    moments = pl.selectors.datetime().dt.strftime(TIME_FORMAT)
    return frame.with_columns(moments).write_csv().encode()


def as_parquet(frame: pl.DataFrame) -> bytes:
    """Table as Parquet."""
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def read_table(path: Path, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Table of a schema from either format; the same from both.

    Raises
    ------
    InputError
        If the file is not there, is damaged, or has other columns.
    """
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else _from_csv(path, schema)
        return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(
            f"cannot read {path} with the columns {', '.join(schema)}: {said}"
        ) from error


def _from_csv(path: Path, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    plain = {name: pl.String() if kind == MOMENT else kind for name, kind in schema.items()}
    frame = pl.read_csv(path, schema_overrides=plain)
    moments = [name for name, kind in schema.items() if kind == MOMENT]
    return frame.with_columns(
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC")
        for name in moments
    )
