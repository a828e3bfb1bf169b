"""``barograph replay``: lines, JSON, Python and keys show one and the same past."""

import json
import os
import pty
import re
import select
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from tests.end_to_end.conftest import Place

from barograph import Project
from barograph.trading.performance import NOTICE
from barograph.trading.replay import HINDSIGHT

TIMES = re.compile(r"REPLAY (\d{4}-\d\d-\d\d \d\d:\d\d)")
PATIENCE = 60.0
"""Seconds after which a test gives up on a page."""


def project(place: Place, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("BAROGRAPH_OFFLINE", "1")
    monkeypatch.chdir(place.root)
    return Project("lake", config="run.yaml")


def test_the_command_and_python_say_the_same(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = project(place, monkeypatch)
    published = mine.ledger["as_of"][-1]
    begin = published - timedelta(hours=3)
    words = ("replay", "--config", "run.yaml", "--date", f"{begin:%Y-%m-%dT%H:%M}")
    said = place.run(*words, "--horizon", "4", "--hours", "4", "--json")
    assert said.code == 0, said.err
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["source"]["kind"] for line in lines] == ["walk", "walk", "walk", "ledger"]
    replay = mine.replay(begin, hours=4, horizon_hours=4)
    for line, state in zip(lines, replay, strict=True):
        assert line == json.loads(orjson.dumps(state, option=orjson.OPT_UTC_Z))
    people = place.run(*words, "--horizon", "4", "--hours", "4")
    assert people.code == 0, people.err
    for text in ("BTCUSDT (binance_spot), 4 h ahead", NOTICE, HINDSIGHT, "buy and hold",
                 "3 walked, 1 ledger, to the last bit"):  # fmt: skip
        assert text in " ".join(people.out.split())
    hours = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d", people.out, re.MULTILINE)
    assert hours == [f"{begin + timedelta(hours=k):%Y-%m-%d %H:%M}" for k in range(4)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--date", "2022-07-01", "--horizon", "5"), "horizon 5 h is not forecast; those: 1, 4"),
        (("--date", "yesterday",), "is not a date"),
        (("--date", "2022-07-01", "--step"), "there is no keyboard here"),
        (("--date", "2022-07-01", "--lake", "nowhere"), "no lake at nowhere"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_one_clear_line(
    place: Place, words: tuple[str, ...], message: str
) -> None:
    said = place.run("replay", "--config", "run.yaml", *words)
    assert said.code != 0
    assert message in said.error
    assert said.out == ""


class Terminal:
    """The command at a terminal of its own."""

    def __init__(self, root: Path, *words: str) -> None:
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "barograph", *words],
            cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
        )  # fmt: skip
        os.close(theirs)
        self.read = ""

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def until(self, text: str) -> None:
        """Read until something new is on the screen."""
        before = len(self.read)
        while text not in self.read[before:]:
            ready, _, _ = select.select([self.ours], [], [], PATIENCE)
            assert ready, f"no {text!r} in {self.read[before:][-2000:]!r}"
            self.read += os.read(self.ours, 65536).decode(errors="replace")

    def end(self) -> int:
        """Read what is left, so that it can end."""
        while True:
            try:
                if not os.read(self.ours, 65536):
                    break
            except OSError:
                break
        os.close(self.ours)
        return self.process.wait(PATIENCE)


def test_keys_walk_through_the_past(place: Place) -> None:
    words = ("replay", "--config", "run.yaml", "--date", "2022-08-01", "--horizon", "4", "--step")
    terminal = Terminal(place.root, *words)
    terminal.until("REPLAY 2022-08-01 00:00")
    terminal.press("n")
    terminal.until("REPLAY 2022-08-01 01:00")
    terminal.press("\x1b[C")
    terminal.until("REPLAY 2022-08-01 02:00")
    terminal.press("p")
    terminal.until("REPLAY 2022-08-01 01:00")
    terminal.press("j")
    terminal.until("jump to")
    terminal.press("2022-08-05T03\r")
    terminal.until("REPLAY 2022-08-05 03:00")
    terminal.press("+++ ")
    terminal.until("playing 16 h a second")
    terminal.until("REPLAY 2022-08-05 04:00")
    terminal.press(" ")
    terminal.until("paused")
    terminal.press("q")
    assert terminal.end() == 0
    assert HINDSIGHT in terminal.read
    assert NOTICE in terminal.read
