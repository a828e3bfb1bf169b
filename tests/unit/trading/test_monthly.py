"""Months compound to the run; a bar that ends at midnight of the first is the month's before."""

from datetime import UTC, datetime

import numpy as np
import pytest

from barograph.core.types import Ints
from barograph.trading.monthly import monthly, yearly


def hours_from(first: datetime, count: int) -> Ints:
    return int(first.timestamp()) // 3600 + np.arange(count)


def test_months_compound_to_years_and_years_to_the_run() -> None:
    rng = np.random.default_rng(1)
    equity = 1000.0 * np.exp(0.001 * rng.normal(size=24 * 900).cumsum())
    table = monthly(equity, hours_from(datetime(2021, 11, 17, 5, tzinfo=UTC), len(equity)), 900.0)
    assert table.select("year", "month").row(0) == (2021, 11)
    assert table.height == 2 + 12 + 12 + 5
    total = equity[-1] / 900.0
    assert (table["total_return"] + 1.0).product() == pytest.approx(total)
    assert (yearly(table)["total_return"] + 1.0).product() == pytest.approx(total)
    assert yearly(table)["year"].to_list() == [2021, 2022, 2023, 2024]


def test_the_bar_that_ends_a_month_belongs_to_it() -> None:
    hours = hours_from(datetime(2024, 1, 31, 23, tzinfo=UTC), 3)
    table = monthly(np.array([100.0, 110.0, 99.0]), hours, 100.0)
    assert table["month"].to_list() == [1, 2]
    assert table["total_return"].to_list() == pytest.approx([0.1, -0.1])


def test_nothing_is_returned_of_nothing() -> None:
    hours = hours_from(datetime(2024, 1, 31, 12, tzinfo=UTC), 24 * 40)
    equity = np.where(np.arange(len(hours)) < 10, 100.0, 0.0)
    table = monthly(equity, hours, 100.0)
    assert table["total_return"].to_list() == [-1.0, None, None]
    assert yearly(table)["total_return"].to_list() == [-1.0]
