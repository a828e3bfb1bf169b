"""Numbers the report reads off the scored forecasts themselves, one group-by each."""

import numpy as np
import polars as pl

from barograph.core.levels import LEVELS, column
from barograph.core.types import Floats

NORMAL_95 = 1.96


def known(scored: pl.DataFrame, model: str) -> pl.DataFrame:
    """Forecasts of one model whose outcome is known and whose quantiles are complete."""
    levels = [column(level) for level in LEVELS]
    return scored.filter(pl.col("model") == model).drop_nulls(["realised_return", *levels])


def reliability(rows: pl.DataFrame) -> pl.DataFrame:
    """Share of outcomes at or below each quantile: ``horizon_hours, level, observed, n``."""
    below = [
        (pl.col("realised_return") <= pl.col(column(level))).mean().alias(f"{level:.3f}")
        for level in LEVELS
    ]
    return (
        rows.group_by("horizon_hours")
        .agg(*below, n=pl.len())
        .unpivot(index=["horizon_hours", "n"], variable_name="level", value_name="observed")
        .with_columns(pl.col("level").cast(pl.Float64))
        .select("horizon_hours", "level", "observed", "n")
        .sort("horizon_hours", "level")
    )


def pit(observed: Floats) -> tuple[Floats, Floats]:
    """Probability integral transform as a histogram whose bins are the published levels.

    Parameters
    ----------
    observed : Floats
        Share of outcomes at or below each of ``LEVELS``, shape ``(13,)``.

    Returns
    -------
    edges : Floats
        ``0, LEVELS, 1``, shape ``(15,)``.
    density : Floats
        Share of outcomes in each bin over the share asked for, shape ``(14,)``; 1 is perfect.
        No interpolation between quantiles is needed, so none can flatter.
    """
    edges = np.array([0.0, *LEVELS, 1.0])
    shares = np.diff(np.concatenate(([0.0], observed, [1.0])))
    return edges, shares / np.diff(edges)


def half_width(share: float | Floats, n: float, hours: int) -> Floats:
    """Half a 95 % interval of a share among overlapping forecasts.

    Forecasts of ``h`` hours made every hour overlap, so ``n`` of them tell about as much as
    ``n / h`` apart.
    """
    effective = max(n / hours, 1.0)
    inside = np.clip(share, 0.0, 1.0)
    return np.asarray(NORMAL_95 * np.sqrt(inside * (1.0 - inside) / effective))


def direction(rows: pl.DataFrame) -> pl.DataFrame:
    """How often the sign was right, per horizon.

    As the metric ``direction_accuracy`` counts: an outcome of exactly zero is left out, a forecast
    of exactly one half counts half. The interval is Newey and West's with ``h - 1`` lags, for the
    overlap.

    Returns
    -------
    table : DataFrame
        ``horizon_hours, accuracy, ci_low, ci_high, n``.

    References
    ----------
    .. [1] Newey & West (1987), "A simple, positive semi-definite, heteroskedasticity and
       autocorrelation consistent covariance matrix", Econometrica 55(3), 703-708.
    """
    counted = rows.drop_nulls("p_up").filter(pl.col("realised_return") != 0.0).sort("as_of")
    table = []
    for (hours,), part in counted.group_by("horizon_hours", maintain_order=True):
        called = np.sign(part["p_up"].to_numpy() - 0.5)
        hit = 0.5 + 0.5 * called * np.sign(part["realised_return"].to_numpy())
        mean, half = float(hit.mean()), NORMAL_95 * _newey_west(hit, int(hours) - 1)
        table.append((int(hours), mean, mean - half, mean + half, len(hit)))
    schema = {
        "horizon_hours": pl.Int64,
        "accuracy": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
    }
    return pl.DataFrame(table, schema=schema, orient="row").sort("horizon_hours")


def _newey_west(values: Floats, lags: int) -> float:
    """Standard error of a mean, Bartlett weights; never below the plain one."""
    n = len(values)
    centred = values - values.mean()
    plain = float(centred @ centred) / n
    total = plain
    for lag in range(1, min(lags, n - 1) + 1):
        weight = 1.0 - lag / (lags + 1.0)
        total += 2.0 * weight * float(centred[lag:] @ centred[:-lag]) / n
    return float(np.sqrt(max(total, plain) / n))


def scores(metrics: pl.DataFrame, metric: str, cut: str = "all") -> pl.DataFrame:
    """Rows of one metric in one slice: ``horizon_hours, model, value, score, n``, sorted."""
    return metrics.filter((pl.col("metric") == metric) & (pl.col("slice") == cut)).sort(
        "horizon_hours", "model", "value"
    )


def slice_skill(metrics: pl.DataFrame, flagship: str, metric: str, cut: str) -> pl.DataFrame:
    """Skill of the flagship against the best other model of each horizon, by slice.

    The yardstick of a horizon is the model with the lowest mean score over everything, chosen
    with hindsight: the hardest one to beat.

    Returns
    -------
    table : DataFrame
        ``horizon_hours, value, baseline, skill``; empty when a model or the slice is missing.
    """
    scores = metrics.filter(pl.col("metric") == metric).drop_nulls("score")
    best = (
        scores.filter((pl.col("slice") == "all") & (pl.col("model") != flagship))
        .sort("score", "model")
        .group_by("horizon_hours", maintain_order=True)
        .agg(baseline=pl.col("model").first())
    )
    cuts = scores.filter(pl.col("slice") == cut)
    keys = ["horizon_hours", "value"]
    ours = cuts.filter(pl.col("model") == flagship).select(*keys, ours="score")
    theirs = cuts.select(*keys, baseline="model", theirs="score")
    return (
        ours.join(best, on="horizon_hours")
        .join(theirs, on=[*keys, "baseline"])
        .select(*keys, "baseline", skill=1.0 - pl.col("ours") / pl.col("theirs"))
        .sort(keys)
    )
