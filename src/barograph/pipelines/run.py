"""The main job, end to end: dataset, walk-forward, scores, forecast, ledger, files, report."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.settings import Settings
from barograph.core.time import Clock, now
from barograph.evaluation.compare import FLAGSHIP, confidence_sets
from barograph.evaluation.importance import IMPORTANCE, importance
from barograph.evaluation.report.document import render
from barograph.evaluation.report.inputs import ReportInputs
from barograph.evaluation.splits import folds
from barograph.evaluation.walk_forward import PLAIN, Runner
from barograph.features.base import Feature
from barograph.features.build import feature_set_hash
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Entry
from barograph.ledger.trials import FORECASTING, Trial, Trials
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.dataset import Dataset, load
from barograph.pipelines.evaluate import Evaluation, Span, evaluate
from barograph.pipelines.forecast import Forecast, latest
from barograph.pipelines.outcomes import issue
from barograph.pipelines.publish import identity, write_report, write_tables
from barograph.pipelines.quality import accounts

RECENT_BARS = 14 * 24


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is asked to do.

    Attributes
    ----------
    command : str
        ``run`` or ``evaluate``, for the register of trials.
    settings : Settings
        The run file.
    features : Mapping[str, Feature]
        The catalogue, user extensions included.
    span : Span
        Origins to report.
    out : Path or None
        Where files go; None for none.
    publish : bool
        Whether the last forecast goes into the ledger.
    """

    command: str
    settings: Settings
    features: Mapping[str, Feature]
    span: Span
    out: Path | None
    publish: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What a run leaves.

    Attributes
    ----------
    evaluation : Evaluation
        Scores and comparisons.
    forecasts : tuple of Forecast
        The latest, one per symbol.
    entries : tuple of Entry
        Their places in the ledger.
    page : Path or None
        The report, where files were asked for.
    identity : Mapping
        Content of ``run.json``.
    """

    evaluation: Evaluation
    forecasts: tuple[Forecast, ...]
    entries: tuple[Entry, ...]
    page: Path | None
    identity: Mapping[str, object]


def run(lake: Lake, job: Job, runner: Runner = PLAIN, clock: Clock = now) -> Done:
    """Do the job; nothing is published before everything has been scored.

    Raises
    ------
    NotEnoughDataError
        If there are too few bars of a symbol.
    LakeError
        If the lake or the output folder cannot be written.
    """
    began = perf_counter()
    datasets = [load(lake, job.settings, symbol, job.features) for symbol in job.settings.symbols]
    loaded = perf_counter() - began
    evaluation = evaluate(datasets, job.settings, job.span, runner)
    made = tuple(
        latest(result.dataset, job.settings, result.outputs)
        for result in evaluation.results.values()
    )
    entries: tuple[Entry, ...] = ()
    if job.publish:
        entries = issue(lake, job.settings, job.features, made, clock())
    tried = register(lake, job, evaluation, clock)
    facts = identity(
        job.settings,
        evaluation,
        feature_set_hash(job.features),
        tried,
        {"load": loaded, **evaluation.timings},
    )
    if job.out is None:
        return Done(evaluation, made, entries, None, facts)
    write_tables(job.out, evaluation, facts)
    inputs = report_inputs(lake, job, evaluation, made, facts, clock())
    page = write_report(job.out, render(inputs))
    return Done(evaluation, made, entries, page, facts)


def register(lake: Lake, job: Job, evaluation: Evaluation, clock: Clock) -> int:
    """Record what was looked at; returns the number of configurations ever tried."""
    trials = Trials(ledger_folder(lake))
    feature_set = feature_set_hash(job.features)
    for symbol, result in evaluation.results.items():
        trials.register(
            Trial(
                at=clock(),
                command=job.command,
                symbol=symbol,
                config_hash=job.settings.hash,
                feature_set_hash=feature_set,
                data_hash=result.dataset.data_hash,
                version=version("barograph"),
                scores=headline(evaluation.metrics, symbol),
            )
        )
    return trials.count()


def headline(metrics: pl.DataFrame, symbol: str) -> dict[str, float]:
    """Pinball and QLIKE of the flagship by horizon, for instance ``pinball/24``."""
    rows = metrics.filter(
        (pl.col("symbol") == symbol)
        & (pl.col("model") == FLAGSHIP)
        & (pl.col("slice") == "all")
        & pl.col("metric").is_in(["pinball", "qlike"])
        & pl.col("score").is_finite()
    )
    return {
        f"{row['metric']}/{row['horizon_hours']}": row["score"]
        for row in rows.iter_rows(named=True)
    }


def report_inputs(
    lake: Lake,
    job: Job,
    evaluation: Evaluation,
    made: Sequence[Forecast],
    facts: Mapping[str, object],
    moment: datetime,
) -> ReportInputs:
    """Everything the page shows."""
    datasets = [one.dataset for one in made]
    trials = Trials(ledger_folder(lake))
    return ReportInputs(
        symbols=tuple(d.symbol for d in datasets),
        generated_at=moment,
        latest=pl.concat([one.frame for one in made]),
        recent=pl.concat([recent_bars(d) for d in datasets]),
        scored=evaluation.scored,
        metrics=evaluation.metrics,
        comparisons=evaluation.comparisons,
        quality=accounts(lake, {name for dataset in datasets for name in dataset.used}),
        run=facts,
        tried=trials.count(),
        trials=configurations(trials),
        alarms=evaluation.alarms,
        simulated=any(d.simulated for d in datasets),
        direction=evaluation.direction,
        importance=ranking(job.settings, evaluation),
        membership=confidence_sets(evaluation.scored, seed=job.settings.seed),
    )


def ranking(settings: Settings, evaluation: Evaluation) -> pl.DataFrame:
    """Features by importance within the last training window of each symbol.

    A symbol whose window is too short to rank features on has no rows.
    """
    parts = [pl.DataFrame(schema=IMPORTANCE)]
    for result in evaluation.results.values():
        panel = result.dataset.panel
        windows = folds(len(panel), settings.walk_forward)
        ends = [fold.start - 1 for fold in windows if fold.start <= result.rows[-1]]
        with suppress(NotEnoughDataError):
            parts.append(importance(panel, max(ends), settings.seed))
    return pl.concat(parts)


def configurations(trials: Trials) -> pl.DataFrame:
    """Configurations of forecasts ever tried on a symbol, with the scores of their last trial."""
    rows = {
        (*trial.configuration, trial.symbol): {
            "last tried": trial.at,
            "command": trial.command,
            "symbol": trial.symbol,
            "configuration": trial.config_hash[:8],
            "features": trial.feature_set_hash[:8],
            "version": trial.version,
            "pinball 24 h, 10⁻⁶": scaled(trial.scores.get("pinball/24"), 1e6),
            "QLIKE 24 h": trial.scores.get("qlike/24"),
        }
        for trial in trials.all()
        if trial.command in FORECASTING
    }
    return pl.DataFrame(list(rows.values()), infer_schema_length=None)


def scaled(value: float | None, unit: float) -> float | None:
    """A score in another unit; none stays none."""
    return None if value is None else value * unit


def recent_bars(dataset: Dataset) -> pl.DataFrame:
    """Last bars before the origin, for the chart."""
    bars = dataset.grid.tail(RECENT_BARS).select("as_of", "open", "high", "low", "close")
    return bars.with_columns(symbol=pl.lit(dataset.symbol))
