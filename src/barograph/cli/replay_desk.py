"""A replay by keyboard: what each key does, and a page drawn after it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.live import Live

from barograph.cli.keys import ESCAPE, Keyboard
from barograph.cli.replay_words import NEXT, page
from barograph.core.errors import InputError
from barograph.core.time import HOUR, parse_moment
from barograph.trading.replay import Replay

FASTEST: Final = 64.0
SLOWEST: Final = 0.125
ENDS: Final = ("\n", "\r")
RUBBED: Final = ("\x7f", "\b")


@dataclass(slots=True)
class Desk:
    """A replay and the state of its controls.

    Attributes
    ----------
    replay : Replay
    begin : Callable[[datetime], Replay]
        Begins another one, for a date that lies outside this one.
    speed : float
        Hours a second while it plays.
    playing : bool
    typed : str or None
        A date that is being typed; None where none is.
    said : str
        What went wrong with the last key.
    over : bool
        Whether it is to end.
    """

    replay: Replay
    begin: Callable[[datetime], Replay]
    speed: float = 2.0
    playing: bool = False
    typed: str | None = None
    said: str = ""
    over: bool = False

    def press(self, key: str) -> None:
        """Do what a key asks for."""
        self.said = ""
        if self.typed is not None:
            self._type(key)
        elif key == "q":
            self.over = True
        elif key == "n":
            self._move(1)
        elif key == "p":
            self._move(-1)
        elif key == " ":
            self.playing = not self.playing and not self.replay.done
        elif key in "+-":
            faster = self.speed * (2.0 if key == "+" else 0.5)
            self.speed = min(max(faster, SLOWEST), FASTEST)
        elif key == "j":
            self.playing, self.typed = False, ""

    def tick(self) -> None:
        """Let an hour pass while it plays."""
        self._move(1)
        self.playing = self.playing and not self.replay.done

    def foot(self) -> str:
        """The line at the bottom."""
        if self.typed is not None:
            return f"jump to (YYYY-MM-DD[THH]): {self.typed}_   Enter goes there, Esc does not"
        state = f"playing {self.speed:g} h a second" if self.playing else "paused"
        return f"{state}   {NEXT}" + (f"\n{self.said}" if self.said else "")

    def _move(self, hours: int) -> None:
        try:
            self.replay.jump(self.replay.at + hours * HOUR)
        except InputError:
            self.playing = False
            self.said = "this is the last hour" if hours > 0 else "this is the first hour"

    def _jump(self, when: datetime) -> None:
        """Go there; where it lies outside, begin anew, and count anew."""
        if self.replay.first <= when <= self.replay.last:
            self.replay.jump(when)
            return
        self.replay = self.begin(when)
        self.said = f"counting anew from {self.replay.first:%Y-%m-%d %H:%M} on"

    def _type(self, key: str) -> None:
        typed = self.typed or ""
        if key in ENDS:
            self.typed = None
            try:
                self._jump(parse_moment(typed))
            except InputError as error:
                self.said = str(error)
        elif key == ESCAPE:
            self.typed = None
        elif key in RUBBED:
            self.typed = typed[:-1]
        elif key.isprintable():
            self.typed = typed + key


def sit(desk: Desk, horizon: int, console: Console) -> None:
    """Draw pages and take keys until it is over."""
    with (
        Keyboard() as keyboard,
        Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live,
    ):
        while not desk.over:
            live.update(page(desk.replay.state, horizon, desk.foot()), refresh=True)
            key = keyboard.get(1.0 / desk.speed if desk.playing else None)
            if key is not None:
                desk.press(key)
            elif desk.playing:
                desk.tick()
