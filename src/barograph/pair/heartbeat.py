"""What a run of hours says of itself: stages begun and ended, and a sign of life in between."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from barograph.core.progress import Progress, line

Say: TypeAlias = Callable[[str], None]


def to_standard_error(text: str) -> None:
    """Print a line where logs go."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


@dataclass(slots=True)
class Stage:
    """One stage under way; made by :meth:`Heartbeat.stage`."""

    name: str
    heart: "Heartbeat"
    began: float
    state: Progress
    said: float
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def beat(
        self,
        done: float | None = None,
        *,
        symbol: str = "",
        rows: int = 0,
        requests: int = 0,
        note: str = "",
    ) -> None:
        """Take in how far the work is; said at most once in so many seconds, a note always.

        Parameters
        ----------
        done : float or None
            Share of the stage that is done, 0 ... 1; None where the end is not known.
        symbol : str
            Leg that is worked on.
        rows, requests : int
            Counted since the stage began.
        note : str
            What a reader must not miss, for instance ``fallback 2 of 4: fewer events``.
        """
        with self._gate:
            elapsed = self.heart.clock() - self.began
            self.state = Progress(self.name, symbol, elapsed, rows, requests, done)
            if note or elapsed - self.said >= self.heart.every or done == 1:
                self._say(note)

    def alive(self) -> None:
        """Repeat the last state with the time it has become, where nothing was said lately."""
        with self._gate:
            elapsed = self.heart.clock() - self.began
            if elapsed - self.said >= self.heart.every:
                self.state = replace(self.state, elapsed=elapsed)
                self._say("")

    def _say(self, note: str) -> None:
        self.said = self.state.elapsed
        self.heart.say(f"[pair] {line(self.state)}{f'; {note}' if note else ''}")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Speaks for the stages of a run.

    Attributes
    ----------
    say : Say
        Takes each line.
    every : float
        Seconds between two signs of life of a stage.
    clock : callable
        Monotonic seconds.
    """

    say: Say = to_standard_error
    every: float = 10.0
    clock: Callable[[], float] = time.monotonic

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Say that a stage begins, that it lives, and how it ended.

        A thread repeats the last state where the work itself says nothing for ``every`` seconds
        (one long call of a library).

        Parameters
        ----------
        name : str
            As in the logs: ``download``, ``prepare``, ``2 events``.
        """
        began = self.clock()
        stage = Stage(name, self, began, Progress(name, "", 0.0), 0.0)
        self.say(f"[pair] {name}: start")
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(stage, over), daemon=True)
        watch.start()
        ended = "end"
        try:
            yield stage
        except BaseException as error:
            ended = f"stopped by {type(error).__name__}"
            raise
        finally:
            over.set()
            watch.join()
            last = replace(stage.state, what="", symbol="", elapsed=self.clock() - began, done=None)
            self.say(f"[pair] {name}: {ended}, {line(last).removeprefix(': ')}")


def _watch(stage: Stage, over: threading.Event) -> None:
    while not over.wait(stage.heart.every):
        stage.alive()
