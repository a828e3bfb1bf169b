"""Breakers in the runner: fed with calls, ages and bars, told in the time of the market."""

import threading
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from barograph.core.errors import SourceError
from barograph.core.time import HOUR
from barograph.live.clock import MarketClock
from barograph.live.risk import Risk
from barograph.sources.http import NotThereError

START = datetime(2024, 1, 1, tzinfo=UTC)
WALL = 2_000_000_000.0


class World:
    """A machine and an exchange whose clocks a test moves."""

    def __init__(self, speed: float = 1.0, symbols: tuple[str, ...] = ("BTCUSDT",)) -> None:
        self.wall = WALL
        self.clock = MarketClock("live", START, WALL, speed, seconds=lambda: self.wall)
        self.risk = Risk(symbols, self.clock, lambda: self.wall)

    def names(self, symbol: str = "BTCUSDT") -> list[str]:
        return [one["breaker"] for one in self.risk.holding(symbol)]


def bars(closes: list[float], interval: str = "1h", end: datetime = START) -> pl.DataFrame:
    """Bars of one interval, the last of which closes at ``end``."""
    step = HOUR if interval == "1h" else timedelta(minutes=5)
    ends = [end - k * step for k in range(len(closes))][::-1]
    return pl.DataFrame({"interval": interval, "close_time": ends, "close": closes})


def test_calls_that_fail_are_counted_where_they_are_made() -> None:
    world = World()
    failing = True

    def get(url: str, _query: object) -> bytes:
        if url == "missing":
            raise NotThereError("no such thing")
        if failing:
            raise SourceError("status 500")
        return b"fine"

    watched = world.risk.watched(get)
    for _ in range(10):
        with pytest.raises(SourceError):
            watched("klines", {})
    (held,) = world.risk.holding("BTCUSDT")
    assert held["breaker"] == "api_errors"
    assert held["effect"] == "conservative"
    assert held["reason"] == "100 % of the last calls to the exchange failed"
    assert (held["since"], held["until"]) == (START.isoformat(), None)
    failing = False
    for k in range(90):
        assert world.names() == ["api_errors"], f"{k} of 100 calls were answered"
        assert watched("klines", {}) == b"fine"
    assert world.names() == []
    with pytest.raises(NotThereError):
        watched("missing", {})
    assert world.names() == []


def test_what_happened_here_is_told_in_the_time_of_the_market() -> None:
    world = World(speed=720.0)
    for _ in range(10):
        world.risk.called(failed=True)
    world.wall += 5.0
    (held,) = world.risk.holding("BTCUSDT")
    assert held["since"] == START.isoformat()


def test_an_old_price_is_stale_until_a_fresh_one() -> None:
    world = World(symbols=("BTCUSDT", "ETHUSDT"))
    world.risk.aged("BTCUSDT", None)
    world.risk.aged("BTCUSDT", WALL - 300.0)
    assert world.names() == []
    world.risk.aged("BTCUSDT", WALL - 300.1)
    world.risk.aged("ETHUSDT", WALL)
    assert world.names() == ["staleness"]
    assert world.names("ETHUSDT") == []
    world.wall += 60.0
    assert world.names() == ["staleness"], "nothing was heard"
    world.risk.aged("BTCUSDT", world.wall)
    assert world.names() == []


@pytest.mark.parametrize(("interval", "steps"), [("1h", 1), ("5m", 12)])
def test_a_crash_within_an_hour_halts_every_symbol_for_two(interval: str, steps: int) -> None:
    world = World(symbols=("BTCUSDT", "ETHUSDT"))
    calm = [100.0] * (steps + 1)
    world.risk.closed("BTCUSDT", bars(calm, interval))
    assert world.names() == []
    world.wall += 3600.0
    end = START + HOUR
    world.risk.closed("BTCUSDT", bars([*calm, *[95.0] * (steps - 1), 89.9], interval, end))
    for symbol in ("BTCUSDT", "ETHUSDT"):
        (held,) = world.risk.holding(symbol)
        assert held["reason"] == "a price moved 10.10 % in an hour"
        assert held["effect"] == "no_entries"
        assert held["since"] == end.isoformat()
        assert held["until"] == (end + 2 * HOUR).isoformat()
    world.wall += 2 * 3600.0 - 0.001
    assert world.names() == ["crash"]
    world.wall += 0.001
    assert world.names() == []


def test_a_bar_is_looked_at_once_and_a_hole_is_no_crash() -> None:
    world = World()
    rows = bars([100.0, 100.0, 80.0], end=START + HOUR)
    world.wall += 3600.0
    world.risk.closed("BTCUSDT", rows)
    assert world.names() == ["crash"]
    world.wall += 2 * 3600.0
    world.risk.closed("BTCUSDT", rows)
    assert world.names() == [], "the same bars again are no new crash"
    holed = bars([80.0, 200.0], end=START + 5 * HOUR).with_columns(
        close_time=pl.Series([START + HOUR, START + 5 * HOUR])
    )
    world.risk.closed("BTCUSDT", holed)
    assert world.names() == [], "four hours are no hour"


def test_a_start_knows_of_a_halt_that_still_holds_and_of_no_older_one() -> None:
    """A process that begins an hour after the crash halts for the hour that is left."""
    for after, wanted in ((1, ["crash"]), (5, [])):
        world = World()
        world.wall += 3600.0 * after
        world.risk.closed("BTCUSDT", bars([100.0, 80.0, *[80.0] * after], end=START + after * HOUR))
        assert world.names() == wanted


def test_a_bar_that_comes_late_halts_from_its_own_close() -> None:
    world = World()
    world.risk.closed("BTCUSDT", bars([100.0, 100.0]))
    late = bars([100.0] * 12 + [85.0], "5m", START - timedelta(minutes=5))
    world.risk.closed("BTCUSDT", late)
    (held,) = world.risk.holding("BTCUSDT")
    assert held["since"] == (START - timedelta(minutes=5)).isoformat()


def test_many_threads_may_tell_it_things() -> None:
    world = World()

    def answered() -> None:
        for _ in range(200):
            world.risk.called(failed=False)

    many = [threading.Thread(target=answered) for _ in range(4)]
    for one in many:
        one.start()
    for _ in range(50):
        world.risk.holding("BTCUSDT")
    for one in many:
        one.join()
    assert world.names() == []
    for _ in range(88):
        world.risk.called(failed=True)
    assert world.names() == [], "88 of 888 are not a tenth, so no call was lost"
    for _ in range(2):
        world.risk.called(failed=True)
    assert world.names() == ["api_errors"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_series_looked_at_in_any_order_halt_from_their_own_bars(order: tuple[int, ...]) -> None:
    """Two hours after its crash a series halts nothing, whichever newer bars were looked at."""
    for fallen, wanted in (([100.0, 100.0, 85.0, 85.0, 85.0], []),
                           ([100.0, 100.0, 100.0, 85.0, 85.0], ["crash"])):  # fmt: skip
        world = World(symbols=("BTCUSDT", "ETHUSDT"))
        quarter = bars(fallen).with_columns(interval=pl.lit("15m"))
        series = (("ETHUSDT", bars([100.0] * 5)), ("BTCUSDT", bars(fallen)), ("BTCUSDT", quarter))
        for k in order:
            world.risk.closed(*series[k])
        assert world.names("ETHUSDT") == wanted
        if wanted:
            (held,) = world.risk.holding("ETHUSDT")
            assert held["since"] == (START - HOUR).isoformat()
            assert held["until"] == (START + HOUR).isoformat()


@pytest.mark.parametrize("first", ["BTCUSDT", "ETHUSDT"])
def test_of_crashes_at_the_same_close_the_largest_is_told(first: str) -> None:
    world = World(symbols=("BTCUSDT", "ETHUSDT"))
    falls = {"BTCUSDT": 85.0, "ETHUSDT": 70.0}
    for symbol in sorted(falls, key=lambda one: one != first):
        world.risk.closed(symbol, bars([100.0, falls[symbol]]))
    (held,) = world.risk.holding("BTCUSDT")
    assert "30.00 %" in held["reason"]
