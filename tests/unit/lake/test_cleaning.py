"""Each fault has its reason, and every row is accounted for."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from tests import tiny_layout as tiny

from barograph.core.columns import BARS, OBSERVATIONS
from barograph.core.errors import LakeError
from barograph.core.time import HOUR
from barograph.lake.cleaning import clean, flag_jumps, spoilt
from barograph.lake.report import CleaningReport

T = tiny.START
NAN, INF = float("nan"), float("inf")

BROKEN = {
    "open_time missing": (None, 1.0, 1.0, 1.0, 1.0, 1.0),
    "before 1971, wrong epoch unit": (T.replace(year=1970), 1.0, 1.0, 1.0, 1.0, 1.0),
    "not ended when it came in": (tiny.LATER, 1.0, 1.0, 1.0, 1.0, 1.0),
    "off the grid": (T + timedelta(minutes=28), 1.0, 1.0, 1.0, 1.0, 1.0),
    "close missing": (T, 1.0, 1.0, 1.0, None, 1.0),
    "high not finite": (T, 1.0, INF, 1.0, 1.0, 1.0),
    "close not finite": (T, 1.0, 1.0, 1.0, NAN, 1.0),
    "volume not finite": (T, 1.0, 1.0, 1.0, 1.0, NAN),
    "low not positive": (T, 1.0, 1.0, 0.0, 1.0, 1.0),
    "open not positive": (T, -1.0, 1.0, 1.0, 1.0, 1.0),
    "volume negative": (T, 1.0, 1.0, 1.0, 1.0, -2.0),
    "high below low": (T, 1.0, 1.0, 2.0, 1.0, 1.0),
    "open outside low to high": (T, 3.0, 2.0, 1.0, 1.5, 1.0),
    "close outside low to high": (T, 1.5, 2.0, 1.0, 0.5, 1.0),
}


def one(values: tuple[object, ...]) -> pl.DataFrame:
    names = ("open_time", "open", "high", "low", "close", "volume")
    start = tiny.parsed([tiny.bar(0)])
    cells = [pl.lit(v, start.schema[n]).alias(n) for n, v in zip(names, values, strict=True)]
    return start.with_columns(cells)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_bar_is_refused_with_its_reason(kind: str) -> None:
    done = clean(one(BROKEN[kind]), tiny.KEY)
    assert done.silver.is_empty()
    assert done.report.reasons == {kind: 1}
    assert done.quarantine["reason"][0].startswith(f"{kind}: ")


def test_a_reason_names_the_value() -> None:
    assert clean(one(BROKEN["volume negative"]), tiny.KEY).quarantine["reason"][0].endswith("-2.0")
    off = clean(one(BROKEN["off the grid"]), tiny.KEY).quarantine["reason"][0]
    assert off == "off the grid: 2024-01-01 00:28:00"


def test_a_time_beyond_the_calendar_is_refused_not_a_crash() -> None:
    far = tiny.parsed([tiny.bar(0)]).with_columns(
        open_time=pl.lit(2**63 - 1).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    )
    assert clean(far, tiny.KEY).report.reasons == {"not ended when it came in": 1}
    past = far.with_columns(
        open_time=pl.lit(-(2**62)).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    )
    assert clean(past, tiny.KEY).report.reasons == {"before 1971, wrong epoch unit": 1}


def test_an_unreadable_line_is_kept_in_quarantine() -> None:
    rows = tiny.parse_bars(b"rubbish").with_columns(
        tiny.parsed([tiny.bar(0)]).select("batch", "ingested_at", "delay")
    )
    done = clean(rows, tiny.KEY)
    assert done.quarantine["reason"][0].startswith("unreadable: line 'rubbish'")


def test_identical_rows_become_one_with_its_first_arrival() -> None:
    late = tiny.LATER + HOUR
    rows = pl.concat([tiny.parsed([tiny.bar(0)], "b2", late), tiny.parsed([tiny.bar(0)], "b1")])
    done = clean(rows, tiny.KEY)
    assert done.silver.height == 1
    assert done.silver["ingested_at"][0] == tiny.LATER
    assert (done.report.read, done.report.duplicates) == (2, 1)


def test_of_contradicting_rows_the_later_ingested_wins() -> None:
    late = tiny.LATER + HOUR
    rows = pl.concat(
        [tiny.parsed([tiny.bar(0, 100.0)]), tiny.parsed([tiny.bar(0, 99.0)], "c", late)]
    )
    done = clean(rows, tiny.KEY)
    assert done.silver["close"].to_list() == [99.0]
    assert done.quarantine["close"].to_list() == [100.0]
    assert done.quarantine["reason"][0] == (
        "contradicted by a row of the same time: kept close 99.0 volume 1.0"
    )


def test_a_version_said_again_later_wins_back() -> None:
    first, second, third = (tiny.LATER + i * HOUR for i in range(3))
    rows = pl.concat(
        [
            tiny.parsed([tiny.bar(0, 100.0)], "a", first),
            tiny.parsed([tiny.bar(0, 99.0)], "b", second),
            tiny.parsed([tiny.bar(0, 100.0)], "c", third),
        ]
    )
    report = clean(rows, tiny.KEY)
    assert report.silver["close"].to_list() == [100.0]
    assert (report.report.duplicates, report.report.quarantined) == (1, 1)


def test_of_rows_that_came_in_together_the_fuller_bar_is_kept() -> None:
    done = clean(tiny.parsed([tiny.bar(0, volume=5.0), tiny.bar(0, volume=7.0)]), tiny.KEY)
    assert done.silver["volume"].to_list() == [7.0]


def test_a_poorer_source_does_not_take_the_flows_away() -> None:
    rich = tiny.parsed([tiny.bar(0)]).with_columns(
        trades=pl.lit(3, pl.Int64), quote_volume=pl.lit(100.0)
    )
    poor = tiny.parsed([tiny.bar(0)], "late", tiny.LATER + HOUR)
    done = clean(pl.concat([poor, rich]), tiny.KEY)
    assert done.silver["trades"].to_list() == [3]
    assert (done.report.duplicates, done.report.quarantined) == (1, 0)


def test_out_of_order_rows_are_sorted_and_gaps_listed() -> None:
    done = clean(tiny.parsed([tiny.bar(h) for h in (9, 3, 0, 1)]), tiny.KEY)
    assert done.silver["open_time"].is_sorted()
    assert [(gap.start, gap.end, gap.bars) for gap in done.report.gaps] == [
        (T + 2 * HOUR, T + 3 * HOUR, 1),
        (T + 4 * HOUR, T + 9 * HOUR, 5),
    ]
    assert done.report.gaps[1].hours == 5.0
    assert done.report.missing == 6
    assert done.silver.schema == pl.Schema(BARS)


def test_availability_is_the_close_and_the_delay() -> None:
    done = clean(tiny.parsed([tiny.bar(0)], delay=timedelta(minutes=2)), tiny.KEY)
    assert done.silver["close_time"][0] == T + HOUR
    assert done.silver["available_at"][0] == T + HOUR + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        ([tiny.bar(40, -1.0)] * 2, []),
        ([tiny.bar(40, -1.0)] * 3, [(3, 0, "open not positive")]),
        ([(T + HOUR / 2 * odd, 1.0, 1.0, 1.0, 1.0, 1.0) for odd in range(1, 40, 2)], []),
        (
            [(T + HOUR / 2 * odd, 1.0, 1.0, 1.0, 1.0, 1.0) for odd in range(1, 98, 2)],
            [(49, 0, "off the grid")],
        ),
        ([(tiny.LATER - HOUR / 2, 1.0, 1.0, 1.0, 1.0, 1.0)], []),
        ([(tiny.LATER + HOUR, 1.0, 1.0, 1.0, 1.0, 1.0)], [(1, 1, "not ended when it came in")]),
    ],
    ids=["few", "many", "off the grid", "mostly off the grid", "not ended yet", "future"],
)
def test_a_spoilt_payload_is_told(bad: list[tiny.Row], found: list[tuple[int, int, str]]) -> None:
    rows = [tiny.bar(h) for h in range(48)]
    parsed = pl.concat([tiny.parsed([*rows, *bad], "one"), tiny.parsed(rows, "sound")])
    told = spoilt(parsed, tiny.KEY, {"one": "a.csv", "sound": "b.csv"})
    assert [(one.refused, one.future, one.reason) for one in told] == found
    assert all((one.name, one.read) == ("a.csv", 48 + len(bad)) for one in told)


def test_a_jump_is_flagged_and_kept() -> None:
    rows = [tiny.bar(h) for h in range(50)] + [tiny.bar(50, 200.0), tiny.bar(51, 200.0)]
    done = clean(tiny.parsed(rows), tiny.KEY)
    assert done.silver.filter(pl.col("flag") == "jump")["open_time"].to_list() == [T + 50 * HOUR]
    assert done.report.flagged == 1
    assert "flagged 1: jump (kept)" in "\n".join(done.report.lines())


def test_a_move_across_a_long_gap_is_no_jump() -> None:
    done = clean(tiny.parsed([tiny.bar(0, 100.0), tiny.bar(100, 200.0)]), tiny.KEY)
    assert done.report.flagged == 0


def test_jump_flags_do_not_see_the_future(hourly_bars: pl.DataFrame) -> None:
    wild = hourly_bars.with_columns(
        pl.when(pl.int_range(pl.len()) % 97 == 50)
        .then(pl.col("high") * 1.6)
        .otherwise("high")
        .alias("high")
    )
    full = flag_jumps(wild, HOUR)["flag"]
    for cut in (51, 500, 1000):
        assert flag_jumps(wild.head(cut), HOUR)["flag"].equals(full.head(cut))
        tail = flag_jumps(wild.slice(cut), HOUR, wild.head(cut))["flag"]
        assert tail.equals(full.slice(cut))


def test_a_report_whose_rows_do_not_add_up_cannot_be_made() -> None:
    with pytest.raises(LakeError, match="do not add up: read 3"):
        CleaningReport("x", 3, 1, 1, 0)
    with pytest.raises(LakeError, match="1 rows quarantined, 0 with a reason"):
        CleaningReport("x", 3, 1, 1, 1)


def test_the_report_reads_well() -> None:
    lines = clean(tiny.parsed([tiny.bar(0), tiny.bar(0), tiny.bar(3)]), tiny.KEY).report.lines()
    assert lines[0] == (
        "binance_spot_BTCUSDT_1h: 3 rows read = 2 silver + 1 duplicates + 0 quarantined"
    )
    assert lines[1].startswith(
        "  gaps 1: 2 bars missing, the longest 2 hours from 2024-01-01 01:00"
    )
    bad = clean(one(BROKEN["volume negative"]), tiny.KEY).report.lines()
    assert bad[1] == "  quarantined 1: volume negative"


def rates(pairs: list[tuple[int, float]], batch: str, hours: int) -> pl.DataFrame:
    return tiny.parse_values(tiny.values(pairs).content).with_columns(
        batch=pl.lit(batch),
        ingested_at=pl.lit(tiny.LATER + hours * HOUR, pl.Datetime("us", "UTC")),
        delay=pl.lit(timedelta(minutes=5), pl.Duration("us")),
    )


def test_a_revision_is_a_vintage_known_from_its_arrival() -> None:
    rows = pl.concat(
        [
            rates([(0, 1.0), (8, 2.0)], "a", 0),
            rates([(0, 1.0), (8, 2.5)], "b", 1),
            rates([(8, 2.0)], "c", 2),
        ]
    )
    done = clean(rows, tiny.RATE)
    assert done.silver.schema == pl.Schema(OBSERVATIONS)
    assert done.silver.select("value", "revision").rows() == [
        (1.0, 0),
        (2.0, 0),
        (2.5, 1),
        (2.0, 2),
    ]
    assert done.silver["available_at"].to_list() == [
        T + timedelta(minutes=5),
        T + 8 * HOUR + timedelta(minutes=5),
        tiny.LATER + HOUR,
        tiny.LATER + 2 * HOUR,
    ]
    assert (done.report.read, done.report.duplicates) == (5, 1)


def test_values_that_contradict_each_other_at_once_and_bad_values() -> None:
    done = clean(rates([(0, 1.0), (0, 2.0), (1, NAN), (24 * 400, 1.0)], "a", 0), tiny.RATE)
    assert done.silver["value"].to_list() == [2.0]
    assert done.report.reasons == {
        "contradicted by a row that came in with it": 1,
        "not ended when it came in": 1,
        "value not finite": 1,
    }


def test_minus_zero_is_zero() -> None:
    done = clean(tiny.parsed([tiny.bar(0, volume=-0.0), tiny.bar(0, volume=0.0)]), tiny.KEY)
    assert done.report.duplicates == 1
    assert not np.signbit(done.silver["volume"][0])
