"""Step 3 of the pair: training set, optimisation with a fallback, rounds of the gate, held out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from barograph.core.types import Bools
from barograph.pair.barriers import Outcomes, outcome_frame
from barograph.pair.events import event_frame
from barograph.pair.heartbeat import Stage
from barograph.pair.meta import Trees, learnable
from barograph.pair.portfolio import between, trade
from barograph.pair.robustness import Robustness, doubt
from barograph.pair.rules import PairSettings, Rule, Search
from barograph.pair.select import followed, neighbours, widened
from barograph.pair.training import design
from barograph.pair.tune import optimise
from barograph.pair.walk import Scene, Window, ended_before, labelled, walk
from barograph.pipelines.pair_search import equity_frame, moment, result
from barograph.pipelines.pair_stages import Product
from barograph.trading.market import Market

PLAIN: Final = "step3_train_and_backtest"
OPTIMISING: Final = 0.75
"""Share of a round that the optimisation takes."""
OPTIMISED: Final = "step3_optimize_model"

NOTHING: Final = {
    "how": "none", "why": "", "trees": None, "log_loss": None, "plain_log_loss": None,
    "base_log_loss": None,
}  # fmt: skip

Learner = Literal["none", "plain", "optimised"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A round that can be made.

    Attributes
    ----------
    rule : Rule
    learner : str
        ``none``, ``plain`` or ``optimised``.
    wide : bool
        Whether the rule was widened for the filter.
    """

    rule: Rule
    learner: Learner
    wide: bool = False

    @property
    def name(self) -> str:
        """For the logs and the summary."""
        learnt = {"none": "no filter", "plain": "plain filter", "optimised": "optimised filter"}
        return f"{'wide ' if self.wide else ''}{self.rule.kind}, {learnt[self.learner]}"

    @property
    def stage(self) -> str:
        """Name of its stage."""
        return OPTIMISED if self.learner == "optimised" else PLAIN

    def configurations(self, settings: PairSettings) -> int:
        """Configurations it tries."""
        return max(settings.learning.optuna_trials, 1) if self.learner == "optimised" else 1


def proposals(rules: tuple[Rule, ...], search: Search) -> tuple[Proposal, ...]:
    """Rounds in order: the first rule without a filter, with plain and optimised ones, widened.

    Then the other rules, without a filter and widened with an optimised one.
    """
    first = tuple(Proposal(rules[0], learner) for learner in ("none", "plain", "optimised"))
    planned = [*first, Proposal(widened(rules[0], search), "optimised", wide=True)]
    for rule in rules[1:]:
        planned.append(Proposal(rule, "none"))
        planned.append(Proposal(widened(rule, search), "optimised", wide=True))
    return tuple(planned)


def scene_of(
    market: Market, features: pl.DataFrame, rule: Rule, settings: PairSettings
) -> Scene:  # fmt: skip
    """Events of a rule and their columns."""
    events, outcomes = followed(market, rule, settings)
    return Scene(market, events, outcomes, design(features, events, outcomes))


def training_set(
    market: Market, features: pl.DataFrame, planned: tuple[Proposal, ...], settings: PairSettings,
    stage: Stage,
) -> Product:  # fmt: skip
    """Events with columns, outcomes and weights, for each rule a filter is learnt for."""
    frames, counts, width = {}, {}, 0
    learnt = {f"{'wide_' if one.wide else ''}{one.rule.kind}": one.rule
              for one in planned if one.learner != "none"}  # fmt: skip
    for place, (name, rule) in enumerate(learnt.items()):
        scene = scene_of(market, features, rule, settings)
        columns = pl.DataFrame(scene.design.values, schema=list(scene.design.names), orient="row")
        frames[name] = pl.concat(
            (
                event_frame(scene.events, market).select("known_at", "row"),
                columns.fill_nan(None),
                outcome_frame(scene.outcomes),
                pl.DataFrame({"weight": scene.design.weight}),
            ),
            how="horizontal",
        )
        counts[name], width = int(scene.outcomes.finished.sum()), len(scene.design.names)
        note = f"{name}: {counts[name]} finished events, {width} columns"
        stage.beat((place + 1) / len(learnt), rows=len(scene.events), note=note)
    return Product({"finished": counts, "columns": width}, frames)


def learn(
    scene: Scene,
    learner: Learner,
    row: int,
    settings: PairSettings,
    stage: Stage,
    beat: Callable[[float], None] = lambda _: None,
) -> tuple[Trees | None, dict[str, Any]]:
    """Settings of the trees for what comes from a row on, from what had ended before it."""
    nothing = dict(NOTHING)
    if learner == "none":
        return None, nothing
    if learner == "plain":
        return Trees(), nothing | {"how": "plain", "trees": Trees().model_dump()}
    learning = settings.learning
    past = ended_before(scene.outcomes, row, learning.embargo_hours)
    data = labelled(scene.design, scene.outcomes, past)
    fewest = max(learning.train_events, learning.folds * learning.validation_events)
    if len(data) < fewest or not learnable(data) or learning.optuna_trials == 0:
        why = f"{len(data)} finished events of both ends, wanted {fewest}"
        return _fallback(nothing, why, stage)
    from lightgbm.basic import LightGBMError
    from optuna.exceptions import OptunaError

    try:
        trees, losses = optimise(data, learning, settings.seed, beat)
    except (ValueError, LightGBMError, OptunaError) as error:
        return _fallback(nothing, " ".join(str(error).split()), stage)
    why = (
        f"log loss {losses.best:.5f}, of plain trees {losses.plain:.5f}, of the bare part that "
        f"wins {losses.base:.5f}"
    )
    stage.beat(note=why)
    return trees, nothing | {
        "how": OPTIMISED, "why": why, "trees": trees.model_dump(), "log_loss": losses.best,
        "plain_log_loss": losses.plain, "base_log_loss": losses.base,
    }  # fmt: skip


def _fallback(
    nothing: dict[str, Any], why: str, stage: Stage
) -> tuple[Trees, dict[str, Any]]:  # fmt: skip
    stage.beat(note=f"optimisation failed ({why}); fallback to {PLAIN}")
    return Trees(), nothing | {"how": PLAIN, "why": why, "trees": Trees().model_dump()}


def make_round(
    scene: Scene, proposal: Proposal, span: tuple[int, int], settings: PairSettings, trials: int,
    stage: Stage,
) -> Product:  # fmt: skip
    """Learn from what ended before a span, go through it, and doubt the result.

    Parameters
    ----------
    scene : Scene
        Rows up to the end of the span and none after.
    proposal : Proposal
    span : tuple of int
        Its first row, and the row after its last.
    settings : PairSettings
    trials : int
        Configurations tried so far.
    """
    half = OPTIMISING if proposal.learner == "optimised" else 0.0
    trees, learner = learn(
        scene, proposal.learner, span[0], settings, stage, lambda done: stage.beat(half * done)
    )
    keep: Bools = np.ones(len(scene.events), dtype=bool)
    windows: tuple[Window, ...] = ()
    if trees is not None:
        walked = walk(
            scene, span, trees, settings.learning,
            settings.seed, lambda done: stage.beat(half + (1.0 - half) * done),
        )  # fmt: skip
        keep, windows = walked.keep, walked.windows
    market, events, outcomes, inside = between(scene.market, scene.events, scene.outcomes, *span)
    account, robust = doubt(market, events, outcomes, keep[inside], settings, trials)
    stage.beat(note=_said(proposal, account.figures()["mean_monthly_pnl"], robust))
    told = {
        "name": proposal.name,
        "rule": proposal.rule.model_dump(),
        "learner": learner,
        "precision": _precision(outcomes, keep[inside]),
        "result": result(market, account, robust, settings),
        "windows": [_window(scene.market, one) for one in windows],
    }
    return Product(told, {"equity": equity_frame(market, account)})


def sensitivity(
    scene: Scene, round_: Product, span: tuple[int, int], settings: PairSettings, stage: Stage
) -> Product:
    """What becomes of the best round an hour later, and of rules beside its own.

    The neighbours differ in one parameter and trade without a filter.
    """
    rule = Rule.model_validate(round_.document["rule"])
    market, events, outcomes, inside = between(scene.market, scene.events, scene.outcomes, *span)
    keep = kept_again(scene, round_, span, settings)
    late = trade(market, events, outcomes, keep[inside], settings, delay=1)
    near = neighbours(rule, settings.search)
    earned = []
    for count, other in enumerate(near, start=1):
        found = between(scene.market, *followed(scene.market, other, settings), *span)
        every = np.ones(len(found[1]), dtype=bool)
        earned.append(float(trade(*found[:3], every, settings).monthly.mean()))
        stage.beat(count / len(near))
    told = {
        "an_hour_later": float(f"{late.monthly.mean():.6g}"),
        "neighbours": len(near),
        "neighbours_that_earn": sum(one > 0.0 for one in earned),
    }
    stage.beat(note=", ".join(f"{name} {value}" for name, value in told.items()))
    return Product(told)


def kept_again(
    scene: Scene, round_: Product, span: tuple[int, int], settings: PairSettings
) -> Bools:
    """Events that a round kept, from its own settings of the trees."""
    trees = round_.document["learner"]["trees"]
    if trees is None:
        return np.ones(len(scene.events), dtype=bool)
    return walk(
        scene, span, Trees.model_validate(trees),
        settings.learning, settings.seed,
    ).keep  # fmt: skip


def _precision(outcomes: Outcomes, keep: Bools) -> dict[str, Any]:
    """How many events of a span earned something, and how many of those that were kept."""
    done = outcomes.finished
    won, kept = outcomes.net > 0.0, keep & done
    return {
        "events": int(done.sum()),
        "won": float(f"{won[done].mean():.6g}") if done.any() else None,
        "kept": int(kept.sum()),
        "kept_won": float(f"{won[kept].mean():.6g}") if kept.any() else None,
    }


def _said(proposal: Proposal, monthly: float, robust: Robustness) -> str:
    against = "; ".join(robust.failed) or "nothing speaks against it"
    return f"{proposal.name}: {monthly:+.2f} a month, P10 {robust.p10:+.2f}; {against}"


def _window(market: Market, window: Window) -> dict[str, Any]:
    return window.document() | {
        "start": moment(market, window.start), "stop": moment(market, window.stop)
    }  # fmt: skip
