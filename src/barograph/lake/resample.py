"""Coarser bars from finer ones (R-D12): labelled by the open, closed on the right, causal."""

import polars as pl

from barograph.core.columns import BARS, FLOWS
from barograph.core.errors import InputError
from barograph.core.time import interval_length


def aggregate(bars: pl.DataFrame, interval: str) -> pl.DataFrame:
    """Bars of a longer interval.

    A longer bar holds the shorter ones whose close lies in ``(open_time, close_time]``. It is made
    only where all of them are there: half an hour is no hour.

    Parameters
    ----------
    bars : DataFrame
        Schema ``BARS``, one series, in any order.
    interval : str
        Longer interval, a multiple of the bars' own.

    Returns
    -------
    longer : DataFrame
        Schema ``BARS``, sorted. A flow is null where one of its parts is null; the flag is the
        first of the parts; ``available_at`` and ``ingested_at`` are the latest of the parts and
        ``batch`` is that of the last part.

    Raises
    ------
    InputError
        If ``interval`` is unknown or no multiple of the bars' own, or the bars are of several
        series.
    """
    length = interval_length(interval)
    if bars.is_empty():
        return pl.DataFrame(schema=BARS)
    kinds = bars.select("venue", "symbol", "interval").unique()
    if kinds.height > 1:
        raise InputError(f"cannot aggregate {kinds.height} series at once; filter to one")
    own = interval_length(kinds["interval"][0])
    parts, rest = divmod(length, own)
    if rest or parts < 1:
        raise InputError(f"{kinds['interval'][0]} bars do not make up {interval} bars")
    flows = (
        pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)
        for name in FLOWS
    )
    longer = (
        bars.sort("open_time")
        .group_by(pl.col("open_time").dt.truncate(interval).alias("start"), maintain_order=True)
        .agg(
            pl.col("open", "venue", "symbol").first(),
            pl.col("high", "available_at", "ingested_at").max(),
            pl.col("low").min(),
            pl.col("close", "batch").last(),
            *flows,
            pl.col("flag").drop_nulls().first(),
            pl.len().alias("parts"),
        )
        .filter(pl.col("parts") == parts)
        .with_columns(
            open_time=pl.col("start"),
            close_time=pl.col("start") + length,
            interval=pl.lit(interval),
        )
    )
    return longer.select(pl.col(name).cast(dtype) for name, dtype in BARS.items())
