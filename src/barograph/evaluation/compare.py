"""Skill against the baselines, with significance (R-E5).

1. For each symbol, horizon and metric, lay the losses out as origins by models.
2. Flagship against each baseline on the origins both have: skill with its interval, and the
   Diebold–Mariano test.
3. All models together, on the origins all have: the Model Confidence Set.

Every interval and test allows for overlapping targets (``significance``).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.evaluation.significance import Mean, diebold_mariano, mean_test, skill
from barograph.evaluation.significance_set import SIZE, confidence_set
from barograph.metrics.base import Metric
from barograph.metrics.catalogue import metrics as catalogue

FLAGSHIP: Final = "barograph"
COMPARED: Final = ("pinball", "qlike")

COMPARISONS: Final[dict[str, pl.DataType]] = {
    "symbol": pl.String(),
    "horizon_hours": pl.Int64(),
    "model": pl.String(),
    "baseline": pl.String(),
    "metric": pl.String(),
    "skill": pl.Float64(),
    "ci_low": pl.Float64(),
    "ci_high": pl.Float64(),
    "dm_statistic": pl.Float64(),
    "p_value": pl.Float64(),
    "in_confidence_set": pl.Boolean(),
    "n": pl.Int64(),
}
"""Schema of ``comparisons``: null where the origins are too few for the number to exist."""

MEMBERSHIP: Final[dict[str, pl.DataType]] = {
    "symbol": pl.String(),
    "horizon_hours": pl.Int64(),
    "metric": pl.String(),
    "model": pl.String(),
    "p_value": pl.Float64(),
    "in_confidence_set": pl.Boolean(),
    "n": pl.Int64(),
}

DIRECTION: Final[dict[str, pl.DataType]] = {
    "symbol": pl.String(),
    "model": pl.String(),
    "horizon_hours": pl.Int64(),
    "accuracy": pl.Float64(),
    "ci_low": pl.Float64(),
    "ci_high": pl.Float64(),
    "p_value": pl.Float64(),
    "n": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses of one symbol, horizon and metric.

    Attributes
    ----------
    symbol : str
    horizon : int
        Hours.
    metric : str
    models : tuple of str
        Those that have any loss, sorted.
    hours : Ints
        Origins as hours since the epoch, ascending, shape ``(n,)``.
    values : Floats
        Shape ``(n, k)``; NaN where a model has no scored forecast.
    """

    symbol: str
    horizon: int
    metric: str
    models: tuple[str, ...]
    hours: Ints
    values: Floats

    def common(self, models: Sequence[str]) -> tuple[Floats, Ints]:
        """Losses ``(m, len(models))`` and origins where all of some models have one."""
        picked = self.values[:, [self.models.index(name) for name in models]]
        known = np.isfinite(picked).all(axis=1)
        return picked[known], self.hours[known]


def comparisons(
    scored: pl.DataFrame | pl.LazyFrame,
    flagship: str = FLAGSHIP,
    metrics: Sequence[str] = COMPARED,
    seed: int = 0,
) -> pl.DataFrame:
    """Flagship against every other model, per symbol, horizon and metric.

    Parameters
    ----------
    scored : DataFrame or LazyFrame
        Forecasts with outcomes.
    flagship : str
        The model that is judged.
    metrics : sequence of str
        Names of metrics that have a score per forecast; lower is better.
    seed : int
        Seed of the confidence set's bootstrap.

    Returns
    -------
    table : DataFrame
        Columns of ``COMPARISONS``. ``skill`` above zero and ``dm_statistic`` below zero favour
        the flagship; ``p_value`` is two-sided; ``in_confidence_set`` is the flagship's.

    Raises
    ------
    InputError
        If the flagship is not in the frame, a metric has no pointwise score, an origin is
        doubled, or a loss is infinite.
    """
    rows: list[dict[str, object]] = []
    for losses in loss_matrices(scored, metrics):
        if flagship not in losses.models:
            raise InputError(
                f"no scored {losses.metric} of {flagship!r} for {losses.symbol} at "
                f"{losses.horizon} h; models with one: {', '.join(losses.models)}"
            )
        inside = membership(losses, seed)[flagship][1]
        others = (name for name in losses.models if name != flagship)
        rows.extend(compare(losses, flagship, other, inside) for other in others)
    return pl.DataFrame(rows, schema=COMPARISONS).sort(
        "symbol", "metric", "horizon_hours", "baseline"
    )


def compare(losses: Losses, model: str, baseline: str, inside: bool | None) -> dict[str, object]:
    """One row of ``comparisons``."""
    values, hours = losses.common((model, baseline))
    gain = skill(values[:, 0], values[:, 1], hours, losses.horizon)
    test = diebold_mariano(values[:, 0], values[:, 1], hours, losses.horizon)
    return {
        "symbol": losses.symbol,
        "horizon_hours": losses.horizon,
        "model": model,
        "baseline": baseline,
        "metric": losses.metric,
        "skill": known(gain.value),
        "ci_low": known(gain.ci_low),
        "ci_high": known(gain.ci_high),
        "dm_statistic": known(test.statistic),
        "p_value": known(test.p_value),
        "in_confidence_set": inside,
        "n": test.n,
    }


def confidence_sets(
    scored: pl.DataFrame | pl.LazyFrame, metrics: Sequence[str] = COMPARED, seed: int = 0
) -> pl.DataFrame:
    """Which models no other is shown to beat, per symbol, horizon and metric.

    Returns
    -------
    table : DataFrame
        Columns of ``MEMBERSHIP``; ``p_value`` above 0.10 is inside the 90 % set.

    Raises
    ------
    InputError
        As ``comparisons``.
    """
    rows: list[dict[str, object]] = []
    for losses in loss_matrices(scored, metrics):
        count = len(losses.common(losses.models)[1])
        rows.extend(
            {
                "symbol": losses.symbol,
                "horizon_hours": losses.horizon,
                "metric": losses.metric,
                "model": model,
                "p_value": p_value,
                "in_confidence_set": inside,
                "n": count,
            }
            for model, (p_value, inside) in membership(losses, seed).items()
        )
    return pl.DataFrame(rows, schema=MEMBERSHIP).sort("symbol", "metric", "horizon_hours", "model")


def membership(losses: Losses, seed: int) -> dict[str, tuple[float | None, bool | None]]:
    """P-value and verdict per model; None for both where the origins are too few."""
    values, hours = losses.common(losses.models)
    p_values = [known(p) for p in confidence_set(values, hours, losses.horizon, seed).tolist()]
    return {
        model: (p, None if p is None else p > SIZE)
        for model, p in zip(losses.models, p_values, strict=True)
    }


def direction(scored: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Direction accuracy per symbol, model and horizon, with its interval.

    Returns
    -------
    table : DataFrame
        Columns of ``DIRECTION``; ``p_value`` is two-sided against one half. The interval allows
        for overlapping targets, so at seven days it is wide.

    Raises
    ------
    InputError
        If a column is missing or an origin is doubled.
    """
    rows: list[dict[str, object]] = []
    for losses in loss_matrices(scored, ("direction_accuracy",)):
        for model in losses.models:
            values, hours = losses.common((model,))
            result = mean_test(values[:, 0], hours, losses.horizon, null=0.5)
            rows.append(direction_row(losses, model, result))
    return pl.DataFrame(rows, schema=DIRECTION).sort("symbol", "model", "horizon_hours")


def direction_row(losses: Losses, model: str, result: Mean) -> dict[str, object]:
    """One row of ``direction``."""
    return {
        "symbol": losses.symbol,
        "model": model,
        "horizon_hours": losses.horizon,
        "accuracy": known(result.value),
        "ci_low": known(result.ci_low),
        "ci_high": known(result.ci_high),
        "p_value": known(result.p_value),
        "n": result.n,
    }


def loss_matrices(scored: pl.DataFrame | pl.LazyFrame, metrics: Sequence[str]) -> Iterator[Losses]:
    """Losses by symbol, horizon and metric, one at a time, sorted."""
    chosen = [pointwise(name) for name in metrics]
    lazy = scored.lazy()
    needed = {"symbol", "model", "as_of", "horizon_hours"}.union(*(m.inputs for m in chosen))
    missing = sorted(needed - set(lazy.collect_schema().names()))
    if missing:
        raise InputError(f"the scored frame has no column {', '.join(missing)}")
    keys = lazy.select("symbol", "horizon_hours").unique().sort("symbol", "horizon_hours")
    for symbol, horizon in keys.collect().iter_rows():
        mine = (pl.col("symbol") == symbol) & (pl.col("horizon_hours") == horizon)
        rows = lazy.filter(mine).select(
            "model", "as_of", *(m.terms[0].alias(m.name) for m in chosen)
        )
        held = rows.collect()
        for metric in chosen:
            yield layout(held, symbol, horizon, metric.name)


def pointwise(name: str) -> Metric:
    """Metric by name.

    Raises
    ------
    InputError
        If there is none, or it exists on groups only.
    """
    known_metrics = {key: m for key, m in catalogue().items() if m.pointwise is not None}
    if name not in known_metrics:
        raise InputError(f"{name!r} has no score per forecast; those: {', '.join(known_metrics)}")
    return known_metrics[name]


def layout(rows: pl.DataFrame, symbol: str, horizon: int, metric: str) -> Losses:
    """Origins by models; forecasts without an outcome are left out."""
    held = rows.select("model", "as_of", loss=pl.col(metric)).drop_nulls("loss")
    faults = held.filter(~pl.col("loss").is_finite())
    if len(faults):
        raise InputError(
            f"{metric} of {faults['model'][0]} is not finite for {symbol} at {horizon} h on "
            f"{len(faults)} origins; wanted finite forecasts and a positive variance"
        )
    if held.select("model", "as_of").is_duplicated().any():
        raise InputError(f"{symbol} at {horizon} h has an origin twice for one model")
    models = tuple(held["model"].unique().sort().to_list())
    wide = held.pivot("model", index="as_of", values="loss").sort("as_of")
    hours = (wide["as_of"].dt.epoch("s") // 3600).to_numpy()
    return Losses(symbol, horizon, metric, models, hours, wide.select(models).to_numpy())


def known(value: float) -> float | None:
    """Null for a number that does not exist."""
    return None if math.isnan(value) else value
