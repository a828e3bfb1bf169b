"""Walk forward over history, score, compare: the tables behind every claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter

import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.settings import Settings
from barograph.core.types import Ints
from barograph.evaluation.alarms import alarms
from barograph.evaluation.compare import FLAGSHIP, comparisons, direction
from barograph.evaluation.scores import score_table
from barograph.evaluation.splits import first_reported
from barograph.evaluation.walk_forward import PLAIN, Runner
from barograph.models.base import Output
from barograph.pipelines.dataset import Dataset
from barograph.pipelines.experts import answers
from barograph.pipelines.frames import forecast_frame, outcome_frame, rows_between

LEAST_HISTORY_DAYS = 365
"""Where no start is asked for, origins before this much walk-forward are not reported: the
online stages have hardly any matured outcome to learn from. Half the walk-forward, where that is
less."""


@dataclass(frozen=True, slots=True)
class SymbolResult:
    """One symbol's walk-forward: what from, the models' answers, the origins reported."""

    dataset: Dataset
    outputs: Mapping[str, Output]
    rows: Ints


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything a walk-forward found.

    Attributes
    ----------
    results : Mapping[str, SymbolResult]
        By symbol.
    scored : DataFrame
        Forecasts beside what happened.
    metrics, comparisons, direction : DataFrame
        Scores, skill against every baseline, hits with their interval.
    alarms : tuple of str
        What is too good to be true.
    timings : Mapping[str, float]
        Seconds a stage.
    """

    results: Mapping[str, SymbolResult]
    scored: pl.DataFrame
    metrics: pl.DataFrame
    comparisons: pl.DataFrame
    direction: pl.DataFrame
    alarms: tuple[str, ...]
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """Origins to report, ``[start, end)``; None for as far as there is data."""

    start: datetime | None = None
    end: datetime | None = None


def evaluate(
    datasets: Sequence[Dataset],
    settings: Settings,
    span: Span,
    runner: Runner = PLAIN,
) -> Evaluation:
    """Walk forward with every model on every symbol, then score and compare.

    Parameters
    ----------
    datasets : Sequence[Dataset]
        One per symbol.
    settings : Settings
        The run.
    span : Span
        Origins to report. Models learn from everything known before each.
    runner : Runner
        How the work is run.

    Raises
    ------
    NotEnoughDataError
        If no origin of a symbol lies in the span after the first training window.
    """
    timings: dict[str, float] = {}
    clock = perf_counter()
    results, frames = {}, []
    for dataset in datasets:
        outputs = answers(dataset.panel, settings, runner)
        result = SymbolResult(dataset, outputs, reported(dataset, settings, span))
        frames.append(scored_frame(result))
        results[dataset.symbol] = replace(result, outputs=lighter(outputs))
    timings["walk_forward"] = perf_counter() - clock
    clock = perf_counter()
    scored = pl.concat(frames)
    metrics = score_table(scored)
    timings["score"] = perf_counter() - clock
    clock = perf_counter()
    skill = comparisons(scored, seed=settings.seed)
    hits = direction(scored)
    timings["compare"] = perf_counter() - clock
    return Evaluation(results, scored, metrics, skill, hits, tuple(alarms(hits, skill)), timings)


def lighter(outputs: Mapping[str, Output]) -> Mapping[str, Output]:
    """Outputs without the baselines' quantiles, which the scored frame holds already.

    Eleven models of one symbol hold half a gigabyte of them.
    """
    return {
        name: output if name == FLAGSHIP else replace(output, quantiles=None)
        for name, output in outputs.items()
    }


def reported(dataset: Dataset, settings: Settings, span: Span) -> Ints:
    """Rows to report: in the span, past the first training window, with their bar."""
    panel = dataset.panel
    plan = settings.walk_forward
    first = panel.moment(0)
    begin = first + timedelta(days=plan.train_days)
    last = panel.moment(len(panel) - 1)
    end = span.end or last + timedelta(hours=1)
    start = span.start or begin + min(timedelta(days=LEAST_HISTORY_DAYS), (last - begin) / 2)
    rows = rows_between(panel, max(start, panel.moment(first_reported(len(panel), plan))), end)
    if not len(rows):
        raise NotEnoughDataError(
            f"no origin of {dataset.symbol} from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}; "
            f"its bars run from {first:%Y-%m-%d} to {panel.moment(len(panel) - 1):%Y-%m-%d %H:%M} "
            f"and the first {plan.train_days} days are for training"
        )
    return rows


def scored_frame(result: SymbolResult) -> pl.DataFrame:
    """Forecasts of every model beside what happened, for the reported origins."""
    dataset, rows = result.dataset, result.rows
    regime = dataset.panel.columns(("volatility_regime",))[:, 0]
    outcomes = outcome_frame(dataset.panel, rows, regime)
    forecasts = [
        forecast_frame(dataset.panel, name, output, rows) for name, output in result.outputs.items()
    ]
    return pl.concat(forecasts).join(
        outcomes, on=["as_of", "horizon_hours"], how="left", maintain_order="left"
    )
