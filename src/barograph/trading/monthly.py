"""Returns by calendar month (UTC), as funds report them."""

import numpy as np
import polars as pl

from barograph.core.types import Floats, Ints


def monthly(equity: Floats, hours: Ints, capital: float) -> pl.DataFrame:
    """Return of each month.

    Parameters
    ----------
    equity : Floats
        At each close, shape ``(n,)``.
    hours : Ints
        End of each bar, hours since 1970, shape ``(n,)``.
    capital : float
        Cash at the start.

    Returns
    -------
    table : DataFrame
        ``year``, ``month`` and ``total_return`` from the last close of the month before (the
        capital, for the first) to the last of this; null once there is no equity. A bar that ends
        at 00:00 of the first belongs to the month that ends there. The first and the last month
        may be in parts.
    """
    moments = pl.from_epoch(pl.Series("hour", hours) * 3600 - 1, time_unit="s")
    ends = (
        pl.DataFrame({"time": moments, "equity": equity})
        .group_by(year=pl.col("time").dt.year(), month=pl.col("time").dt.month())
        .agg(pl.col("equity").last())
        .sort("year", "month")
    )
    return returns_of(ends, capital)


def yearly(table: pl.DataFrame) -> pl.DataFrame:
    """Compound months to years: ``year`` and ``total_return``."""
    return (
        table.group_by("year")
        .agg(total_return=(pl.col("total_return") + 1.0).product() - 1.0)
        .sort("year")
    )


def returns_of(ends: pl.DataFrame, capital: float) -> pl.DataFrame:
    """Returns between ends of periods; null where there was nothing to begin with."""
    before = np.concatenate(([capital], ends["equity"].to_numpy()[:-1]))
    found = pl.Series("total_return", ends["equity"].to_numpy()) / pl.Series(before) - 1.0
    return (
        ends.drop("equity")
        .with_columns(total_return=found, before=pl.Series(before))
        .select(
            pl.col("year", "month").cast(pl.Int64),
            total_return=pl.when(pl.col("before") > 0.0).then("total_return"),
        )
    )
