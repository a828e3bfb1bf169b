"""Arrays to tables: forecasts as published, and forecasts beside what happened."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import polars as pl

from barograph.core.levels import LEVELS, column
from barograph.core.panel import Panel
from barograph.core.time import MOMENT
from barograph.core.types import Floats, Ints
from barograph.metrics.distribution import moments as law_of
from barograph.models.base import Output
from barograph.targets.base import Target, known_at

SESSIONS = ("Asia", "Europe", "US")


def forecast_frame(panel: Panel, model: str, output: Output, rows: Ints) -> pl.DataFrame:
    """Forecasts of one model in the published schema.

    Parameters
    ----------
    panel : Panel
        The origins.
    model : str
        Name in the ``model`` column.
    output : Output
        The model's answers, of the panel's length, quantiles included.
    rows : Ints
        Rows of the panel to publish.

    Returns
    -------
    forecasts : pl.DataFrame
        One row per origin and horizon, origins without an answer left out.
    """
    if output.quantiles is None:
        raise ValueError(f"{model} has no quantiles")
    quantiles = output.quantiles[rows]
    answered = np.isfinite(quantiles).all(axis=2) & np.isfinite(output.variance[rows])
    origin, horizon = np.nonzero(answered)
    picked = quantiles[origin, horizon]
    law = law_of(picked)
    hours = panel.hours[rows][origin]
    ahead = np.array(panel.horizons)[horizon]
    return pl.DataFrame(
        {
            "symbol": pl.repeat(panel.symbol, len(origin), eager=True),
            "model": pl.repeat(model, len(origin), eager=True),
            "as_of": moments(hours),
            "horizon_hours": ahead,
            "target_time": moments(hours + ahead),
            "mean": law.mean,
            "vol": law.vol,
            "variance": output.variance[rows][origin, horizon],
            "p_up": law.p_up,
            **{column(level): picked[:, k] for k, level in enumerate(LEVELS)},
        }
    )


def outcome_frame(panel: Panel, rows: Ints, regime: Floats) -> pl.DataFrame:
    """What happened after each origin, and the slices it is counted in.

    Parameters
    ----------
    panel : Panel
        Origins and targets.
    rows : Ints
        Rows to describe.
    regime : Floats
        Volatility regime of every row, 0 low, 1 normal, 2 high, NaN unknown, shape ``(n,)``.
    """
    origin = np.repeat(rows, len(panel.horizons))
    hours = panel.hours[origin]
    names = np.array(["low", "normal", "high", "unknown"])
    code = np.where(np.isfinite(regime[origin]), regime[origin], 3).astype(np.int64)
    frame = pl.DataFrame(
        {
            "as_of": moments(hours),
            "horizon_hours": np.tile(np.array(panel.horizons), len(rows)),
            "price": panel.close[origin],
            "realised_return": panel.target_return[rows].reshape(-1),
            "realised_variance": panel.target_variance[rows].reshape(-1),
            "regime": names[code],
        }
    )
    when = pl.col("as_of").dt
    return frame.with_columns(
        pl.col("realised_return", "realised_variance", "price").fill_nan(None),
        session=(when.hour() // 8).replace_strict(
            {0: "Asia", 1: "Europe", 2: "US"}, return_dtype=pl.String
        ),
        year=when.year(),
        quarter=pl.format("{}Q{}", when.year(), when.quarter()),
        hour=when.hour(),
    )


def target_frame(
    grid: pl.DataFrame, horizons: tuple[int, ...], targets: Mapping[str, Target]
) -> pl.DataFrame:
    """Declared targets of every row of the grid, and when they become known.

    Returns
    -------
    ahead : pl.DataFrame
        ``target_NAME_24h`` for every target and horizon, null where a bar is missing or still to
        come, and ``target_known_at_24h`` for every horizon.
    """
    open_, high, low, close = (
        grid[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("open", "high", "low", "close")
    )
    known = known_at(grid["as_of"].dt.epoch("s").to_numpy() // 3600, horizons)
    columns = {
        f"target_{name}_{hours}h": pl.Series(values[:, k]).fill_nan(None)
        for name, values in (
            (t.name, t.compute(open_, high, low, close, horizons)) for t in targets.values()
        )
        for k, hours in enumerate(horizons)
    }
    times = {f"target_known_at_{h}h": moments(known[:, k]) for k, h in enumerate(horizons)}
    return pl.DataFrame(columns | times)


def moments(hours: Ints) -> pl.Series:
    """Hours since 1970 as moments."""
    return (
        pl.Series(hours * 3_600_000_000)
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .cast(MOMENT)
    )


def rows_between(panel: Panel, start: datetime, end: datetime) -> Ints:
    """Rows whose origin lies in ``[start, end)`` and has its bar."""
    rows = np.arange(panel.row(start), panel.row(end))
    return rows[panel.present[rows]]
