"""The one point-in-time join: what was known at a moment, and nothing later."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from barograph.core.errors import InputError


def as_of(frame: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """Rows known at a moment; of a revised value the vintage known then.

    Parameters
    ----------
    frame : DataFrame
        Anything with ``available_at``; with ``event_time`` and ``revision`` (and ``series``)
        where values are revised.
    moment : datetime
        Aware; rows with ``available_at`` at or before it are seen.

    Returns
    -------
    seen : DataFrame
        In the order of ``frame``; for observations one row per series and event, the highest
        revision.

    Raises
    ------
    InputError
        If the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise InputError(f"as_of {moment} has no time zone; give a UTC moment")
    seen = frame.filter(pl.col("available_at") <= moment)
    if "revision" not in frame.columns:
        return seen
    return seen.filter(pl.col("revision") == pl.col("revision").max().over(_event(frame)))


def join_asof(
    grid: pl.DataFrame,
    observations: pl.DataFrame,
    name: str,
    *,
    value: str = "value",
    max_age: timedelta | None = None,
) -> pl.DataFrame:
    """Attach to each ``as_of`` of a grid the newest value known then, and its age.

    The newest value is the one of the latest event among the rows available, in its latest
    available revision. A late revision of an older event therefore never replaces a newer event.

    Parameters
    ----------
    grid : DataFrame
        With ``as_of``, ascending.
    observations : DataFrame
        One series: ``event_time``, ``available_at``, ``value`` and, where revised, ``revision``.
    name : str
        Column to add; ``<name>_age_hours`` is added beside it.
    value : str
        Column of ``observations`` to take.
    max_age : timedelta or None
        A value whose event lies further back is not used (null); any age is when None.

    Returns
    -------
    joined : DataFrame
        The grid, in its order, with two columns more; null where nothing was known. The age is
        ``as_of - event_time`` in hours.
    """
    newest = _newest_known(observations, value)
    known = newest.rename({value: name, "event_time": f"{name}_event"})
    joined = grid.join_asof(known, left_on="as_of", right_on="available_at", strategy="backward")
    age = pl.col("as_of") - pl.col(f"{name}_event")
    fresh = pl.lit(True) if max_age is None else age <= max_age
    return joined.with_columns(
        pl.when(fresh).then(pl.col(name)).alias(name),
        pl.when(fresh).then(age / timedelta(hours=1)).alias(f"{name}_age_hours"),
    ).select(*grid.columns, name, f"{name}_age_hours")


def _newest_known(observations: pl.DataFrame, value: str) -> pl.DataFrame:
    """Rows that were the newest known from their ``available_at`` on, ascending."""
    revision = "revision" if "revision" in observations.columns else None
    order = ["available_at", "event_time", *([revision] if revision else [])]
    rows = observations.sort(order).filter(pl.col("event_time") == pl.col("event_time").cum_max())
    if revision:
        rows = rows.filter(pl.col(revision) == pl.col(revision).cum_max().over("event_time"))
    return rows.unique("available_at", keep="last", maintain_order=True).select(
        "available_at", "event_time", value
    )


def _event(frame: pl.DataFrame) -> Sequence[str]:
    return [name for name in ("series", "event_time") if name in frame.columns]
