"""What may be known of a bar at a moment: the recorded one once it has ended, never more."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulator.tapes import DAYS, START, millis, small

from barograph.simulator.board import Board
from barograph.simulator.growth import state
from barograph.simulator.series import VALUES, Series

TAPE = small()
BOARD = Board(TAPE.bars)
INTERVALS = ("5m", "15m", "1h", "4h", "1d")
BEGIN, END = millis(START), millis(START + timedelta(days=DAYS))
MOMENTS = st.integers(BEGIN, END + 7_200_000)


def spoilt_after(now: int) -> Board:
    """The same market up to now, and another one from the next finest bar on."""
    later = pl.col("open_time").dt.epoch("ms") > now
    long = {
        key: table.with_columns(
            pl.when(later | (pl.lit(key[1] != "5m") & _open(key[1], now)))
            .then(pl.col(name) * 3 if name != "open" else pl.col(name))
            .otherwise(pl.col(name))
            .alias(name)
            for name in ("high", "low", "close", "volume", "quote_volume")
        )
        for key, table in TAPE.bars.items()
    }
    return Board(long)


def _open(interval: str, now: int) -> pl.Expr:
    series = BOARD.series("BTCUSDT", interval)
    assert series is not None
    opened = pl.col("open_time").dt.epoch("ms")
    return (opened <= now) & (opened + series.length > now)


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.sampled_from(INTERVALS), st.integers(1, 40))
def test_nothing_that_happens_later_is_ever_served(now: int, interval: str, limit: int) -> None:
    """Also the record of an open bar: it is made of the shorter ones that have ended by now."""
    rows = BOARD.klines("BTCUSDT", interval, None, None, limit, now)
    assert rows == spoilt_after(now).klines("BTCUSDT", interval, None, None, limit, now)
    assert all(int(row[0]) <= now for row in rows)
    assert BOARD.price("BTCUSDT", now) == spoilt_after(now).price("BTCUSDT", now)
    assert BOARD.day("BTCUSDT", now) == spoilt_after(now).day("BTCUSDT", now)


@settings(max_examples=100, deadline=None)
@given(
    MOMENTS,
    st.sampled_from(INTERVALS),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    st.integers(1, 500),
)
def test_a_page_is_what_a_plain_filter_gives(
    now: int, interval: str, start: int | None, end: int | None, limit: int
) -> None:
    table = TAPE.bars["BTCUSDT", interval]
    opened = pl.col("open_time").dt.epoch("ms")
    kept = table.filter(
        opened <= (now if end is None else min(now, end)),
        opened >= (0 if start is None else start),
    )
    kept = kept.tail(limit) if start is None else kept.head(limit)
    bars = BOARD.bars("BTCUSDT", interval, start, end, limit, now)
    assert [bar.opened for bar in bars] == kept["open_time"].dt.epoch("ms").to_list()
    recorded = [tuple(float(cell) for cell in row) for row in kept.select(VALUES).iter_rows()]
    for bar, row in zip(bars, recorded, strict=True):
        assert bar.final == (bar.closes <= now)
        if bar.final:
            assert bar.values == row


@pytest.mark.parametrize("interval", INTERVALS)
def test_an_open_bar_grows_into_the_recorded_one(interval: str) -> None:
    series = BOARD.series("ETHUSDT", interval)
    assert series is not None
    opened = int(series.opened[7])
    grown = [
        BOARD.bar("ETHUSDT", series, 7, opened + int(share * series.length))
        for share in np.linspace(0.0, 1.0, 97)
    ]
    assert grown[0].values[:5] == (series.columns[0][7],) * 4 + (0.0,)
    assert grown[-1] == series.recorded(7)
    for before, after in pairwise(grown):
        assert after.values[1] >= before.values[1] - 1e-9
        assert after.values[2] <= before.values[2] + 1e-9
        assert after.values[4] >= before.values[4] - 1e-6
        assert after.values[2] <= after.values[3] <= after.values[1]
    assert not any(bar.final for bar in grown[:-1])


def test_open_bars_of_every_length_show_the_same_price() -> None:
    now = BEGIN + 1_234_567_8
    prices = {bar.values[3] for name in INTERVALS if (bar := BOARD.open_bar("BTCUSDT", name, now))}
    assert prices == {BOARD.price("BTCUSDT", now)}


def test_without_shorter_bars_the_path_goes_through_both_extremes() -> None:
    row = {"open": 200.0, "high": 230.0, "low": 190.0, "close": 210.0, "volume": 8.0}
    table = pl.DataFrame([{"open_time": START, **row}])
    series = Series.of(table, "1h")
    # 200 down to 190, up to 230, down to 210: 70 in all
    seen = [state(series, 0, BEGIN + share * 3_600_000 // 7) for share in range(8)]
    assert [bar.values[3] for bar in seen] == [200, 190, 200, 210, 220, 230, 220, 210]
    assert [bar.values[1] for bar in seen] == [200, 200, 200, 210, 220, 230, 230, 230]
    assert seen[-1].values == (200.0, 230.0, 190.0, 210.0, 8.0, 0.0, 0.0, 0.0, 0.0)
    assert state(series, 0, BEGIN + 1_800_000).values[4] == 4.0


def test_a_hole_in_the_shorter_bars_falls_back_on_the_path() -> None:
    fine = TAPE.bars["BTCUSDT", "5m"]
    holed = fine.filter(pl.col("open_time") != START + timedelta(minutes=5))
    board = Board({("BTCUSDT", "5m"): holed, ("BTCUSDT", "1h"): TAPE.bars["BTCUSDT", "1h"]})
    now = BEGIN + 1_800_000
    bar = board.open_bar("BTCUSDT", "1h", now)
    series = board.series("BTCUSDT", "1h")
    assert series is not None
    assert bar == state(series, 0, now)
    assert board.open_bar("BTCUSDT", "5m", BEGIN + 400_000) is None
    assert board.price("BTCUSDT", BEGIN + 400_000) == state(series, 0, BEGIN + 400_000).values[3]
