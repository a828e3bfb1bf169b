"""Stages begin, live and end in the log, with their counts."""

import threading

import pytest

from barograph.pair.heartbeat import Heartbeat


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_tells_its_beginning_its_progress_and_its_end() -> None:
    said: list[str] = []
    clock = Clock()
    with Heartbeat(said.append, every=600.0, clock=clock).stage("download") as stage:
        clock.now += 5
        stage.beat(0.01, symbol="BTC", rows=700, requests=1)  # too soon to be said
        clock.now += 600
        stage.beat(0.25, symbol="BTC", rows=18_000, requests=25)
        clock.now += 1
        stage.beat(0.26, symbol="ETH", requests=26, note="waiting 492 s for IBKR's pacing")
        clock.now += 1
        stage.beat(1.0, symbol="ETH", rows=72_000, requests=100)
    assert said == [
        "[pair] download: start",
        "[pair] download BTC: 605.0 s, 25 requests, 18,000 rows, 25 %, 1815 s left",
        "[pair] download ETH: 606.0 s, 26 requests, 26 %, 1725 s left; "
        "waiting 492 s for IBKR's pacing",
        "[pair] download ETH: 607.0 s, 100 requests, 72,000 rows, 100 %",
        "[pair] download: end, 607.0 s, 100 requests, 72,000 rows",
    ]


def test_a_stage_that_fails_says_so_and_the_error_goes_on() -> None:
    said: list[str] = []
    with pytest.raises(ZeroDivisionError), Heartbeat(said.append).stage("prepare"):
        raise ZeroDivisionError
    assert said[-1].startswith("[pair] prepare: stopped by ZeroDivisionError, ")


def test_a_stage_lives_in_the_log_while_one_long_call_says_nothing() -> None:
    said: list[str] = []
    alive = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("[pair] learn BTC: "):
            alive.set()

    clock = Clock()
    with Heartbeat(say, every=0.01, clock=clock).stage("learn") as stage:
        stage.beat(symbol="BTC")  # too soon to be said
        clock.now += 30
        assert alive.wait(30), "nothing was said in 30 s"
    assert "[pair] learn BTC: 30.0 s" in said
