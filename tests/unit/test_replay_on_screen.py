"""A replay in words, and what each key of it does."""

import dataclasses
import re
from datetime import UTC, datetime
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from barograph.cli.keys import split
from barograph.cli.replay_desk import FASTEST, Desk
from barograph.cli.replay_words import HEAD, heading, line, page, summary
from barograph.core.time import HOUR
from barograph.trading.replay import (
    HINDSIGHT,
    Accuracy,
    Came,
    Ideal,
    IdealTrip,
    Outlook,
    Replay,
    Source,
    State,
)
from barograph.trading.so_far import untouched

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
OUTLOOK = Outlook(4, BEGIN + 4 * HOUR, 0.0, 0.01, 1e-4, 0.5, tuple(np.linspace(-0.06, 0.06, 13)),
                  "high")  # fmt: skip
STATE = State(
    symbol="BTCUSDT", venue="binance_spot", simulated=False, as_of=BEGIN, since=BEGIN,
    price=50_000.0, regime="ranging", source=Source("ledger", 12, BEGIN), outlooks=(OUTLOOK,),
    came=(Came(OUTLOOK, BEGIN - 4 * HOUR, 49_000.0, -0.09, None),),
    accuracy=(Accuracy(4, 100, 25.0, 0.5, 0.68, 0.95, 0.51, 0.01, 0.02, 0.03, 0.04),),
    account=untouched(1000.0, "threshold", 4),
    ideal=Ideal(HINDSIGHT, 0.1, (IdealTrip("short", BEGIN, BEGIN + HOUR, 5e4, 4.5e4, 0.1),)),
)  # fmt: skip
BLANK = dataclasses.replace(
    STATE, price=None, source=Source("none"), outlooks=(), came=(),
    accuracy=(Accuracy(4, 0, 0.0, *[float("nan")] * 8),), ideal=Ideal(HINDSIGHT, 0.0, ()),
)  # fmt: skip


def printed(what: object, width: int = 80) -> str:
    console = Console(width=width, file=StringIO())
    console.print(what, soft_wrap=True)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_line_says_what_was_believed_what_came_and_how_it_has_done() -> None:
    said = line(STATE, 4)
    for part in ("2024-01-01 00:00", "50,000", "50.0 %", "high", "-9.0 %", "beyond", "68.0 %",
                 "+4.0 %", "51.0 %", "+0.0 %", "ledger 12"):  # fmt: skip
        assert part in said, part
    assert len(HEAD.removesuffix("forecast")) == len(said.removesuffix("ledger 12"))
    late = dataclasses.replace(STATE, source=Source("ledger", 12, BEGIN, retrospective=True))
    assert line(late, 4) == f"{said}, retrospective"
    assert not re.search(r"\bnan\b", line(BLANK, 4) + printed(summary([BLANK])))


@pytest.mark.parametrize("simulated", [True, False])
def test_what_is_simulated_and_what_is_hindsight_says_so(*, simulated: bool) -> None:
    state = dataclasses.replace(STATE, simulated=simulated)
    for text in (heading(state, 4), printed(page(state, 4, "foot"))):
        assert ("SIMULATED" in text) is simulated
    told = printed(page(state, 4, "foot"))
    for part in ("REPLAY 2024-01-01 00:00 UTC", "foot", HINDSIGHT, "short", state.notice):
        assert part in told
    assert HINDSIGHT in printed(summary([state]))


def desk() -> Desk:
    def begin(at: datetime) -> Replay:
        first = at - 10 * HOUR
        tell = lambda moment: dataclasses.replace(STATE, as_of=moment)  # noqa: E731
        return Replay(tell, first, at + 10 * HOUR, at)

    return Desk(begin(BEGIN), begin)


def press(one: Desk, keys: str) -> Desk:
    for key in keys:
        one.press(key)
    return one


def test_keys_step_and_play_until_the_end() -> None:
    one = press(desk(), "nnp")
    assert one.replay.at == BEGIN + HOUR
    press(one, " ")
    assert one.playing
    for _ in range(20):
        one.tick()
    assert one.replay.done
    assert not one.playing
    press(one, "n ")
    assert "last hour" in press(one, "n").foot()
    assert not press(one, " ").playing
    assert press(one, "+" * 20).speed == FASTEST
    assert press(one, "q").over


def test_a_date_is_typed_corrected_and_gone_to() -> None:
    one = press(desk(), "j2024-01-01T059")
    assert "2024-01-01T059_" in one.foot()
    assert press(one, "\x7f\r").replay.at == BEGIN + 5 * HOUR
    assert press(one, "j2020\x1b").typed is None
    assert "is not a date" in press(one, "jq\n").foot()
    assert not one.over
    assert "counting anew from 2025-02-28 14:00" in press(one, "j2025-03-01\r").foot()
    assert one.replay.at == datetime(2025, 3, 1, tzinfo=UTC)


def test_keys_come_one_by_one_and_arrows_as_one() -> None:
    assert split("nq") == ["n", "q"]
    assert split("\x1b[C") == ["n"]
    assert split("\x1b[D") == ["p"]
    assert split("\x1b") == split("\x1b[A") == ["\x1b"]
