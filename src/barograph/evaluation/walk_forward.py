"""The walk-forward: every model answers for every origin with what was known then.

1. Online models are handed the first training window, then pass over the
   origins once; at each they may use what matured by then, so every origin is a refit. Where
   training is ``rolling`` they begin anew for each test window, with the window's first row.
2. The others are fitted at their own cadence of test windows (and per horizon), on ``training``
   rows only, and answer for that window.
3. The work is a list of independent jobs, spread over processes; answers are put together by
   position, and each fit computes in one thread, so the number of workers cannot change a bit.
4. ``fit`` is an argument: the composition root hands in one that remembers fits by content.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from barograph.core.panel import Panel
from barograph.core.settings import WalkForward
from barograph.core.types import Floats
from barograph.evaluation.splits import Fold, folds, training
from barograph.models.base import Fitted, Output, Recipe

Fit: TypeAlias = Callable[[Recipe, Panel], Fitted]
Tell: TypeAlias = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One fit and its answer: a recipe, a fold, and the horizons asked for."""

    recipe: Recipe
    fold: Fold
    horizons: tuple[int, ...]


def fit_plainly(recipe: Recipe, past: Panel) -> Fitted:
    """Fit, remembering nothing."""
    return recipe.fit(past)


def say_nothing(_name: str, _done: int, _all: int) -> None:
    """Listen to no one."""


@dataclass(frozen=True, slots=True)
class Runner:
    """How the work is run; the answers do not depend on it.

    Attributes
    ----------
    workers : int
        Processes.
    fit : Fit
        How a recipe is fitted.
    tell : Tell
        Told the model's name, jobs done and jobs in all, as they end.
    """

    workers: int = 1
    fit: Fit = fit_plainly
    tell: Tell = say_nothing


PLAIN: Final = Runner()
"""One process, nothing remembered, nothing told."""


def walk_forward(
    panel: Panel, recipes: Sequence[Recipe], plan: WalkForward, runner: Runner = PLAIN
) -> Mapping[str, Output]:
    """Answers of every model for every origin.

    Parameters
    ----------
    panel : Panel
        Everything, targets included; each fit and answer sees its causal part.
    recipes : Sequence[Recipe]
        The models.
    plan : WalkForward
        The windows.
    runner : Runner
        How the work is run.

    Returns
    -------
    outputs : Mapping[str, Output]
        By model name, each of the panel's length; NaN before the first test window.

    Raises
    ------
    NotEnoughDataError
        If the panel is shorter than the first training window.
    """
    cut = folds(len(panel), plan)
    jobs = [job for recipe in recipes for job in _jobs(recipe, panel, cut, plan)]
    answers = _run(jobs, panel, plan, runner)
    return {
        recipe.name: _assemble(
            panel,
            [(job, out) for job, out in zip(jobs, answers, strict=True) if job.recipe is recipe],
        )
        for recipe in recipes
    }


def _jobs(recipe: Recipe, panel: Panel, cut: Sequence[Fold], plan: WalkForward) -> list[Job]:
    served = [_joined(cut[i : i + recipe.every]) for i in range(0, len(cut), recipe.every)]
    if recipe.refit == "window" or (recipe.refit == "online" and plan.scheme == "rolling"):
        return [Job(recipe, fold, panel.horizons) for fold in served]
    if recipe.refit == "window_and_horizon":
        return [Job(recipe, fold, (h,)) for h in panel.horizons for fold in served]
    whole = Fold(begin=0, start=cut[0].start, stop=cut[-1].stop)
    return [Job(recipe, whole, panel.horizons)]


def _joined(cut: Sequence[Fold]) -> Fold:
    """Test windows served by one fit, the first one's."""
    return Fold(begin=cut[0].begin, start=cut[0].start, stop=cut[-1].stop)


def _run(jobs: Sequence[Job], panel: Panel, plan: WalkForward, runner: Runner) -> list[Output]:
    """Run the jobs in order of submission; one worker runs them here."""
    answers: list[Output] = []
    if runner.workers == 1:
        results = (answer(job, panel, plan, runner.fit) for job in jobs)
    else:
        from joblib import Parallel, delayed

        pool = Parallel(
            n_jobs=runner.workers, return_as="generator", mmap_mode="r", max_nbytes="1M"
        )
        with workers_deaf_to_interrupts():
            results = pool(delayed(answer)(job, panel, plan, runner.fit) for job in jobs)
    for job, output in zip(jobs, results, strict=True):
        answers.append(output)
        runner.tell(job.recipe.name, len(answers), len(jobs))
    return answers


@contextmanager
def workers_deaf_to_interrupts() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C: it is this process that hears it and ends them.

    Otherwise each would print a traceback of its own. Only the main thread may set this; from
    another nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def answer(job: Job, panel: Panel, plan: WalkForward, fit: Fit) -> Output:
    """Fit one job on its past and answer for its window.

    A model fitted in a batch may look back beyond its training rows, as features do; one that
    learns online would learn there, and is shown nothing before them.
    """
    seen, fold = panel.at_horizons(job.horizons), job.fold
    fitted = fit(job.recipe, training(seen, fold, plan))
    begin = fold.begin if job.recipe.refit == "online" else 0
    known = seen.known_at(fold.stop - 1)
    shown = known.rows(begin, fold.stop) if begin else known
    return fitted.forecast(shown, fold.start - begin, fold.stop - begin)


def _assemble(panel: Panel, parts: Sequence[tuple[Job, Output]]) -> Output:
    """Put a model's answers together by position."""

    def whole(pick: Callable[[Output], Floats | None], tail: tuple[int, ...]) -> Floats | None:
        if all(pick(output) is None for _, output in parts):
            return None
        joined = np.full((len(panel), len(panel.horizons), *tail), np.nan)
        for job, output in parts:
            piece = pick(output)
            if piece is not None:
                columns = [panel.horizons.index(h) for h in job.horizons]
                joined[job.fold.start : job.fold.stop, columns] = piece
        joined[~panel.present] = np.nan
        return joined

    quantiles = [o.quantiles for _, o in parts if o.quantiles is not None]
    levels = quantiles[0].shape[-1] if quantiles else 0
    variance = whole(lambda output: output.variance, ())
    if variance is None:
        raise ValueError("a model must answer with a variance, NaN where it has none")
    return Output(
        variance=variance,
        quantiles=whole(lambda output: output.quantiles, (levels,)),
        p_up=whole(lambda output: output.p_up, ()),
        debiased=all(output.debiased for _, output in parts),
    )
