"""Files a run leaves behind: tables for programs, a page for people."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import TypeAlias

import orjson
import polars as pl

from barograph.core.errors import LakeError
from barograph.core.hashing import value_hash
from barograph.core.settings import Settings
from barograph.evaluation.report.document import Report
from barograph.pipelines.evaluate import Evaluation
from barograph.pipelines.memory import PACKAGES

Fill: TypeAlias = Callable[[Path], object]

OUTCOMES = (
    "price",
    "realised_return",
    "realised_variance",
    "regime",
    "session",
    "year",
    "quarter",
    "hour",
)
"""Columns of the scored frame that are not part of the published forecast."""


def check_folder(folder: Path) -> None:
    """Refuse an output folder that cannot be written, before hours are spent.

    Raises
    ------
    LakeError
        Saying why.
    """
    write_bytes(folder / ".writable", b"")
    (folder / ".writable").unlink()


def write_tables(folder: Path, evaluation: Evaluation, run: Mapping[str, object]) -> None:
    """Write ``forecasts.parquet``, ``metrics.parquet``, ``metrics.json`` and ``run.json``.

    Raises
    ------
    LakeError
        If the folder cannot be written; a file is either whole or as it was before.
    """
    forecasts = evaluation.scored.drop(OUTCOMES, strict=False)
    simulated = any(result.dataset.simulated for result in evaluation.results.values())
    note = {"simulated": str(simulated).lower()}
    for name, frame in (("forecasts", forecasts), ("metrics", evaluation.metrics)):
        write(folder / f"{name}.parquet", partial(frame.write_parquet, metadata=note))
    write_bytes(folder / "metrics.json", as_json(summary(evaluation)))
    write_bytes(folder / "run.json", as_json(run))


def write_report(folder: Path, report: Report) -> Path:
    """Write ``report.html`` and its figures; returns the page's path."""
    for name, content in report.figures.items():
        write_bytes(folder / "figures" / name, content)
    page = folder / "report.html"
    write_bytes(page, report.html.encode())
    return page


def summary(evaluation: Evaluation) -> dict[str, object]:
    """Headline scores by symbol, horizon and model, with comparisons, direction and alarms."""
    overall = evaluation.metrics.filter(pl.col("slice") == "all")
    scores: dict[str, dict[str, dict[str, dict[str, float | None]]]] = {}
    for row in overall.iter_rows(named=True):
        place = scores.setdefault(row["symbol"], {}).setdefault(str(row["horizon_hours"]), {})
        place.setdefault(row["model"], {})[row["metric"]] = row["score"]
    return {
        "simulated": any(result.dataset.simulated for result in evaluation.results.values()),
        "scores": scores,
        "comparisons": evaluation.comparisons.to_dicts(),
        "direction": evaluation.direction.to_dicts(),
        "alarms": list(evaluation.alarms),
    }


def identity(
    settings: Settings,
    evaluation: Evaluation,
    feature_set: str,
    tried: int,
    timings: Mapping[str, float],
) -> dict[str, object]:
    """What makes this run this run: configuration, data, seeds, packages, timings."""
    datasets = [result.dataset for result in evaluation.results.values()]
    identifying = [settings.hash, feature_set, {d.symbol: d.data_hash for d in datasets}]
    return {
        "run_id": f"{settings.size}-{value_hash(identifying)[:16]}",
        "config": settings.model_dump(mode="json"),
        "config_hash": settings.hash,
        "feature_set_hash": feature_set,
        "data_versions": {d.symbol: dict(d.used) for d in datasets},
        "data_hash": {d.symbol: d.data_hash for d in datasets},
        "venues": {d.symbol: d.venue for d in datasets},
        "simulated": any(d.simulated for d in datasets),
        "origins": {
            symbol: {
                "first": result.dataset.panel.moment(int(result.rows[0])).isoformat(),
                "last": result.dataset.panel.moment(int(result.rows[-1])).isoformat(),
                "count": len(result.rows),
            }
            for symbol, result in evaluation.results.items()
        },
        "seed": settings.seed,
        "configurations_tried": tried,
        "versions": {"python": python_version()} | {name: version(name) for name in PACKAGES},
        "timings_seconds": {k: round(v, 2) for k, v in timings.items()},
    }


def as_json(value: object) -> bytes:
    """Indented JSON with sorted keys; NaN as null."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or as it was before."""
    write(path, lambda partial: partial.write_bytes(content))


def write(path: Path, fill: Fill) -> None:
    """Fill a file beside its place, then move it there.

    Raises
    ------
    LakeError
        If the disk refuses.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(partial)
        os.replace(partial, path)  # noqa: PTH105 - atomic on one file system
    except (OSError, pl.exceptions.PolarsError) as error:
        with suppress(OSError):
            partial.unlink()
        raise LakeError(
            f"cannot write {path}: {error}; free some space or name another --out"
        ) from error
