"""What makes a fresh forecast untrustworthy is said, and an ordinary market is left alone."""

import polars as pl
from tests.conftest import make_hourly_bars

from barograph.live.guards import warnings


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
