"""A made-up scored frame: honest normal forecasts of a random walk, some of them worse."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from scipy import stats

from barograph.core.levels import column, level_array

START = datetime(2021, 12, 1, tzinfo=UTC)
HOURLY = 0.007
Z = stats.norm.ppf(level_array())


def make_scored(
    rows: int = 400,
    models: dict[str, float] | None = None,
    horizons: tuple[int, ...] = (1, 24),
    seed: int = 3,
) -> pl.DataFrame:
    """Forecasts with outcomes and slices, hourly origins.

    ``models`` maps a name to how far it gets its scale wrong (1 is honest). The last ``h``
    outcomes of horizon ``h`` are unknown, as they are in life.
    """
    rng = np.random.default_rng(seed)
    path = np.concatenate(([0.0], np.cumsum(rng.normal(0.0, HOURLY, rows - 1))))
    parts = []
    for index, (model, error) in enumerate((models or {"barograph": 1.0, "ewma": 1.4}).items()):
        noise = np.random.default_rng([seed, index + 1])
        for horizon in horizons:
            sigma = HOURLY * np.sqrt(horizon) * error * np.exp(noise.normal(0.0, 0.1, rows))
            drift = noise.normal(0.0, 0.1 * sigma)
            outcome = np.full(rows, np.nan)
            outcome[: rows - horizon] = path[horizon:] - path[:-horizon]
            realised = HOURLY**2 * horizon * np.exp(rng.normal(0.0, 0.4, rows))
            quantiles = drift[:, None] + sigma[:, None] * Z
            frame = pl.DataFrame(
                {
                    "as_of": [START + timedelta(hours=i) for i in range(rows)],
                    "mean": drift,
                    "vol": sigma,
                    "variance": sigma**2,
                    "p_up": stats.norm.cdf(drift / sigma),
                    "price": 20_000.0 * np.exp(path),
                    "realised_return": outcome,
                    "realised_variance": np.where(np.isnan(outcome), np.nan, realised),
                    "regime": noise.choice(["low", "normal", "high"], rows),
                },
                schema_overrides={"as_of": pl.Datetime("us", "UTC")},
            ).with_columns(
                pl.Series(column(level), quantiles[:, place])
                for place, level in enumerate(level_array())
            )
            parts.append(
                frame.with_columns(
                    pl.col("realised_return", "realised_variance").fill_nan(None),
                    symbol=pl.lit("BTCUSDT"),
                    model=pl.lit(model),
                    horizon_hours=pl.lit(horizon, pl.Int64),
                )
            )
    return with_slices(pl.concat(parts))


def with_slices(frame: pl.DataFrame) -> pl.DataFrame:
    """Add session, year, quarter and hour of the origin."""
    moment = pl.col("as_of").dt
    return frame.with_columns(
        session=pl.when(moment.hour() < 8)
        .then(pl.lit("Asia"))
        .when(moment.hour() < 16)
        .then(pl.lit("Europe"))
        .otherwise(pl.lit("US")),
        year=moment.year(),
        quarter=pl.format("{}Q{}", moment.year(), moment.quarter()),
        hour=moment.hour(),
    )
