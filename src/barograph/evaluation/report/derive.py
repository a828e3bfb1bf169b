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


def level_histogram(observed: Floats) -> tuple[Floats, Floats]:
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
