"""Scores per model, horizon and slice: the table of ``metrics.parquet`` (R-E1–E5).

1. Take one model of one symbol at a time, so that memory holds one model's terms.
2. Check it: a forecast may be null (the model does not issue that number), never NaN.
3. Compute every metric's terms once, one value per forecast.
4. For every slice, group and combine; write score and number counted in long form.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl
import polars.selectors as cs

from barograph.core.errors import InputError
from barograph.metrics.base import Metric
from barograph.metrics.catalogue import metrics as catalogue

SLICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "all": (),
        "regime": ("regime",),
        "session": ("session",),
        "regime_session": ("regime", "session"),
        "year": ("year",),
        "quarter": ("quarter",),
        "hour": ("hour",),
    }
)
"""Columns each slice groups by; its ``value`` joins them by ``/``."""

OUTCOMES: Final = ("realised_return", "realised_variance")

SCORES: Final[dict[str, pl.DataType]] = {
    "symbol": pl.String(),
    "model": pl.String(),
    "horizon_hours": pl.Int64(),
    "slice": pl.String(),
    "value": pl.String(),
    "metric": pl.String(),
    "score": pl.Float64(),
    "n": pl.Int64(),
}
"""Schema of ``metrics.parquet``."""


def score_table(
    scored: pl.DataFrame | pl.LazyFrame,
    metrics: Iterable[Metric] | None = None,
    slices: Iterable[str] = tuple(SLICES),
) -> pl.DataFrame:
    """Score every model of a scored frame.

    Parameters
    ----------
    scored : DataFrame or LazyFrame
        Forecasts, outcomes and slices; a lazy frame is read once per model.
    metrics : iterable of Metric, optional
        What to compute; the whole catalogue by default.
    slices : iterable of str
        Names from ``SLICES``.

    Returns
    -------
    table : DataFrame
        Columns of ``SCORES``, sorted. A row whose slice is null (regime unknown) is in no cell
        of that slice. A score that does not exist is null; ``n`` is the number of forecasts
        counted, those whose outcome is known.

    Raises
    ------
    InputError
        If a column is missing, a slice is unknown, a forecast is NaN, or a
        metric cannot be computed from it (a variance that is not positive).
    """
    chosen = tuple(catalogue().values() if metrics is None else metrics)
    groups = {name: slice_columns(name) for name in slices}
    lazy = scored.lazy()
    check_columns(lazy, chosen, groups)
    parts = [
        score_one(terms_of(model, chosen, groups), chosen, groups)
        for model in one_model_at_a_time(lazy, chosen, groups)
    ]
    table = pl.concat(parts) if parts else pl.DataFrame(schema=SCORES)
    return table.sort("symbol", "model", "horizon_hours", "slice", "value", "metric")


def slice_columns(name: str) -> tuple[str, ...]:
    """Columns of a slice.

    Raises
    ------
    InputError
        If the slice is not one of ``SLICES``.
    """
    if name not in SLICES:
        raise InputError(f"unknown slice {name!r}; known: {', '.join(SLICES)}")
    return SLICES[name]


def check_columns(
    scored: pl.LazyFrame, metrics: tuple[Metric, ...], groups: Mapping[str, tuple[str, ...]]
) -> None:
    """Refuse a frame without the columns the metrics and slices read."""
    needed = {"symbol", "model", "horizon_hours"}
    needed.update(*(metric.inputs for metric in metrics), *groups.values())
    missing = sorted(needed - set(scored.collect_schema().names()))
    if missing:
        raise InputError(
            f"the scored frame has no column {', '.join(missing)}; "
            "join the outcomes and slices to the forecasts first"
        )


def one_model_at_a_time(
    scored: pl.LazyFrame, metrics: tuple[Metric, ...], groups: Mapping[str, tuple[str, ...]]
) -> Iterator[pl.DataFrame]:
    """Yield the rows of each (symbol, model), with the columns that are read."""
    used = {"symbol", "model", "horizon_hours"}
    used.update(*(metric.inputs for metric in metrics), *groups.values())
    keys = scored.select("symbol", "model").unique().sort("symbol", "model").collect()
    for symbol, model in keys.iter_rows():
        mine = (pl.col("symbol") == symbol) & (pl.col("model") == model)
        yield check_forecasts(scored.filter(mine).select(sorted(used)).collect())


def check_forecasts(rows: pl.DataFrame) -> pl.DataFrame:
    """Read a NaN outcome as unknown; refuse a NaN forecast."""
    rows = rows.with_columns(unknown_as_null())
    faults = rows.select(cs.float().is_nan().sum()).row(0, named=True)
    for name, count in faults.items():
        if count:
            raise InputError(
                f"{rows['model'][0]} of {rows['symbol'][0]} has NaN in {name} on {count} rows; "
                "wanted a number, or null where the model issues none"
            )
    return rows


def unknown_as_null() -> pl.Expr:
    """Outcomes with NaN read as unknown, for ``with_columns``."""
    return cs.by_name(*OUTCOMES, require_all=False).fill_nan(None)


def terms_of(
    rows: pl.DataFrame, metrics: tuple[Metric, ...], groups: Mapping[str, tuple[str, ...]]
) -> pl.DataFrame:
    """Every term of every metric, one value per forecast, beside the keys; none is NaN."""
    keys = {"symbol", "model", "horizon_hours"}.union(*groups.values())
    terms = [
        term.alias(term_name(metric, place))
        for metric in metrics
        for place, term in enumerate(metric.terms)
    ]
    table = rows.select(*sorted(keys), *terms)
    faults = table.select(cs.contains(":").is_nan().sum()).row(0, named=True)
    for name, count in faults.items():
        if count:
            raise InputError(
                f"{name.split(':')[0]} of {rows['model'][0]} for {rows['symbol'][0]} is not a "
                f"number on {count} rows; wanted positive prices and variances"
            )
    return table


def term_name(metric: Metric, place: int) -> str:
    """Column of a metric's term."""
    return f"{metric.name}:{place}"


def score_one(
    terms: pl.DataFrame, metrics: tuple[Metric, ...], groups: Mapping[str, tuple[str, ...]]
) -> pl.DataFrame:
    """Scores of one model of one symbol over every slice."""
    owner = terms.select("symbol", "model").head(1)
    parts = [
        long_form(aggregate(terms, metrics, columns), columns, name)
        for name, columns in groups.items()
    ]
    return owner.join(pl.concat(parts), how="cross").select(SCORES.keys())


def aggregate(
    terms: pl.DataFrame, metrics: tuple[Metric, ...], columns: tuple[str, ...]
) -> pl.DataFrame:
    """One row per horizon and cell: a struct of score and count per metric."""
    cells = terms.drop_nulls(columns) if columns else terms
    scores = []
    for metric in metrics:
        held = [pl.col(term_name(metric, place)) for place in range(len(metric.terms))]
        scores.append(metric.combine(*held).fill_nan(None).alias(metric.name))
        scores.append(held[0].count().cast(pl.Int64).alias(f"n:{metric.name}"))
    return cells.group_by("horizon_hours", *columns).agg(*scores)


def long_form(wide: pl.DataFrame, columns: tuple[str, ...], name: str) -> pl.DataFrame:
    """Wide scores to rows of metric, score and n."""
    value = pl.concat_str(columns, separator="/") if columns else pl.lit("all")
    wide = wide.with_columns(value=value, slice=pl.lit(name))
    index = ("horizon_hours", "slice", "value")
    counted = cs.starts_with("n:")
    scores = wide.drop(counted, *columns).unpivot(
        index=index, variable_name="metric", value_name="score"
    )
    counts = wide.select(*index, counted.name.replace("^n:", "")).unpivot(
        index=index, variable_name="metric", value_name="n"
    )
    return scores.with_columns(counts["n"])
