"""Child processes that are kept alive, and that never outlive their parent."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LOG: Final = logging.getLogger(__name__)
LOOK: Final = 0.1
"""Seconds between two looks at a child, and at a parent."""
STEADY: Final = 30.0
"""Seconds a child must live for its next death to count as the first."""
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
PARTING: Final = 8.0
"""Seconds a child is given to end by itself."""
LARGEST_LOG: Final = 5_000_000
BAROGRAPH: Final = (sys.executable, "-m", "barograph")
"""This program as a command."""

Command = Callable[[], Sequence[str]]


@dataclass(slots=True)
class Child:
    """A process that is started again whenever it ends.

    Attributes
    ----------
    name : str
        For messages and its log file.
    command : Callable[[], sequence of str]
        What to run; asked anew at every start.
    log : Path
        Where its standard error goes.
    environment : Mapping[str, str]
        Added to ours.
    """

    name: str
    command: Command
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _deaths: int = 0
    _born: float = 0.0
    _next: float = 0.0

    @property
    def pid(self) -> int | None:
        """Process id; None while it is down."""
        alive = self.process is not None and self.process.poll() is None
        return self.process.pid if alive and self.process is not None else None

    def tend(self) -> None:
        """Start it where it is not running and its pause is over."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self._died(code)
        if time.monotonic() >= self._next:
            self._start()

    def stop(self) -> None:
        """End it: asked first, then made to."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(PARTING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                list(self.command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                # Ctrl-C is ours to hear; we tell our children.
                start_new_session=True,
            )
        self.starts += 1
        self._born = time.monotonic()

    def _died(self, code: int) -> None:
        lived = time.monotonic() - self._born
        self._deaths = 1 if lived > STEADY else self._deaths + 1
        wait = min(FIRST_WAIT * 2.0 ** (self._deaths - 1), LONGEST_WAIT)
        self._next = time.monotonic() + wait
        self.process = None
        LOG.warning(
            "the %s ended (%s) after %.0f s; starting it again in %.1f s; see %s",
            self.name, said(code), lived, wait, self.log,
        )  # fmt: skip


class Supervisor(threading.Thread):
    """Tends children until stopped.

    Parameters
    ----------
    children : sequence of Child
        In the order in which they are started; stopped the other way round.
    """

    def __init__(self, children: Sequence[Child]) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.children = tuple(children)
        self._ended = threading.Event()

    def run(self) -> None:
        """Look after everyone, again and again."""
        while not self._ended.wait(LOOK):
            for child in self.children:
                with suppress(OSError):  # no memory or no process to be had: next time
                    child.tend()

    def stop(self) -> None:
        """Stop looking, then end every child."""
        self._ended.set()
        if self.is_alive():
            self.join(5.0)
        for child in reversed(self.children):
            child.stop()


def said(code: int) -> str:
    """An exit status in words."""
    return f"signal {-code}" if code < 0 else f"exit {code}"


def end_with_parent(then: Callable[[], None]) -> None:
    """Call a function once the process that started us is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        then()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
