"""What events come to, by kind, side, regime, hour and year."""

from typing import Final

import numpy as np
import polars as pl

GROUPS: Final = ("kind", "side", "volatility_regime", "trend_regime", "hour", "year")
"""Columns events are grouped by; each is known at the event."""


def statistics(events: pl.DataFrame) -> pl.DataFrame:
    """Count, part won and mean results of events, for each value of each group.

    Parameters
    ----------
    events : DataFrame
        ``known_at``, ``kind``, ``side``, ``volatility_regime``, ``trend_regime``, ``ended``,
        ``gross`` and ``net``; null results are those of trades that did not end, left out.

    Returns
    -------
    table : DataFrame
        ``kind``, ``group``, ``value``, ``events``, ``won``, ``stopped``, ``mean_gross``,
        ``mean_net`` and ``deviation`` (of net), sorted. Results of events that overlap hang
        together: the deviation over the root of the count understates the error of the mean.
    """
    known = events.filter(pl.col("net").is_not_null()).with_columns(
        hour=pl.col("known_at").dt.hour(), year=pl.col("known_at").dt.year()
    )
    tables = [
        known.group_by("kind", value=pl.col(group).cast(pl.String).fill_null("unknown"))
        .agg(
            pl.len().alias("events"),
            (pl.col("net") > 0.0).mean().alias("won"),
            (pl.col("ended") == "stop").mean().alias("stopped"),
            pl.col("gross").mean().alias("mean_gross"),
            pl.col("net").mean().alias("mean_net"),
            pl.col("net").std().alias("deviation"),
        )
        .select("kind", pl.lit(group).alias("group"), pl.exclude("kind"))
        for group in GROUPS
    ]
    return pl.concat(tables).sort("kind", "group", "value")


def findings(table: pl.DataFrame) -> tuple[str, ...]:
    """The statistics of each kind in a line."""
    rows = table.filter(pl.col("group") == "kind").iter_rows(named=True)
    return tuple(
        f"{row['kind']}: {row['events']:,} events, {row['won']:.1%} won, "
        f"{row['mean_gross'] * 1e4:+.1f} bps before and {row['mean_net'] * 1e4:+.1f} bps after "
        f"costs each (standard error at least "
        f"{(row['deviation'] or np.nan) / np.sqrt(row['events']) * 1e4:.1f})"
        for row in rows
    )
