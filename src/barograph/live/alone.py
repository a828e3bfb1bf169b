"""One runner to a serving folder: the lock that a runner holds for as long as it lives."""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from barograph.core.errors import LakeError

LOG: Final = logging.getLogger(__name__)
FILE: Final = "runner.lock"
PATIENCE: Final = 15.0
"""Seconds a predecessor is given to end; it needs less than ``supervise.PARTING``."""
LOOK: Final = 0.1


@contextmanager
def alone(serving: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a serving folder against every other runner.

    The lock is the system's, so it ends with the process however that ends; the file it is on
    stays, and tells whose it was.

    Parameters
    ----------
    serving : Path
        The serving folder; made where it is not there.
    patience : float
        Seconds to wait for another runner to end.

    Raises
    ------
    LakeError
        If another runner still holds it after that, or the folder cannot be written.
    """
    path = serving / FILE
    try:
        serving.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LakeError(f"cannot write {path}: {error.strerror}; name another folder") from error
    try:
        _take(file, serving, patience)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(file)


def _take(file: int, serving: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    waits = False
    while not _locked(file):
        holder = os.pread(file, 20, 0).decode(errors="replace") or "unknown"
        if time.monotonic() > deadline:
            raise LakeError(
                f"another runner (process {holder}) holds {serving}; two would publish every hour "
                "twice: end that one, or name another --serving"
            )
        if not waits:
            LOG.info(
                "another runner (process %s) holds %s; waiting up to %.0f s for it to end",
                holder, serving, patience,
            )  # fmt: skip
            waits = True
        time.sleep(LOOK)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
