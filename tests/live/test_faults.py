"""What an exchange can do wrong, done to the runner over the real protocol, one after another.

One runner lives through all of it; at the end lake, store and ledger are held against the source.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from _pytest.mark import ParameterSet
from tests.live.market import Live, compare, each_hour_once, exchange, shown, tape

from barograph.simulator.faults import Fault
from barograph.simulator.server import Running
from barograph.simulator.tape import Tape

SPEED = 720.0
"""An hour is five seconds."""
STREAM_FAULTS = ("drop", "delay", "duplicate", "reorder", "malformed")
REST_FAULTS = ("limited", "banned", "error")


def some_long(kind: str, spared: set[str]) -> ParameterSet:
    """A fault; those spared are left to ``make test-long``: each takes a quarter of a minute."""
    return pytest.param(kind, marks=[pytest.mark.long] if kind in spared else [])


@pytest.fixture(scope="module")
def recorded() -> Tape:
    return tape()


@pytest.fixture(scope="module")
def running(recorded: Tape) -> Iterator[Running]:
    with exchange(recorded, SPEED) as found:
        yield found


@pytest.fixture(scope="module")
def live(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    found = Live(tmp_path_factory.mktemp("serving"), running)
    try:
        found.running_at_last()
        yield found
    finally:
        found.stop()


def test_a_quiet_market_is_published_hour_by_hour(live: Live, recorded: Tape) -> None:
    live.hours(2)
    assert live.forecast()["unreliable"] == []
    live.until(lambda: live.forecast()["late"] is False, 60, "a forecast in time")
    assert live.status()["connected"] is True
    assert compare(live.folder, recorded, running=True) > 20_000


def test_an_exchange_that_fails_too_often_is_said_until_it_answers(
    live: Live, running: Running
) -> None:
    """Every look at its clock fails: a signal would be granted half its size, and that is said."""
    assert live.status()["risk"] == []
    running.faults.plan(Fault("error", path="/time", times=10_000))
    live.until(lambda: live.status()["risk"], 40, "a breaker")
    held = str(live.status()["risk"])
    assert "'api_errors', 'effect': 'conservative'" in held
    assert "% of the last calls to the exchange failed" in held
    assert "'until': None" in held
    running.faults.clear()
    live.until(lambda: not live.status()["risk"], 40, "its release")
    assert live.forecast()["horizons"]["24"]["refused"], "a coin hardly has a side"  # type: ignore[index]


@pytest.mark.parametrize(
    "kind", [some_long(kind, {"delay", "duplicate"}) for kind in STREAM_FAULTS]
)
def test_messages_go_astray(live: Live, running: Running, kind: str) -> None:
    """Two last states of the hour and four of five minutes suffer it; no hour is lost."""
    running.faults.plan(
        Fault(kind, path="@kline_1h", times=2, seconds=0.5),  # type: ignore[arg-type]
        Fault(kind, path="@kline_5m", times=4, seconds=0.5),  # type: ignore[arg-type]
    )
    live.hours(3)
    live.until(lambda: not running.faults.planned, 20, f"every {kind}")
    live.hours(1)
    each_hour_once(live.entries())
    if kind == "malformed":
        assert live.runner.feed is not None
        assert live.runner.feed.counts["malformed"] > 0


def test_a_lost_connection_is_won_back_and_the_gap_filled(live: Live, running: Running) -> None:
    assert live.runner.feed is not None
    before = live.runner.feed.counts["opened"]
    running.faults.plan(Fault("disconnect", path="@kline"))
    live.hours(2)
    assert not running.faults.planned, "it was disconnected"
    assert live.runner.feed.counts["opened"] > before
    each_hour_once(live.entries())


def test_silence_is_said_and_ended(live: Live, running: Running) -> None:
    """Five seconds without a price are stale; the connection is given up and won again."""
    running.faults.plan(Fault("silence", path="@kline", seconds=9.0))
    live.until(lambda: "no price" in str(live.status().get("stale")), 20, "a stale price")
    live.until(lambda: not live.status()["stale"], 30, "a fresh price")
    live.hours(2)
    each_hour_once(live.entries())


@pytest.mark.parametrize("kind", [some_long(k, {"limited", "error"}) for k in REST_FAULTS])
def test_rest_refuses_just_when_it_is_needed(live: Live, running: Running, kind: str) -> None:
    running.faults.plan(
        Fault(kind, path="/klines", times=4, retry_after="0.1"),  # type: ignore[arg-type]
        Fault("drop", path="@kline_1h", times=1),
        Fault("disconnect", path="@kline"),
    )
    live.hours(3)
    each_hour_once(live.entries())
    live.until(lambda: not live.status()["stale"], 20, "an untroubled status")


@pytest.mark.parametrize("kind", [some_long(k, {"silence"}) for k in ("banned", "silence")])
def test_a_whole_stream_needs_no_rest(live: Live, running: Running, kind: str) -> None:
    """REST refuses or hangs from a reconnect on; what the stream brings is published all the same.

    The connection is lost just after an hour has closed, so that no hour's last state is missed;
    one of five minutes is, so that REST has something to be asked.
    """
    live.hours(1)
    running.faults.plan(
        Fault("disconnect", path="@kline"),
        Fault("drop", path="@kline_5m"),
        Fault(kind, path="/klines", times=10_000, seconds=3.0, retry_after="0.1"),  # type: ignore[arg-type]
    )
    live.hours(3)
    live.until(lambda: "REST" in str(live.status()["stale"]), 30, "a word of REST")
    live.hours(2)
    assert {fault.kind for fault in running.faults.planned} == {kind}, "REST refused all the while"
    running.faults.clear()
    live.until(lambda: not live.status()["stale"], 40, "an untroubled status")
    live.hours(1)
    each_hour_once(live.entries())


def test_a_wrong_clock_is_said(live: Live, running: Running) -> None:
    running.faults.plan(Fault("wrong_clock", seconds=7200.0))
    live.until(lambda: "clock" in str(live.status()["unreliable"]), 20, "a distrusted clock")
    assert abs(float(str(live.status()["clock_offset_s"])) - 7200.0) < 120.0
    running.faults.plan(Fault("wrong_clock", seconds=0.0))
    live.until(lambda: not live.status()["unreliable"], 20, "a trusted clock")
    live.hours(1)


def test_everything_so_far_is_in_lake_and_store(live: Live, recorded: Tape) -> None:
    """Row-exact against the source, after all of the above."""
    live.hours(1)
    entries = live.entries()
    each_hour_once(entries)
    live.until(lambda: live.forecast()["sequence"] == len(live.entries()), 10, "the last answer")
    shown(live.folder, entries)
    assert compare(live.folder, recorded, running=True) > 20_000


def test_bars_that_are_not_there_make_no_forecast_until_they_come(
    live: Live, running: Running, recorded: Tape
) -> None:
    """Two hours are missing everywhere, then turn up: published late, and said to be."""
    before = {entry.published.as_of for entry in live.entries()}
    running.faults.plan(Fault("gap", path="btcusdt@kline", seconds=7200.0, later=10800.0))
    live.until(lambda: "no bar" in str(live.status()["unreliable"]), 30, "a missing bar")

    def whole() -> bool:
        hours = sorted({entry.published.as_of for entry in live.entries()})
        span = (hours[-1] - hours[0]) / timedelta(hours=1)
        return len(hours) >= len(before) + 6 and span == len(hours) - 1

    live.until(whole, 120, "a ledger without a hole")
    each_hour_once(live.entries())
    live.hours(1)

    def exact() -> bool:
        with suppress(AssertionError):
            return compare(live.folder, recorded, running=True) > 0
        return False

    live.until(exact, 30, "every five minutes of the gap")


def test_a_price_ten_times_too_high_is_published_as_unreliable(
    live: Live, running: Running
) -> None:
    """Last, since the exchange itself now says what the tape does not."""
    running.faults.plan(Fault("spike", path="btcusdt@kline_1h", factor=10.0))
    live.until(lambda: live.forecast()["unreliable"], 30, "an unreliable forecast")
    words = str(live.forecast()["unreliable"])
    assert "implausible" in words or "times its usual" in words
    horizon = live.forecast()["horizons"]["24"]  # type: ignore[index]
    assert horizon["confidence"] != "high"
    live.until(lambda: "crash" in str(live.status()["risk"]), 5, "a halt")
