"""The market's clock, and whether the exchange's own can be believed."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from barograph.core.errors import SourceError
from barograph.live.board import BARS, Board
from barograph.live.clock import MarketClock, simulated_clock
from barograph.live.timekeeping import look

MARKET = datetime(2024, 3, 1, tzinfo=UTC)


def clock(seconds: float = 0.0, ends: datetime | None = None) -> MarketClock:
    return MarketClock("recorded", MARKET, 1000.0, 60.0, ends, lambda: 1000.0 + seconds)


def test_a_minute_passes_in_a_second_at_sixty_times() -> None:
    assert clock(1.0)() == MARKET + timedelta(minutes=1)
    assert clock(1.0).wait(MARKET + timedelta(minutes=2)) == pytest.approx(1.0)
    assert clock(9.0).wait(MARKET) == 0.0


def test_a_replay_stands_still_at_its_end() -> None:
    ends = MARKET + timedelta(minutes=5)
    assert clock(100.0, ends)() == ends
    assert clock(100.0, ends).over
    assert not clock(1.0, ends).over


def test_a_simulated_exchange_says_what_time_it_is() -> None:
    said = {
        "market": MARKET.isoformat(), "wall": 1000.0, "speed": 60.0, "market_kind": "invented",
        "ends": None,
    }  # fmt: skip
    found = simulated_clock(lambda _url, _query: orjson.dumps(said), "http://x/", lambda: 1001.0)
    assert found() == MARKET + timedelta(minutes=1)
    assert found.meta()["kind"] == "invented"
    with pytest.raises(SourceError, match="no clock"):
        simulated_clock(lambda _url, _query: b"{}", "http://x")


@pytest.mark.parametrize(
    ("shift", "wrong"), [(0.0, False), (1.5, False), (-1.5, False), (30.0, True), (-30.0, True)]
)
def test_an_exchange_more_than_two_seconds_off_is_distrusted(shift: float, wrong: bool) -> None:
    theirs = int((MARKET.timestamp() + shift) * 1000)
    board = Board(["BTCUSDT"])
    live = MarketClock("live", MARKET, 1000.0, 1.0, None, lambda: 1000.0)
    look(lambda _url, _query: orjson.dumps({"serverTime": theirs}), "http://x", live, board)
    assert bool(board.concerns("unreliable", "BTCUSDT")) is wrong
    if wrong:
        assert ("ahead" if shift > 0 else "behind") in board.concerns("unreliable", "BTCUSDT")[0]
        assert board.statuses()["BTCUSDT"]["clock_offset_s"] == pytest.approx(shift, abs=0.5)


def test_a_price_goes_stale_and_comes_back() -> None:
    present = [1000.0]
    board = Board(["BTCUSDT"], lambda: present[0])
    board.heard("BTCUSDT", 50_000.0)
    present[0] += 4.0
    assert board.statuses()["BTCUSDT"]["stale"] == []
    present[0] += 8.0
    assert board.statuses()["BTCUSDT"]["stale"] == ["no price has come for 12 s"]
    board.heard("BTCUSDT", 50_001.0)
    assert board.statuses()["BTCUSDT"]["stale"] == []


def test_concerns_are_raised_and_lifted_by_name() -> None:
    board = Board(["BTCUSDT", "ETHUSDT"])
    board.concern("stale", "lake", "the disk refuses")
    board.concern("unreliable", "bars", "a spike", "ETHUSDT")
    assert board.concerns("stale", "BTCUSDT") == ["the disk refuses"]
    assert board.concerns("unreliable", "BTCUSDT") == []
    board.concern("stale", "lake", None)
    assert board.concerns("stale", "ETHUSDT") == []
    assert board.concerns("unreliable", "ETHUSDT") == ["a spike"]


def test_each_reason_against_the_newest_bars_is_told_once_and_replaced_by_the_next() -> None:
    board = Board(("BTCUSDT", "ETHUSDT"))
    board.concern("unreliable", "clock", "the clock is wrong")
    board.doubt("BTCUSDT", ["a jump", "hardly any volume"])
    told = ["the clock is wrong", "a jump", "hardly any volume"]
    assert board.statuses()["BTCUSDT"]["unreliable"] == told
    assert board.concerns("unreliable", "BTCUSDT", but=BARS) == ["the clock is wrong"]
    board.changed.clear()
    board.doubt("BTCUSDT", ["a jump", "hardly any volume"])
    assert not board.changed.is_set()
    board.doubt("BTCUSDT", [])
    assert board.changed.is_set()
    assert board.concerns("unreliable", "BTCUSDT") == ["the clock is wrong"]
