"""Follows the read model in a thread of its own, so that no slow disk can stop the event loop."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from barograph.core.errors import LakeError
from barograph.service.view import View, read_view
from barograph.store.store import FILE, Event, Store

POLL_SECONDS: Final = 0.02
RETRY_SECONDS: Final = 0.25
PAGE: Final = 1_000

BROKEN: Final = (LakeError, sqlite3.Error, OSError, KeyError, TypeError, ValueError)
"""What reading a store that is absent, damaged or of another program can raise."""
Identity: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class News:
    """What a look at the store found.

    Attributes
    ----------
    view : View
        Everything small.
    events : tuple of Event
        That came since the last look, in order.
    seq : int
        Of the last event the store has.
    anew : bool
        Whether events may be missing before these: another store lies there now.
    """

    view: View
    events: tuple[Event, ...]
    seq: int
    anew: bool


def identity(folder: Path) -> Identity:
    """Which file the store is; another one when it was replaced.

    Raises
    ------
    LakeError
        If there is none.
    """
    try:
        stat = (folder / FILE).stat()
    except OSError as error:
        raise LakeError(f"no store in {folder}; start the runner with `barograph serve`") from error
    return stat.st_dev, stat.st_ino


class Tail:
    """Looks at a store fifty times a second and hands over what is new.

    Parameters
    ----------
    folder : Path
        The serving folder.
    deliver : callable
        Called with ``News`` in the thread of the tail.
    """

    def __init__(self, folder: Path, deliver: Callable[[News], None]) -> None:
        self._folder = folder
        self._deliver = deliver
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
        self._view = View()
        self._store: Store | None = None
        self._identity: Identity | None = None
        self._version: int | None = None
        self._seq = 0

    def start(self) -> None:
        """Begin; the first news has been delivered when this returns."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """End, and close the connection."""
        self._stop.set()
        self._thread.join()
        self._close()

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS if self._store is not None else RETRY_SECONDS):
            self._look()

    def _look(self) -> None:
        try:
            self._read()
        except BROKEN as error:
            self._close()
            problem = (
                str(error) if isinstance(error, LakeError) else f"the store is damaged: {error}"
            )
            if problem != self._view.problem:
                self._view = replace(self._view, problem=problem)
                self._deliver(News(self._view, (), self._seq, anew=False))

    def _read(self) -> None:
        found = identity(self._folder)
        another = found != self._identity
        if self._store is None or another:
            self._close()
            self._store = Store.reader(self._folder)
        version = self._store.data_version  # asked first: what is committed later is seen next time
        if version == self._version:
            return
        view = read_view(self._store)
        events = [] if another else self._events(self._store)
        _, last = self._store.event_span()
        # Numbers of a store that had no events yet may begin anywhere.
        gap = bool(events) and self._seq > 0 and events[0].seq != self._seq + 1
        lost = last < self._seq or gap
        self._seq = last if another or lost else (events[-1].seq if events else self._seq)
        self._view, self._identity, self._version = view, found, version
        self._deliver(News(view, () if lost else tuple(events), self._seq, anew=another or lost))

    def _events(self, store: Store) -> list[Event]:
        events: list[Event] = []
        while page := store.events(events[-1].seq if events else self._seq, PAGE):
            events += page
            if len(page) < PAGE:
                break
        return events

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store, self._version = None, None
