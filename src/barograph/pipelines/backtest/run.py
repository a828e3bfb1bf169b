"""A backtest: from a plan to wishes, from wishes to fills, from fills to figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from barograph.core.settings import Settings
from barograph.core.time import Clock, now
from barograph.core.types import Floats
from barograph.features.regime import REGIMES
from barograph.lake.lake import Lake
from barograph.pipelines.backtest.asked import ask, rule_of, wishes_of
from barograph.pipelines.backtest.grant import refused
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.backtest.regimes import codes_of
from barograph.pipelines.backtest.scene import Scene, scene_of
from barograph.pipelines.backtest.trials import Tried, enter, trial_of
from barograph.trading import kernel
from barograph.trading.bootstrap import Resampled, resample
from barograph.trading.by_regime import by_regime
from barograph.trading.costs import Costs, breakdown
from barograph.trading.intents import Intents
from barograph.trading.luck import Luck, luck_of
from barograph.trading.market import Market
from barograph.trading.overfit import Sweep
from barograph.trading.performance import Performance, holding, hourly_returns, measure
from barograph.trading.record import Record
from barograph.trading.rules import OFF, Execution
from barograph.trading.stepwise import Tell, untold
from barograph.trading.strategies.base import Rule

STRESSES: Final = (1.0, 1.25, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of a plan.

    Attributes
    ----------
    plan : Plan
    scene : Scene
        The market and what was believed.
    rule : Rule
        The strategy.
    parameters : Mapping of str to float
        All of the strategy's.
    wishes : Intents
        What was wished at each close, gates and sizing applied.
    refused : DataFrame
        What gates refused, why, and until when; schema ``grant.REFUSED``.
    record : Record
    performance : Performance
    stressed : dict of float to Performance
        The same wishes at so many times the costs.
    delayed : Performance
        The same with every wish an hour later.
    paid : Costs
        What each cost took.
    drawn : Resampled
        The run's weeks drawn again.
    luck : Luck
        The number of trials held against the result.
    sweep : Sweep or None
        The last search that tried this configuration among others.
    regimes : DataFrame
        Performance by regime of the first symbol; schema ``by_regime.COLUMNS``.
    """

    plan: Plan
    scene: Scene
    rule: Rule
    parameters: Mapping[str, float]
    wishes: Intents
    refused: pl.DataFrame
    record: Record
    performance: Performance
    stressed: dict[float, Performance]
    delayed: Performance
    paid: Costs
    drawn: Resampled
    luck: Luck
    sweep: Sweep | None
    regimes: pl.DataFrame

    @property
    def market(self) -> Market:
        """Bars and funding."""
        return self.scene.market

    @property
    def simulated(self) -> bool:
        """Whether bars or forecasts are of a simulated market."""
        return self.scene.simulated


def backtest(
    lake: Lake,
    settings: Settings,
    forecasts: Path | None,
    plan: Plan,
    clock: Clock = now,
    tell: Tell = untold,
) -> Backtest:
    """Trade forecasts over the bars they are of, and record in the ledger that it was tried.

    Parameters
    ----------
    lake : Lake
        Where bars and funding lie.
    settings : Settings
        For the order of venues.
    forecasts : Path or None
        ``forecasts.parquet`` of ``barograph evaluate`` or ``run``; the lake's ledger where None.
    plan : Plan
    clock : Clock
        For the trial.
    tell : Tell
        Told how far a strategy that decides hour by hour has come.

    Raises
    ------
    InputError
        If there are no such forecasts, no such strategy or no such parameter.
    NotEnoughDataError
        If the lake has no bars of that time.
    LakeError
        If the ledger cannot be written.
    """
    rule = rule_of(plan)
    parameters = rule.parameters(plan.parameters)
    scene = scene_of(lake, settings, forecasts, plan)
    asked = ask(plan, rule, parameters, scene, tell)
    made = wishes_of(plan, rule, scene, asked)
    market, breakers = scene.market, OFF if rule.is_check else plan.breakers

    def run(execution: Execution, shift: int = 0) -> Record:
        shifted = later(made, shift)
        return kernel.simulate(market, shifted, execution, breakers, plan.capital, plan.seed)

    def told(record: Record) -> Performance:
        return measure(record, market, plan.capital, plan.shares)

    record = run(plan.execution)
    performance = told(record)
    returns = hourly_returns(record.equity, plan.capital)
    trials = [] if rule.is_check else [
        trial_of(plan, parameters, market, forecasts, command="backtest", at=clock(),
                 scores={"sharpe": performance.sharpe, "total_return": performance.total_return})
    ]  # fmt: skip
    found = enter(lake, trials)
    return Backtest(
        plan=plan,
        scene=scene,
        rule=rule,
        parameters=parameters,
        wishes=made,
        refused=refused(plan, rule, scene.beliefs, asked.exposure, market.hours),
        record=record,
        performance=performance,
        stressed={one: told(run(plan.execution.stressed(one))) for one in STRESSES},
        delayed=told(run(plan.execution, 1)),
        paid=breakdown(record, market, plan.execution),
        drawn=resample(returns, seed=plan.seed),
        luck=weighed(plan, returns, found),
        sweep=found.sweep,
        regimes=by_regime(
            returns, holding(market, plan.shares), record.exposure,
            codes_of(lake, settings, scene), REGIMES,
        ),
    )  # fmt: skip


def weighed(plan: Plan, returns: Floats, found: Tried) -> Luck:
    """Luck by the trials of the ledger, or by more of them that the plan states."""
    return luck_of(returns, max(found.count, plan.trials or 1), found.spread)


def later(made: Intents, bars: int) -> Intents:
    """The same wishes so many bars later."""
    rows, width = made.target.shape
    none = Intents.market(np.full((bars, width), np.nan))
    names = ("target", "limit", "stop", "take", "expiry", "source")
    return Intents(
        *(np.vstack((getattr(none, name), getattr(made, name)))[:rows] for name in names)
    )
