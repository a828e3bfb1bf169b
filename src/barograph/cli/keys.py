"""Keys of a terminal, one at a time, without waiting for Enter."""

import os
import select
import sys
from types import TracebackType
from typing import Any, Final

ARROWS: Final = {"\x1b[C": "n", "\x1b[D": "p", "\x1bOC": "n", "\x1bOD": "p"}
ESCAPE: Final = "\x1b"
ENOUGH: Final = 64
"""Bytes read at once."""


def is_interactive() -> bool:
    """Whether a person sits at both ends, at a terminal that can be asked for single keys."""
    try:
        import termios  # noqa: F401 - not on every system
    except ImportError:
        return False
    return sys.stdin.isatty() and sys.stdout.isatty()


class Keyboard:
    """Standard input as keys; the terminal is as it was when this ends.

    Arrows to the right and left are ``n`` and ``p``; other sequences are one ``ESCAPE``. The end of
    the input is ``q``.
    """

    def __init__(self) -> None:
        self._place = sys.stdin.fileno()
        self._waiting: list[str] = []
        self._before: Any = None

    def __enter__(self) -> "Keyboard":
        """Take the terminal."""
        import termios
        import tty

        self._before = termios.tcgetattr(self._place)
        tty.setcbreak(self._place)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""
        import termios

        termios.tcsetattr(self._place, termios.TCSADRAIN, self._before)

    def get(self, seconds: float | None) -> str | None:
        """The next key; None where none comes in so many seconds, waiting for ever where None."""
        if not self._waiting:
            ready, _, _ = select.select([self._place], [], [], seconds)
            if not ready:
                return None
            self._waiting = split(os.read(self._place, ENOUGH).decode(errors="replace")) or ["q"]
        return self._waiting.pop(0)


def split(text: str) -> list[str]:
    """What came in at once as keys."""
    if text.startswith(ESCAPE):
        return [ARROWS.get(text, ESCAPE)]
    return list(text)
