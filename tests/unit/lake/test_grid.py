"""The grid holds what was known at each hour, and nulls where nothing was."""

import math
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from barograph.core.errors import InputError, LeakError, NotEnoughDataError
from barograph.core.time import HOUR
from barograph.lake.grid import GRID, hourly_grid, intrabar_moments
from barograph.lake.resample import aggregate


def split(bars: pl.DataFrame, parts: int, name: str) -> pl.DataFrame:
    """Cut hourly bars into parts whose prices lie on a zigzag inside the bar."""
    step = HOUR / parts
    rows = []
    for row in bars.iter_rows(named=True):
        inner = np.linspace(row["open"], row["close"], parts + 1)
        inner[1:-1] += np.where(np.arange(1, parts) % 2, 0.4, -0.3)
        for i in range(parts):
            start = row["open_time"] + i * step
            low, high = sorted((inner[i], inner[i + 1]))
            rows.append(
                {
                    **row,
                    "open_time": start,
                    "close_time": start + step,
                    "available_at": start + step,
                    "open": inner[i],
                    "high": max(high, row["high"]) if i == 1 else high,
                    "low": min(low, row["low"]) if i == 1 else low,
                    "close": inner[i + 1],
                    "volume": row["volume"] / parts,
                    "interval": name,
                }
            )
    return pl.DataFrame(rows, schema=bars.schema)


def test_every_hour_has_a_row_and_every_column_is_there(hourly_bars: pl.DataFrame) -> None:
    grid = hourly_grid(hourly_bars)
    assert grid.schema == pl.Schema(GRID)
    assert grid.height == 1500
    assert grid["as_of"].diff().drop_nulls().unique().to_list() == [HOUR]
    assert grid["close"].null_count() == 5
    assert grid["intrabar_variance"].null_count() == 1500
    assert grid["as_of"][0] == hourly_bars["close_time"][0]
    assert grid["close"][0] == hourly_bars["close"][0]


def test_a_grid_needs_hourly_bars_of_one_series(hourly_bars: pl.DataFrame) -> None:
    with pytest.raises(NotEnoughDataError):
        hourly_grid(hourly_bars.clear())
    with pytest.raises(InputError, match="takes 1h bars, got 5m"):
        hourly_grid(hourly_bars.with_columns(interval=pl.lit("5m")))
    with pytest.raises(InputError, match="share an hour"):
        hourly_grid(pl.concat([hourly_bars, hourly_bars.head(1)]))
    with pytest.raises(InputError, match="cannot be inside an hour"):
        intrabar_moments(hourly_bars)


def test_intrabar_moments_are_sums_of_squares_of_the_hour(hourly_bars: pl.DataFrame) -> None:
    parts = split(hourly_bars.head(3), 12, "5m")
    second = parts.slice(12, 12)
    price = np.log([second["open"][0], *second["close"]])
    r = np.diff(price)
    found = intrabar_moments(parts).row(1, named=True)
    assert found["intrabar_variance"] == pytest.approx(float(np.sum(r**2)), rel=1e-12)
    assert found["intrabar_upside_variance"] == pytest.approx(float(np.sum(r[r > 0] ** 2)))
    assert found["intrabar_downside_variance"] == pytest.approx(float(np.sum(r[r < 0] ** 2)))
    bipower = math.pi / 2 * 12 / 11 * np.sum(np.abs(r[1:]) * np.abs(r[:-1]))
    assert found["intrabar_bipower"] == pytest.approx(float(bipower))
    assert found["intrabar_count"] == 12


def test_the_finest_complete_interval_counts(hourly_bars: pl.DataFrame) -> None:
    bars = hourly_bars.head(4)
    five, thirty = split(bars, 12, "5m"), split(bars, 2, "30m")
    holed = five.filter(pl.int_range(pl.len()) != 13)  # the second hour lacks a part
    late = thirty.with_columns(
        available_at=pl.when(pl.int_range(pl.len()) == 5)
        .then(pl.col("available_at") + timedelta(seconds=1))
        .otherwise("available_at")
    )
    both = hourly_grid(bars, intrabar=pl.concat([holed, late]))
    assert both["intrabar_count"].to_list() == [12, 2, 12, 12]
    alone = hourly_grid(bars, intrabar=late)
    assert alone["intrabar_count"].to_list() == [2, 2, None, 2]
    assert alone["intrabar_variance"][2] is None


def test_a_peer_that_came_late_is_not_seen(hourly_bars: pl.DataFrame) -> None:
    peer = hourly_bars.with_columns(
        pl.col("close") * 2,
        available_at=pl.when(pl.int_range(pl.len()) == 1)
        .then(pl.col("close_time") + HOUR)
        .otherwise("close_time"),
    ).slice(0, 1000)
    grid = hourly_grid(hourly_bars, peer=peer)
    assert grid["peer_close"][0] == 2 * hourly_bars["close"][0]
    assert grid["peer_close"][1] is None
    assert grid["peer_close"][1400] is None
    assert grid.height == 1500


def test_funding_is_the_last_known_rate_with_its_age(hourly_bars: pl.DataFrame) -> None:
    start = hourly_bars["open_time"][0]
    funding = pl.DataFrame(
        {
            "event_time": [start + 2 * HOUR, start + 10 * HOUR],
            "available_at": [start + 2 * HOUR, start + 10 * HOUR],
            "value": [0.1, 0.2],
            "revision": [0, 0],
        },
        schema_overrides={"event_time": pl.Datetime("us", "UTC")},
    ).cast({"available_at": pl.Datetime("us", "UTC")})
    grid = hourly_grid(hourly_bars, funding=funding)
    assert grid["funding_rate"][:3].to_list() == [None, 0.1, 0.1]
    assert grid["funding_age_hours"][:4].to_list() == [None, 0.0, 1.0, 2.0]
    assert (grid["funding_rate"][9], grid["funding_age_hours"][9]) == (0.2, 0.0)


@pytest.mark.parametrize("name", [name for name in GRID if name != "as_of"])
def test_no_column_holds_what_came_after_its_hour(hourly_bars: pl.DataFrame, name: str) -> None:
    """The declaration of ``features.availability``, held against the grid itself."""
    bars, late = hourly_bars.head(6), timedelta(seconds=1)
    hour = bars["close_time"][3]

    def delayed(rows: pl.DataFrame, time: str) -> pl.DataFrame:
        there = pl.col(time).is_between(hour - HOUR, hour, closed="right")
        moved = pl.col("available_at") + pl.when(there).then(late).otherwise(timedelta(0))
        return rows.with_columns(moved.alias("available_at"))

    rates = bars.select(
        event_time="close_time",
        available_at="close_time",
        value=pl.int_range(pl.len()).cast(pl.Float64),
        revision=pl.lit(0),
    )
    fine = split(bars, 12, "5m")
    seen = hourly_grid(bars, fine, bars, rates)
    own, inside = delayed(bars, "close_time"), delayed(fine, "close_time")
    kept = hourly_grid(own, inside, own, delayed(rates, "event_time"))
    assert seen[name][3] is not None
    assert kept[name][3] != seen[name][3]
    assert kept[name][4] == seen[name][4]


def test_bars_known_only_after_their_close_are_a_leak(hourly_bars: pl.DataFrame) -> None:
    late = hourly_bars.with_columns(pl.col("available_at") + timedelta(minutes=2))
    with pytest.raises(LeakError, match="known at its close, the soonest 120 s after it"):
        hourly_grid(late)


def test_longer_bars_are_made_of_complete_shorter_ones(hourly_bars: pl.DataFrame) -> None:
    small = split(hourly_bars.head(8), 4, "15m")
    whole = aggregate(small, "1h")
    assert whole.schema == hourly_bars.schema
    for name in ("open_time", "close_time", "open", "close", "available_at"):
        assert whole[name].to_list() == hourly_bars[name][:8].to_list()
    assert whole["volume"].to_numpy() == pytest.approx(hourly_bars["volume"][:8].to_numpy())
    assert whole["interval"].unique().to_list() == ["1h"]
    holed = small.filter(pl.int_range(pl.len()) != 5)
    assert aggregate(holed, "1h").height == 7
    assert aggregate(small, "4h").height == 2
    assert aggregate(small, "1d").is_empty()
    assert aggregate(small, "15m").height == 32


def test_flows_and_flags_of_longer_bars(hourly_bars: pl.DataFrame) -> None:
    odd = hourly_bars.head(8).with_columns(
        trades=pl.when(pl.int_range(pl.len()) == 5).then(None).otherwise("trades"),
        flag=pl.when(pl.int_range(pl.len()) == 6).then(pl.lit("jump")),
    )
    four = aggregate(odd.sample(fraction=1.0, shuffle=True, seed=1), "4h")
    assert four["trades"].to_list() == [odd["trades"][:4].sum(), None]
    assert four["flag"].to_list() == [None, "jump"]


def test_what_cannot_be_aggregated(hourly_bars: pl.DataFrame) -> None:
    assert aggregate(hourly_bars.clear(), "4h").is_empty()
    with pytest.raises(InputError, match="1h bars do not make up 30m bars"):
        aggregate(hourly_bars, "30m")
    with pytest.raises(InputError, match="2 series at once"):
        aggregate(
            pl.concat([hourly_bars, hourly_bars.with_columns(symbol=pl.lit("ETHUSDT"))]), "4h"
        )
    with pytest.raises(InputError, match="unknown interval"):
        aggregate(hourly_bars, "7h")


def test_the_last_minutes_of_the_hour(hourly_bars: pl.DataFrame) -> None:
    bars = hourly_bars.head(2)
    five, quarter = split(bars, 12, "5m"), split(bars, 4, "15m")
    closes = five["close"][:12].to_list()
    found = intrabar_moments(five).row(0, named=True)
    assert found["intrabar_last_5m_return"] == pytest.approx(math.log(closes[11] / closes[10]))
    assert found["intrabar_last_15m_return"] == pytest.approx(math.log(closes[11] / closes[8]))
    coarse = intrabar_moments(quarter).row(0, named=True)
    assert coarse["intrabar_last_5m_return"] is None
    assert coarse["intrabar_last_15m_return"] is not None
