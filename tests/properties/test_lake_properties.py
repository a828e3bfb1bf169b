"""What must hold of cleaning and the point-in-time join whatever comes in."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import tiny_layout as tiny

from barograph.core.columns import BAR_VALUES
from barograph.core.time import HOUR, MOMENT
from barograph.lake.asof import as_of, join_asof
from barograph.lake.cleaning import clean

PRICE = st.sampled_from([90.0, 100.0, 110.0, 0.0, -1.0, float("nan"), float("inf")])
MINUTES = st.sampled_from([0, 0, 0, 0, 28])
ROWS = st.lists(
    st.tuples(
        st.integers(0, 8), MINUTES, PRICE, st.sampled_from([1.0, 2.0, -1.0, 0.0, -0.0]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=25,
)  # fmt: skip


def parsed(rows: list[tuple[int, int, float, float, int]]) -> pl.DataFrame:
    """Rows of (hour, minute, price, volume, arrival)."""
    frames = [
        tiny.parsed([], "none"),
        *(
            tiny.parsed(
                [(tiny.START + timedelta(hours=h, minutes=m), p, p, p, p, v)],
                f"batch {a}",
                tiny.LATER + a * HOUR,
            )
            for h, m, p, v, a in rows
        ),
    ]
    return pl.concat(frames).with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))


def told(silver: pl.DataFrame) -> pl.DataFrame:
    return silver.drop("batch")


@settings(max_examples=150, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_order_and_cutting_do_not_matter(
    rows: list[tuple[int, int, float, float, int]],
    random: object,
) -> None:
    straight = clean(parsed(rows), tiny.KEY)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    rebatched = parsed(shuffled).with_columns(
        batch=pl.format("other {}", pl.int_range(pl.len()) % 3)
    )
    other = clean(rebatched, tiny.KEY)
    assert told(other.silver).equals(told(straight.silver))
    assert other.report.reasons == straight.report.reasons
    assert other.report.duplicates == straight.report.duplicates


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(2, 3))
def test_saying_it_again_changes_nothing(
    rows: list[tuple[int, int, float, float, int]], times: int
) -> None:
    once, more = clean(parsed(rows), tiny.KEY), clean(parsed(rows * times), tiny.KEY)
    assert told(more.silver).equals(told(once.silver))


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_silver_is_clean_and_every_row_accounted_for(
    rows: list[tuple[int, int, float, float, int]],
) -> None:
    done = clean(parsed(rows), tiny.KEY)
    report = done.report
    assert report.read == len(rows)
    assert report.read == done.silver.height + report.duplicates + done.quarantine.height
    assert done.silver["open_time"].is_unique().all()
    assert done.silver["open_time"].is_sorted()
    assert done.silver.filter(pl.col("close") <= 0).is_empty()
    assert done.silver.filter(pl.col("volume") < 0).is_empty()
    assert done.quarantine["reason"].null_count() == 0
    # A good row is never lost: its hour is in silver.
    for hour, minute, price, volume, _ in rows:
        if minute == 0 and price in (90.0, 100.0, 110.0) and volume >= 0:
            assert tiny.START + hour * HOUR in done.silver["open_time"].to_list()


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_cleaning_silver_again_keeps_it(rows: list[tuple[int, int, float, float, int]]) -> None:
    first = clean(parsed(rows), tiny.KEY).silver
    again = first.select(*BAR_VALUES, "batch", "ingested_at").with_columns(
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        fault=pl.lit(None, pl.String),
        delay=pl.lit(timedelta(0), pl.Duration("us")),
    )
    assert clean(again, tiny.KEY).silver.equals(first)


DAY = datetime(2024, 1, 1, tzinfo=UTC)
VINTAGES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 10), st.floats(-5, 5)), min_size=1, max_size=15
)


def vintages(rows: list[tuple[int, int, float]]) -> pl.DataFrame:
    """Rows of (event, lag, value); revisions numbered by their availability."""
    frame = pl.DataFrame(
        {
            "event_time": [DAY + e * HOUR for e, _, _ in rows],
            "available_at": [DAY + (e + lag) * HOUR for e, lag, _ in rows],
            "value": [v for _, _, v in rows],
        },
        schema={"event_time": MOMENT, "available_at": MOMENT, "value": pl.Float64()},
    ).sort("event_time", "available_at")
    return frame.with_columns(revision=pl.int_range(pl.len(), dtype=pl.Int64).over("event_time"))


@settings(max_examples=200, deadline=None)
@given(VINTAGES)
def test_the_join_is_what_a_look_at_each_moment_gives(rows: list[tuple[int, int, float]]) -> None:
    observations = vintages(rows)
    grid = pl.DataFrame({"as_of": [DAY + h * HOUR for h in range(18)]}, schema={"as_of": MOMENT})
    joined = join_asof(grid, observations, "x")
    for moment, value, age in joined.iter_rows():
        seen = as_of(observations, moment).sort("event_time")
        wanted = (None, None)
        if not seen.is_empty():
            last = seen.row(-1, named=True)
            wanted = (last["value"], (moment - last["event_time"]) / HOUR)
        assert (value, age) == wanted


@settings(max_examples=100, deadline=None)
@given(VINTAGES, st.integers(0, 16))
def test_the_future_does_not_move_the_join(rows: list[tuple[int, int, float]], now: int) -> None:
    observations = vintages(rows)
    moment = DAY + now * HOUR
    grid = pl.DataFrame({"as_of": [DAY + h * HOUR for h in range(18)]}, schema={"as_of": MOMENT})
    past = grid.filter(pl.col("as_of") <= moment)
    known = observations.filter(pl.col("available_at") <= moment)
    assert join_asof(past, known, "x").equals(
        join_asof(grid, observations, "x").filter(pl.col("as_of") <= moment)
    )
