"""Turn declarations into columns; what features share is computed once."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from barograph.core.errors import InputError
from barograph.features.base import Feature, Part
from barograph.features.catalogue import inputs, needed_parts

PART_ROWS: Final = 100_000
"""Rows of a part of a long grid; every feature of so many rows takes some 0.4 GiB."""


def build(grid: pl.DataFrame, features: Mapping[str, Feature]) -> pl.DataFrame:
    """Compute features over the hourly grid.

    Parameters
    ----------
    grid : DataFrame
        The complete hourly grid, one row per hour in order, null where a bar is missing.
    features : Mapping[str, Feature]
        What to compute.

    Returns
    -------
    table : DataFrame
        ``as_of`` and one Float64 column per feature. Null before the feature's lookback, where
        its window lacks too many bars, and where the formula has no finite value.

    Raises
    ------
    InputError
        If a feature reads a column the grid does not have, or the grid is not hourly.
    """
    wanted = list(features.values())
    return evaluate(grid, wanted).with_columns(_known(feature) for feature in wanted)


def evaluate(grid: pl.DataFrame, wanted: list[Feature]) -> pl.DataFrame:
    """Compute the bare expressions, without the law of missing values of :func:`build`.

    Raises
    ------
    InputError
        As for :func:`build`.
    """
    _check(grid, wanted)
    # Stage by stage: as one lazy plan the optimizer inlines the stages again, at 4 times the cost.
    frame = grid
    for stage in _stages(needed_parts(wanted), set(grid.columns)):
        frame = frame.with_columns(part.expr.alias(part.name) for part in stage)
    return frame.select("as_of", *(f.expr.cast(pl.Float64).alias(f.name) for f in wanted))


def build_parts(
    grid: pl.LazyFrame, features: Mapping[str, Feature], rows: int = PART_ROWS
) -> Iterator[pl.DataFrame]:
    """Compute features over a grid too long to hold, in bounded memory.

    Each part is read with the rows its longest window needs before it, so that the parts
    together are what :func:`build` gives: the same up to the rounding of running sums, and up
    to its ``tolerance`` for a recursive feature.

    Parameters
    ----------
    grid : LazyFrame
        A scan of the complete grid, in order.
    features : Mapping[str, Feature]
        What to compute.
    rows : int
        Rows of a part.

    Yields
    ------
    part : DataFrame
        The next rows of the table.

    Raises
    ------
    InputError
        If ``rows`` is below 1, or as for :func:`build`.
    """
    if rows < 1:
        raise InputError(f"a part needs at least 1 row, got {rows}")
    before = max((f.lookback for f in features.values()), default=1) - 1
    start = 0
    while True:
        overlap = min(start, before)
        window = grid.slice(start - overlap, overlap + rows).collect(engine="streaming")
        if window.height <= overlap:
            return
        yield build(window, features).slice(overlap)
        start += rows


def feature_set_hash(features: Mapping[str, Feature]) -> str:
    """First 16 hex digits of the SHA-256 of names, expressions and lookbacks.

    Parts count by their expressions. The same in every process, whatever the order of the
    mapping; another Polars may write an expression down in another way and so change it.
    """
    digest = hashlib.sha256()
    wanted = sorted(features.values(), key=lambda feature: feature.name)
    for part in sorted(needed_parts(wanted), key=lambda part: part.name):
        digest.update(f"{part.name}\n{part.expr.meta.serialize(format='json')}\n".encode())
    for feature in wanted:
        expression = feature.expr.meta.serialize(format="json")
        digest.update(f"{feature.name}\n{expression}\n{feature.lookback}\n".encode())
    return digest.hexdigest()[:16]


def _known(feature: Feature) -> pl.Expr:
    """Null before the lookback and where there is no finite value."""
    value = pl.col(feature.name)
    known = value.is_finite()
    if feature.lookback > 1:
        known &= pl.int_range(pl.len()) >= feature.lookback - 1
    return pl.when(known).then(value).alias(feature.name)


def _stages(ordered: list[Part], known: set[str]) -> list[list[Part]]:
    """Group parts so that each stage reads only the grid and earlier stages."""
    depth = dict.fromkeys(known, 0)
    stages: list[list[Part]] = []
    for part in ordered:
        depth[part.name] = 1 + max((depth[name] for name in part.reads), default=0)
        if depth[part.name] > len(stages):
            stages.append([])
        stages[depth[part.name] - 1].append(part)
    return stages


def _check(grid: pl.DataFrame, wanted: list[Feature]) -> None:
    for feature in wanted:
        missing = sorted(inputs(feature) - set(grid.columns))
        if missing:
            raise InputError(
                f"feature {feature.name!r} reads {', '.join(missing)}, which the grid does not "
                f"have; it has {', '.join(grid.columns)}"
            )
    steps = grid["as_of"].diff().drop_nulls()
    if steps.n_unique() > 1 or steps.null_count() or grid["as_of"].null_count():
        raise InputError("the grid has uneven steps; windows need one row per interval, in order")
