"""``barograph replay``: a past stretch hour by hour, as it would have been."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Optional, TypeAlias

import typer

from barograph.cli import options

if TYPE_CHECKING:
    from barograph.cli.say import Voice
    from barograph.pipelines.replay import Ask
    from barograph.trading.replay import Replay, State

Date: TypeAlias = Annotated[str, typer.Option(help="Hour to begin at, YYYY-MM-DD[THH:MM], UTC.")]
Horizon: TypeAlias = Annotated[int, typer.Option(min=1, help="Horizon shown and traded, hours.")]
Hours: TypeAlias = Annotated[
    Optional[int],  # noqa: UP045 - typer reads it at run time
    typer.Option(min=1, help="Hours to show.", show_default="24; in a terminal: to the end"),
]
Speed: TypeAlias = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0.01, help="Play so many hours a second.", show_default="at once"),
]
Step: TypeAlias = Annotated[
    bool, typer.Option("--step", help="Wait for a key at each hour, in a terminal.")
]
Before: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Days before the date from which on everything counts.")
]
Trips: TypeAlias = Annotated[
    int, typer.Option(min=0, max=50, help="Ideal round trips shown, at most.")
]
Lines: TypeAlias = Annotated[bool, typer.Option("--json", help="A line of JSON an hour.")]
EXAMPLES: Final = (
    "barograph replay --date 2022-11-08",
    "barograph replay --date 2024-08-05 --hours 48 --horizon 4 --strategy probability_band",
    "barograph replay --date 2022-11-08 --json        (a line an hour)",
)
A_DAY: Final = 24


def replay(
    date: Date,
    symbol: Annotated[str, typer.Option(help="Symbol to replay.")] = "BTCUSDT",
    horizon: Horizon = 24,
    hours: Hours = None,
    speed: Speed = None,
    step: Step = False,
    strategy: Annotated[str, typer.Option(help="What trades the forecasts.")] = "threshold",
    before: Before = 30,
    trips: Trips = 3,
    size: options.Size = "small",
    config: options.Config = None,
    lake: options.LakeFolder = Path("lake"),
    as_json: Lines = False,
) -> None:
    """Walk a past stretch hour by hour: what was believed, what came, how it has done so far."""
    from barograph.cli.keys import is_interactive
    from barograph.cli.say import Voice
    from barograph.core.errors import InputError
    from barograph.core.time import parse_moment
    from barograph.pipelines.replay import Ask, Plan

    by_keyboard = is_interactive() and not as_json
    if step and not by_keyboard:
        raise InputError("--step waits for keys and there is no keyboard here; leave it out")
    ask = Ask(
        begin=parse_moment(date),
        hours=hours or (None if by_keyboard else A_DAY),
        before=timedelta(days=before),
        plan=Plan(symbols=(symbol,), strategy=strategy, horizon=horizon),
        trips=trips,
    )
    begin = beginner(lake, size, config, ask)
    voice = Voice(as_json=as_json)
    if by_keyboard:
        from barograph.cli.replay_desk import Desk, sit

        playing = speed is not None and not step
        sit(Desk(begin(ask.begin), begin, speed or 2.0, playing=playing), horizon, voice.out)
    elif as_json:
        for state in begin(ask.begin).play(speed=speed):
            sys.stdout.buffer.write(as_line(state))
            sys.stdout.flush()
    else:
        tell(begin(ask.begin), horizon, speed, voice)


def beginner(
    lake: Path, size: str, config: Path | None, ask: "Ask"
) -> "Callable[[datetime], Replay]":
    """What begins a replay at an hour; history is walked once."""
    from barograph.features.catalogue import features
    from barograph.lake.lake import Lake
    from barograph.pipelines.prepare import runner_of, settings_of
    from barograph.pipelines.replay import replay as work
    from barograph.pipelines.replay import walk

    place = Lake(lake, create=False)
    settings = settings_of(size, config, ask.plan.symbols)
    walked = walk(place, settings, settings.symbols[0], features(), ask.until, runner_of(place, 1))
    return lambda begin: work(walked, replace(ask, begin=begin))


def tell(made: "Replay", horizon: int, speed: float | None, voice: "Voice") -> None:
    """A line an hour, then what it has come to."""
    from barograph.cli.replay_words import HEAD, heading, line, summary

    states: list[State] = []
    for state in made.play(speed=speed):
        if not states:
            voice.out.print(heading(state, horizon), markup=False, soft_wrap=True)
            voice.out.print(HEAD, markup=False, soft_wrap=True)
        voice.out.print(line(state, horizon), markup=False, soft_wrap=True)
        states.append(state)
    voice.out.print(summary(states), soft_wrap=True)


def as_line(state: "State") -> bytes:
    """One hour as a line of JSON; what is unknown is null."""
    import orjson

    return orjson.dumps(state, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
