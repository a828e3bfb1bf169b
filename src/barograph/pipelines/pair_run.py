"""A whole run of the pair, stage by stage, from clean bars to the final output.

1. Step 2 sees the rows before the span held out; its search sees the selection span alone.
2. Step 3 and its gate judge rounds on the tuning span: what is learnt has ended before each window.
3. After the gate has ended the best round, and the first rule without a filter, go once through the
   span held out. Nothing is chosen there.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.hashing import value_hash
from barograph.core.types import Floats
from barograph.pair.events import common_hours, pair_market
from barograph.pair.gate import Round, Verdict, judge
from barograph.pair.heartbeat import Heartbeat, Stage
from barograph.pair.robustness import Robustness
from barograph.pair.rules import LEGS, PairSettings, Rule
from barograph.pair.training import hourly_features
from barograph.pair.workspace import Workspace
from barograph.pipelines import pair_learn, pair_report, pair_search
from barograph.pipelines.pair_prepare import clean_stem, load
from barograph.pipelines.pair_stages import WEIGHTS, Product, Stages, code_hash
from barograph.pipelines.pair_trials import Trials, trials_of
from barograph.trading.market import Market

LEAST_DAYS: Final = 540
"""Of both legs; less leaves no year to search and no half to hold out."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run works on."""

    place: Workspace
    stages: Stages
    settings: PairSettings
    market: Market
    cuts: pair_search.Cuts
    simulated: bool
    data: dict[str, str]

    def before(self, row: int) -> Market:
        """The history before a row, and nothing of it after."""
        return self.market.since(0, row)


def run(place: Workspace, settings: PairSettings, heart: Heartbeat, *, keep: bool = False) -> Path:
    """Run the pair from prepared bars to ``final output/``.

    Parameters
    ----------
    place : Workspace
        Prepared (``barograph pair prepare``).
    settings : PairSettings
    heart : Heartbeat
    keep : bool
        Whether the stages of ``out/`` stay when all is done.

    Returns
    -------
    summary : Path
        ``final_output_summary.json``.

    Raises
    ------
    InputError
        If the workspace is not prepared.
    NotEnoughDataError
        If both legs have less history than a run needs, or no configuration has enough events.
    LakeError
        If another run holds the workspace, or the disk says no.
    """
    with place.held():
        return run_held(place, settings, heart, keep=keep)


def run_held(
    place: Workspace, settings: PairSettings, heart: Heartbeat, *, keep: bool = False
) -> Path:
    """As ``run``, for a caller that holds the workspace already."""
    at = setting(place, settings, heart)
    step2 = search_steps(at)
    rounds, verdict, robust = learning_steps(at, step2)
    held, tried = held_out(at, step2, rounds, verdict)
    parts = pair_report.Parts(
        at.settings, at.simulated, at.data, spans(at), step2, rounds, verdict,
        best_filter(step2, rounds), robust, held, holding(at), tried,
    )  # fmt: skip
    summary = pair_report.write_final(place, parts, at.stages)
    if not keep:
        shutil.rmtree(place.inside(place.out), ignore_errors=True)
    return summary


def setting(place: Workspace, settings: PairSettings, heart: Heartbeat) -> Setting:
    """Read the bars, and say where the history is cut."""
    table, trace = load(place, "outer")
    if settings.start is not None:
        table = table.filter(pl.col("open_time").dt.date() >= settings.start)
    market = common_hours(pair_market(market_of(table)))
    if len(market.hours) < LEAST_DAYS * 24:
        raise NotEnoughDataError(
            f"{len(market.hours) / 24:.0f} days of BTC and ETH, wanted at least {LEAST_DAYS}; "
            "download a longer history"
        )
    data = {
        symbol: str(trace["legs"][symbol]["files"][clean_stem(place, symbol).name + ".parquet"])
        for symbol in LEGS
    }
    told = settings.model_dump(mode="json", exclude={"learning": {"workers"}})
    base = value_hash([data, told, code_hash()])
    once = dict.fromkeys(WEIGHTS, 1)
    rounds = {"step3_train_and_backtest": settings.candidates + 1,
              "step3_optimize_model": settings.candidates + 1, "held_out": 2}  # fmt: skip
    stages = Stages(place, heart, base, once | rounds)
    cuts = pair_search.cuts_of(len(market.hours), settings)
    return Setting(place, stages, settings, market, cuts, bool(trace["simulated"]), data)


def market_of(table: pl.DataFrame) -> Market:
    """Both legs side by side as a market; spot bars, so there is no funding."""

    def both(name: str) -> Floats:
        columns = (table[f"{leg.lower()}_{name}"].cast(pl.Float64) for leg in LEGS)
        return np.stack([one.fill_null(np.nan).to_numpy() for one in columns], axis=1)

    hours = table["close_time"].dt.epoch("s").to_numpy() // 3600
    opens = both("open")
    return Market(
        LEGS, hours, opens, both("high"), both("low"), both("close"), both("volume"),
        np.zeros_like(opens),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepTwo:
    """Products of step 2, the rules that were chosen, and the rounds they make possible."""

    dataset: Product
    analysis: Product
    search: Product
    curve: Product
    portfolio: Product
    rules: tuple[Rule, ...]
    planned: tuple[pair_learn.Proposal, ...]
    trials: Trials


def search_steps(at: Setting) -> StepTwo:
    """Step 2, stage by stage."""
    settings, cuts, make = at.settings, at.cuts, at.stages.make
    seen = at.before(cuts.held)
    dataset = make(
        "step2_build_events_dataset", (),
        lambda stage: pair_search.build_events(seen, settings, stage),
    )  # fmt: skip
    analysis = make(
        "step2_5_analyze_events", (dataset,), lambda stage: pair_search.analyse(dataset, stage)
    )
    found = make(
        "step2_compare_and_select", (),
        lambda stage: pair_search.search(at.before(cuts.tuning), settings, stage),
    )  # fmt: skip
    rules = tuple(Rule.model_validate(one) for one in found.document["chosen"])
    planned = pair_learn.proposals(rules, settings.search)
    trials = trials_of(at.place, settings, planned)
    tried = trials.record()
    curve = make(
        "step2_capital_curve", (found,),
        lambda _: pair_search.capital_curve(seen, rules[0], settings, tried),
        part=f"{tried} trials",
    )  # fmt: skip
    portfolio = make(
        "step2_dual_symbol_portfolio_test", (found,),
        lambda stage: pair_search.portfolio_test(seen, rules[0], settings, stage),
    )  # fmt: skip
    return StepTwo(dataset, analysis, found, curve, portfolio, rules, planned, trials)


def learning_steps(
    at: Setting, step2: StepTwo
) -> tuple[list[Product], Verdict, Product]:  # fmt: skip
    """Step 3: the training set, and rounds until the gate ends them."""
    settings, cuts, make = at.settings, at.cuts, at.stages.make
    seen, features = at.before(cuts.held), step2.dataset.frames["features"]
    training = make(
        "step3_build_training_dataset", (step2.dataset, step2.search),
        lambda stage: pair_learn.training_set(seen, features, step2.planned, settings, stage),
    )  # fmt: skip
    rounds: list[Product] = []
    span = (cuts.tuning, cuts.held)
    while True:
        proposal = step2.planned[len(rounds)]
        tried = step2.trials.record(len(rounds) + 1)
        rounds.append(_next_round(at, training, proposal, features, len(rounds) + 1, tried))
        verdict = judge([_round(one) for one in rounds], len(step2.planned) - len(rounds),
                        settings.doubts.patience)  # fmt: skip
        if verdict.endpoint is not None:
            break
    # Rounds that are not made take no time.
    at.stages.planned |= {pair_learn.PLAIN: 0, pair_learn.OPTIMISED: 0}
    best = rounds[verdict.best]
    scene = pair_learn.scene_of(
        seen, features, Rule.model_validate(best.document["rule"]), settings
    )
    robust = make(
        "robustness", (best,),
        lambda stage: pair_learn.sensitivity(scene, best, span, settings, stage),
    )  # fmt: skip
    with at.stages.heart.stage("quality_gate") as stage:
        stage.beat(1.0, note=f"endpoint {verdict.endpoint}: {verdict.why}")
    return rounds, verdict, robust


def _next_round(
    at: Setting, training: Product, proposal: pair_learn.Proposal, features: pl.DataFrame,
    number: int, tried: int,
) -> Product:  # fmt: skip
    """A round on the tuning span."""
    span = (at.cuts.tuning, at.cuts.held)
    seen = at.before(at.cuts.held)

    def work(stage: Stage) -> Product:
        scene = pair_learn.scene_of(seen, features, proposal.rule, at.settings)
        return pair_learn.make_round(scene, proposal, span, at.settings, tried, stage)

    told = f"round {number}: {proposal.name}; {tried} trials so far"
    return at.stages.make(proposal.stage, (training,), work, told)


def _round(made: Product) -> Round:
    told = made.document["result"]
    doubts = told["robustness"]
    deflated = doubts["deflated"]
    robustness = Robustness(
        doubts["stressed"], doubts["p10"], doubts["p50"], doubts["p90"], tuple(doubts["periods"]),
        np.nan if deflated is None else deflated, doubts["trials"], tuple(doubts["failed"]),
    )  # fmt: skip
    return Round(made.document["name"], told["figures"]["mean_monthly_pnl"], robustness)


def held_out(
    at: Setting, step2: StepTwo, rounds: list[Product], verdict: Verdict
) -> tuple[dict[int, Product], int]:
    """Go once through the span held out with the reference, the best round and the best filter.

    Returns
    -------
    held : dict of int to Product
        By place of the round.
    tried : int
        Configurations ever tried, those of this last learning among them.
    """
    settings, span = at.settings, (at.cuts.held, at.cuts.stop)
    places = sorted({0, verdict.best, *best_filter(step2, rounds)})
    tried = step2.trials.record(len(rounds), places)
    features = hourly_features(at.market)

    def again(place: int) -> Product:
        proposal = step2.planned[place]

        def work(stage: Stage) -> Product:
            scene = pair_learn.scene_of(at.market, features, proposal.rule, settings)
            return pair_learn.make_round(scene, proposal, span, settings, tried, stage)

        told = f"{proposal.name}; {tried} trials"
        return at.stages.make("held_out", (rounds[place], *rounds), work, told)

    return {place: again(place) for place in places}, tried


def best_filter(step2: StepTwo, rounds: list[Product]) -> tuple[int, ...]:
    """Place of the round with a filter that earned most on the tuning span; none without one."""
    made = [place for place in range(len(rounds)) if step2.planned[place].learner != "none"]
    return tuple(sorted(made, key=lambda place: -_round(rounds[place]).mean_monthly_pnl)[:1])


def holding(at: Setting) -> tuple[float, float]:
    """Return of holding BTC and ETH over the span held out, as fractions."""
    close = at.market.close[at.cuts.held :]
    known = close[np.isfinite(close[:, 0])]
    btc, eth = known[-1] / known[0] - 1.0
    return float(f"{btc:.6g}"), float(f"{eth:.6g}")


def spans(at: Setting) -> dict[str, Any]:
    """The three spans as the summary has them."""
    cuts = at.cuts
    return {
        "selection": pair_search.span(at.market, 0, cuts.tuning),
        "tuning": pair_search.span(at.market, cuts.tuning, cuts.held),
        "held_out": pair_search.span(at.market, cuts.held, cuts.stop),
    }
