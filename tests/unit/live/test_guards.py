"""What makes a fresh forecast untrustworthy is said, and an ordinary market is left alone."""

from datetime import timedelta

import polars as pl
import pytest
from tests.conftest import make_hourly_bars

from barograph.live.guards import lingering, warnings


def changed(bars: pl.DataFrame, **values: object) -> pl.DataFrame:
    """The same bars with other values in the last one."""
    last = pl.int_range(pl.len()) == pl.len() - 1
    return bars.with_columns(
        pl.when(last).then(pl.lit(value, bars.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


BARS = make_hourly_bars(600).filter(pl.col("volume").is_not_null())


def test_an_ordinary_hour_is_left_alone() -> None:
    ordinary = changed(BARS, close=BARS["close"][-2], volume=BARS["volume"].median())
    assert warnings(ordinary) == ()


def test_more_than_five_deviations_are_a_spike_with_its_size() -> None:
    (words,) = warnings(changed(BARS, close=BARS["close"][-2] * 1.4, volume=100.0))
    assert words.startswith("the last hour moved +40.0 %, ")
    assert words.endswith("times its usual")


def test_the_lake_s_own_flag_is_the_gravest() -> None:
    close = BARS["close"][-2] * 10.0
    found = warnings(changed(BARS, close=close, flag="jump", volume=0.0))
    assert "implausible" in found[0]
    assert found[1] == "the last hour traded 0.0 % of its usual volume"


def test_an_unknown_volume_is_not_a_thin_one() -> None:
    assert warnings(changed(BARS, close=BARS["close"][-2], volume=None)) == ()


def test_too_little_history_says_nothing() -> None:
    assert warnings(changed(BARS.head(20), close=1e9)) == ()


END = BARS["close_time"][-1]


def flagged(*hours_ago: int) -> pl.DataFrame:
    """The same bars, those that ended so many hours before the last flagged."""
    ends = [END - timedelta(hours=ago) for ago in hours_ago]
    flag = pl.when(pl.col("close_time").is_in(ends)).then(pl.lit("jump")).alias("flag")
    found = BARS.with_columns(flag)
    assert found["flag"].count() == len(hours_ago)
    return found


@pytest.mark.parametrize("ago", [1, 30, 168])
def test_a_flagged_bar_is_doubted_for_as_long_as_it_weighs(ago: int) -> None:
    (words,) = lingering([flagged(ago)], END)
    assert words == (
        f"the bar that ended {END - timedelta(hours=ago):%Y-%m-%d %H:%M} jumped and may be wrong; "
        f"it still weighs in this forecast ({ago} h ago)"
    )


@pytest.mark.parametrize("ago", [169, 200])
def test_a_flagged_bar_of_long_ago_weighs_no_more(ago: int) -> None:
    assert lingering([flagged(ago)], END) == ()


def test_the_last_hour_itself_is_judged_elsewhere() -> None:
    assert lingering([flagged(0)], END) == ()
    assert "implausible" in warnings(flagged(0))[0]


def test_several_flagged_bars_are_one_reason_and_the_longest_bars_speak_first() -> None:
    (words,) = lingering([flagged(30, 40, 200), flagged(2)], END)
    assert "(30 h ago, 1 more before it)" in words
    (words,) = lingering([BARS, flagged(2)], END)
    assert "(2 h ago)" in words


def test_the_future_of_a_forecast_is_not_looked_at() -> None:
    assert lingering([flagged(10)], END - timedelta(hours=20)) == ()
