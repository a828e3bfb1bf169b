"""The point-in-time join sees what was available, in the vintage of its day."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from barograph.core.errors import InputError
from barograph.core.time import MOMENT
from barograph.lake.asof import as_of, join_asof

DAY = datetime(2024, 1, 1, tzinfo=UTC)


def observations(*rows: tuple[int, float, float, int]) -> pl.DataFrame:
    """Rows of (event hour, available hour, value, revision)."""
    return pl.DataFrame(
        {
            "event_time": [DAY + timedelta(hours=e) for e, _, _, _ in rows],
            "available_at": [DAY + timedelta(hours=a) for _, a, _, _ in rows],
            "value": [v for _, _, v, _ in rows],
            "revision": [r for _, _, _, r in rows],
        },
        schema={
            "event_time": MOMENT,
            "available_at": MOMENT,
            "value": pl.Float64(),
            "revision": pl.Int64(),
        },
    )


def grid(*hours: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"as_of": [DAY + timedelta(hours=h) for h in hours]}, schema={"as_of": MOMENT}
    )


VINTAGES = observations((0, 2, 1.0, 0), (0, 20, 1.5, 1), (24, 26, 2.0, 0), (0, 30, 1.6, 2))


def test_a_moment_sees_the_vintage_of_its_day() -> None:
    assert as_of(VINTAGES, DAY + timedelta(hours=1)).is_empty()
    assert as_of(VINTAGES, DAY + timedelta(hours=2))["value"].to_list() == [1.0]
    assert as_of(VINTAGES, DAY + timedelta(hours=25))["value"].to_list() == [1.5]
    assert as_of(VINTAGES, DAY + timedelta(hours=40))["value"].to_list() == [2.0, 1.6]


def test_a_moment_needs_a_zone() -> None:
    with pytest.raises(InputError, match="no time zone"):
        as_of(VINTAGES, datetime(2024, 1, 1))  # noqa: DTZ001 - the fault under test


def test_the_join_takes_the_newest_event_known_and_its_age() -> None:
    joined = join_asof(grid(1, 2, 19, 20, 25, 26, 31), VINTAGES, "x")
    assert joined["x"].to_list() == [None, 1.0, 1.0, 1.5, 1.5, 2.0, 2.0]
    assert joined["x_age_hours"].to_list() == [None, 2.0, 19.0, 20.0, 25.0, 2.0, 7.0]
    assert joined.columns == ["as_of", "x", "x_age_hours"]


def test_a_late_revision_of_an_older_event_changes_nothing_newer() -> None:
    assert join_asof(grid(40), VINTAGES, "x")["x"].to_list() == [2.0]


def test_of_vintages_published_at_once_the_last_counts() -> None:
    both = observations((0, 5, 1.0, 0), (0, 5, 2.0, 1), (1, 5, 3.0, 0))
    assert join_asof(grid(5), both, "x")["x"].to_list() == [3.0]
    assert join_asof(grid(5), both.head(2), "x")["x"].to_list() == [2.0]


def test_a_stale_value_is_not_used() -> None:
    joined = join_asof(grid(3, 10), VINTAGES, "x", max_age=timedelta(hours=5))
    assert joined["x"].to_list() == [1.0, None]
    assert joined["x_age_hours"].to_list() == [3.0, None]


def test_other_columns_and_series_without_revisions() -> None:
    plain = VINTAGES.filter(revision=0).drop("revision").rename({"value": "rate"})
    joined = join_asof(grid(30).with_columns(rate=pl.lit(7.0)), plain, "x", value="rate")
    assert joined.select("rate", "x").row(0) == (7.0, 2.0)
