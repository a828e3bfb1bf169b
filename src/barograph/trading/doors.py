"""Files and connections that are opened while a strategy decides, whoever opens them for it.

Python tells an audit hook of each file that is opened and of each connection. One hook listens, and
only while a strategy is asked, in its thread. What is opened by compiled code of another language
(a scan of polars) is not told to it; ``ways`` refuses that by name.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from barograph.core.errors import LookAheadError
from barograph.trading.ways import HOME, INSTALLED, installed

Notes: TypeAlias = list[LookAheadError]
"""What was touched, so that catching the error does not hide it."""

NOTES: Final[ContextVar[Notes | None]] = ContextVar("doors_opened", default=None)
EVENTS: Final = frozenset({
    "open", "os.exec", "os.posix_spawn", "os.system", "socket.connect", "socket.getaddrinfo",
    "socket.gethostbyname", "sqlite3.connect", "subprocess.Popen", "urllib.Request",
})  # fmt: skip
FRAMES: Final = frozenset({"ag_frame", "cr_frame", "gi_frame", "tb_frame"})
MODULES: Final = (".py", ".pyc", ".so")
HARMLESS: Final = (
    *(os.path.realpath(place) for place in INSTALLED), *INSTALLED, str(HOME), "/dev/", "/proc/",
    "/sys/", "/usr/share/zoneinfo",
)  # fmt: skip
"""Where packages, the machine and the time zones are told from."""


@contextmanager
def watched() -> Iterator[Notes]:
    """Listen while a strategy is asked.

    Yields
    ------
    notes : list of LookAheadError
        One for each thing that was touched. It is raised there too, before anything is read.
    """
    _listen()
    notes: Notes = []
    token = NOTES.set(notes)
    try:
        yield notes
    finally:
        NOTES.reset(token)


@cache
def _listen() -> None:
    """Put the hook in place, once: it cannot be taken away again."""
    sys.addaudithook(_heard)


def _heard(event: str, told: tuple[object, ...]) -> None:
    notes = NOTES.get()
    if notes is None:
        return
    touched = ""
    if event in EVENTS:
        touched = _opened(event, told)
    elif event == "object.__getattr__" and told[1] in FRAMES and not _by_a_package():
        touched = f"looks at {told[1]} of a {type(told[0]).__name__}"
    if touched:
        error = LookAheadError(
            f"it {touched} while it decides; take prices and forecasts from what it is handed"
        )
        notes.append(error)
        raise error


def _by_a_package() -> bool:
    """Whether it is a package that looks: the hook's caller's caller."""
    return installed(sys._getframe(2).f_code.co_filename)


def _opened(event: str, told: tuple[object, ...]) -> str:
    """What was touched, in words; empty where it is no data."""
    if event != "open":
        return f"reaches out ({event} {told[-1] if event == 'socket.connect' else told[0]})"
    if not isinstance(told[0], str | bytes | os.PathLike):
        return ""
    path = os.fsdecode(told[0])
    # Packages are imported when first used, and compiled code is kept beside them.
    if path in sys.path or path.endswith(MODULES) or "__pycache__" in Path(path).parts:
        return ""
    return "" if str(Path(path).resolve()).startswith(HARMLESS) else f"opens {path}"
