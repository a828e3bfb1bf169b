"""The hourly grid: one row per hour, the bar that ended then and what else was known."""

import math
from datetime import timedelta
from typing import Final

import polars as pl

from barograph.core.columns import FLOWS, PRICES
from barograph.core.errors import InputError, LeakError, NotEnoughDataError
from barograph.core.time import HOUR, INTERVALS, MOMENT, interval_length
from barograph.lake.asof import join_asof

INTRABAR: Final = (
    "intrabar_variance",
    "intrabar_upside_variance",
    "intrabar_downside_variance",
    "intrabar_bipower",
    "intrabar_count",
    "intrabar_last_5m_return",
    "intrabar_last_15m_return",
)
PEER: Final = ("open", "high", "low", "close", "volume")

GRID: Final[dict[str, pl.DataType]] = {
    "as_of": MOMENT,
    **{name: pl.Float64() for name in (*PRICES, *FLOWS)},
    **{name: pl.Float64() for name in INTRABAR},
    **{f"peer_{name}": pl.Float64() for name in PEER},
    "funding_rate": pl.Float64(),
    "funding_age_hours": pl.Float64(),
}
"""Columns of the grid; all are there always, null where nothing is known."""


def hourly_grid(
    bars: pl.DataFrame,
    intrabar: pl.DataFrame | None = None,
    peer: pl.DataFrame | None = None,
    funding: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per hour from the first to the last bar.

    Parameters
    ----------
    bars : DataFrame
        Hourly bars of one series, schema ``BARS``.
    intrabar : DataFrame or None
        Finer bars of the same symbol, schema ``BARS``, of one interval or several; each hour
        takes the finest interval that is complete in it.
    peer : DataFrame or None
        Hourly bars of another symbol.
    funding : DataFrame or None
        Funding rates, schema ``OBSERVATIONS``.

    Returns
    -------
    grid : DataFrame
        Schema ``GRID``, sorted; ``as_of`` is the close of the hour. An hour without its bar is
        a row of nulls in the bar's own columns. Values that were not available at ``as_of`` are
        null: the bar's own, the peer's, and those from inside the hour.

    Raises
    ------
    NotEnoughDataError
        If there is no bar.
    InputError
        If the bars (or the peer's) are not hourly, or one hour has two bars.
    LeakError
        If no bar was known at its close.
    """
    if bars.is_empty():
        raise NotEnoughDataError("no hourly bar to make a grid of; ingest some first")
    _check_hourly(bars)
    first, last = bars["close_time"].min(), bars["close_time"].max()
    hours = pl.datetime_range(first, last, HOUR, eager=True)  # type: ignore[arg-type]
    own = _at_close(bars).select(pl.col("close_time").alias("as_of"), *PRICES, *FLOWS)
    if own.is_empty():
        soonest = (bars["available_at"] - bars["close_time"]).dt.total_seconds().min()
        raise LeakError(
            f"no bar was known at its close, the soonest {soonest!r} s after it: an hour cannot be "
            "forecast from a bar that is not there yet; use another source"
        )
    grid = pl.DataFrame({"as_of": hours}).join(own, on="as_of", how="left")
    for part in (_intrabar_columns(intrabar), _peer_columns(peer)):
        if part is not None:
            grid = grid.join(part, on="as_of", how="left")
    if funding is not None and not funding.is_empty():
        grid = join_asof(grid.sort("as_of"), funding, "funding_rate").rename(
            {"funding_rate_age_hours": "funding_age_hours"}
        )
    absent = [pl.lit(None).alias(name) for name in GRID if name not in grid.columns]
    full = grid.with_columns(absent).sort("as_of")
    return full.select(pl.col(name).cast(dtype) for name, dtype in GRID.items())


def intrabar_moments(bars: pl.DataFrame) -> pl.DataFrame:
    r"""Realized moments of each complete hour from bars inside it.

    With the log returns :math:`r_1 \dots r_n` of the hour's :math:`n` parts (the first from the
    open of the first part): variance :math:`\sum r_i^2`, its upside and downside parts, and
    bipower variation :math:`\frac{\pi}{2}\frac{n}{n-1}\sum_{i>1} |r_i||r_{i-1}|`, which a jump
    does not enter. The last 5 and 15 minutes' log returns are there where the parts are that fine.

    Parameters
    ----------
    bars : DataFrame
        Schema ``BARS``, intervals below one hour that divide it, one symbol.

    Returns
    -------
    moments : DataFrame
        ``as_of`` and ``INTRABAR``, one row per complete hour, in squared log price. An hour
        with a part missing, or not available at its end, has no row in that interval; of several
        complete intervals the finest counts.

    Raises
    ------
    InputError
        If an interval does not divide the hour.

    References
    ----------
    .. [1] Barndorff-Nielsen & Shephard (2004), "Power and bipower variation with stochastic
       volatility and jumps", Journal of Financial Econometrics 2(1), 1-37.
    """
    sizes = {name: _parts_of_hour(name) for name in bars["interval"].unique()}
    hour = ["interval", "as_of"]
    parts = (
        bars.sort("open_time")
        .with_columns(as_of=pl.col("open_time").dt.truncate("1h") + HOUR)
        .filter(pl.col("available_at") <= pl.col("as_of"))
        .with_columns(before=pl.col("close").shift(1).over(hour))
        .with_columns(r=(pl.col("close") / pl.coalesce("before", "open")).log())
        .with_columns(last=pl.col("r").shift(1).over(hour))
    )
    squared, n = pl.col("r") ** 2, pl.len()
    pairs = (pl.col("r").abs() * pl.col("last").abs()).sum()
    return (
        parts.group_by(hour)
        .agg(
            squared.sum().alias("intrabar_variance"),
            squared.filter(pl.col("r") > 0).sum().alias("intrabar_upside_variance"),
            squared.filter(pl.col("r") < 0).sum().alias("intrabar_downside_variance"),
            (math.pi / 2 * n / (n - 1) * pairs).alias("intrabar_bipower"),
            n.cast(pl.Float64).alias("intrabar_count"),
            _last_return(5).alias("intrabar_last_5m_return"),
            _last_return(15).alias("intrabar_last_15m_return"),
        )
        .filter(pl.col("intrabar_count") == pl.col("interval").replace_strict(sizes))
        .sort("intrabar_count", descending=True)
        .unique("as_of", keep="first", maintain_order=True)
        .sort("as_of")
        .select("as_of", *INTRABAR)
    )


def _last_return(minutes: int) -> pl.Expr:
    """Log return of an hour's last minutes; null where the parts are coarser."""
    span = timedelta(minutes=minutes)
    fine = [name for name, length in INTERVALS.items() if span % length == timedelta(0)]
    late = pl.col("open_time") >= pl.col("as_of") - span
    total = pl.col("r").filter(late).sum()
    return pl.when(pl.col("interval").first().is_in(fine)).then(total)


def _intrabar_columns(intrabar: pl.DataFrame | None) -> pl.DataFrame | None:
    return None if intrabar is None or intrabar.is_empty() else intrabar_moments(intrabar)


def _peer_columns(peer: pl.DataFrame | None) -> pl.DataFrame | None:
    if peer is None or peer.is_empty():
        return None
    _check_hourly(peer)
    renamed = (pl.col(name).alias(f"peer_{name}") for name in PEER)
    return _at_close(peer).select(pl.col("close_time").alias("as_of"), *renamed)


def _at_close(bars: pl.DataFrame) -> pl.DataFrame:
    """Bars that were known when they closed."""
    return bars.filter(pl.col("available_at") <= pl.col("close_time"))


def _check_hourly(bars: pl.DataFrame) -> None:
    odd = bars.filter(pl.col("interval") != "1h")["interval"].unique().to_list()
    if odd:
        raise InputError(f"the grid takes 1h bars, got {', '.join(sorted(odd))}; aggregate first")
    twice = bars["close_time"].is_duplicated().sum()
    if twice:
        raise InputError(f"{twice} bars share an hour with another; pass one series")


def _parts_of_hour(interval: str) -> int:
    parts, rest = divmod(HOUR, interval_length(interval))
    if rest or parts < 2:
        raise InputError(f"{interval} bars cannot be inside an hour; wanted 30m or finer")
    return parts
