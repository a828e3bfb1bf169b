"""Optuna's search for the trees' settings, by the log loss that purged folds give each other.

The log loss is a proper score: settings are not chosen by how much their picks happened to earn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from barograph.core.types import Floats
from barograph.pair.meta import Labelled, Trees, fold_probability, purged_folds
from barograph.pair.rules import Learning

if TYPE_CHECKING:
    import optuna

CLIP: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Losses:
    """Log loss of the best trees found, of the plain ones, and of the bare part that wins."""

    best: float
    plain: float
    base: float


def log_loss(probability: Floats, data: Labelled) -> float:
    """Mean log loss, weighted by uniqueness."""
    p = np.clip(probability, CLIP, 1.0 - CLIP)
    loss = -np.where(data.won, np.log(p), np.log1p(-p))
    return float(np.average(loss, weights=data.weight))


def base_loss(data: Labelled) -> float:
    """Log loss of saying the part that wins of every event: what has to be beaten."""
    rate = float(np.average(data.won, weights=data.weight))
    return log_loss(np.full(len(data), rate), data)


def out_of_fold(data: Labelled, trees: Trees, learning: Learning, seed: int) -> Floats:
    """Probability of each event by trees that saw neither it nor what overlaps it."""
    from joblib import Parallel, delayed

    folds = purged_folds(data.entry, data.exit, learning.folds, learning.embargo_hours)
    answers = Parallel(n_jobs=learning.workers)(
        delayed(fold_probability)(data, train, test, trees, seed) for train, test in folds
    )
    found = np.empty(len(data))
    for (_, test), answer in zip(folds, answers, strict=True):
        found[test] = answer
    return found


def optimise(
    data: Labelled, learning: Learning, seed: int, beat: Callable[[float], None] = lambda _: None
) -> tuple[Trees, Losses]:
    """Search settings on finished events.

    Parameters
    ----------
    data : Labelled
        Of the past alone.
    learning : Learning
    seed : int
        The same seed tries the same settings.
    beat : Callable
        Told the share that is done.

    Returns
    -------
    trees : Trees
        The best found; the plain ones are among those tried.
    losses : Losses

    Raises
    ------
    ValueError, lightgbm.basic.LightGBMError, optuna.exceptions.OptunaError
        Where the search fails; the caller falls back to plain trees.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: "optuna.Trial") -> float:
        trees = Trees() if trial.number == 0 else suggested(trial)
        loss = log_loss(out_of_fold(data, trees, learning, seed), data)
        trial.set_user_attr("trees", trees.model_dump())
        beat((trial.number + 1) / learning.optuna_trials)
        return loss

    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=10), direction="minimize"
    )
    study.optimize(objective, n_trials=learning.optuna_trials)
    best = study.best_trial
    plain = study.trials[0].value
    if best.value is None or plain is None:
        raise ValueError("no settings gave a log loss")
    losses = Losses(float(best.value), float(plain), base_loss(data))
    return Trees.model_validate(best.user_attrs["trees"]), losses


def suggested(trial: "optuna.Trial") -> Trees:
    """Settings that a trial tries."""
    return Trees(
        leaves=trial.suggest_int("leaves", 2, 31, log=True),
        rounds=trial.suggest_int("rounds", 30, 300, log=True),
        rate=trial.suggest_float("rate", 0.005, 0.1, log=True),
        least=trial.suggest_int("least", 15, 120, log=True),
        columns=trial.suggest_float("columns", 0.2, 1.0),
        rows=trial.suggest_float("rows", 0.5, 1.0),
        ridge=trial.suggest_float("ridge", 0.1, 100.0, log=True),
    )
