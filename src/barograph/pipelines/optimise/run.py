"""Walk-forward optimisation of a plan: the configurations over processes, then one account."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.settings import Settings
from barograph.core.types import Floats, Ints
from barograph.evaluation.walk_forward import workers_deaf_to_interrupts
from barograph.lake.lake import Lake
from barograph.ledger.trials import Trial
from barograph.pipelines.backtest.asked import asked_of, for_all_hours, rule_of
from barograph.pipelines.backtest.grant import granted
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.backtest.scene import Scene, scene_of
from barograph.pipelines.backtest.trials import enter, trial_of
from barograph.trading import kernel
from barograph.trading.luck import Luck, luck_of
from barograph.trading.market import Market
from barograph.trading.optimise import (
    DAY,
    Account,
    Configuration,
    Swept,
    Window,
    choose,
    configurations,
    stitched,
    sweep,
)
from barograph.trading.overfit import BLOCKS, GROUPS, Overfitting, Paths, overfitting, paths
from barograph.trading.performance import Performance, hourly_returns, measure
from barograph.trading.record import Record
from barograph.trading.strategies.base import wishes

PART: Final = 8
"""Configurations a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Search:
    """How parameters are looked for.

    Attributes
    ----------
    grid : Mapping of str to sequence of float
        Values to try, by parameter; the strategy's own grid where empty.
    train_days, test_days : int
        To choose on, and to trade before choosing anew.
    workers : int
        Processes; results do not depend on it.
    """

    grid: Mapping[str, Sequence[float]] = field(default_factory=dict)
    train_days: int = 90
    test_days: int = 30
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Optimised:
    """What came of a search.

    Attributes
    ----------
    plan : Plan
    search : Search
        With the grid that was tried.
    scene : Scene
    tried : tuple of Configuration
    windows : tuple of Window
        Rows of the scene's market.
    swept : Swept
        What each configuration did alone.
    chosen : Ints
        Place of each window's configuration, -1 where the window was not traded.
    market : Market
        The hours of the test windows.
    record : Record
        Of the account that traded the path over them.
    performance : Performance
        Of that.
    fixed : Performance
        Of the strategy's defaults over the same hours.
    hindsight : Performance
        Of the one configuration that was best over the same hours, which nobody could know.
    luck : Luck
        The result against every configuration ever traded, these among them.
    overfit : Overfitting or None
        Whether choosing among these configurations is worth anything, by days, as long as a
        forecast's horizon purged; None for one configuration, or too few days.
    paths : Paths or None
        Histories of choosing the best on eight tenths of the days and trading the other two; None
        for the same reasons.
    """

    plan: Plan
    search: Search
    scene: Scene
    tried: tuple[Configuration, ...]
    windows: tuple[Window, ...]
    swept: Swept
    chosen: Ints
    market: Market
    record: Record
    performance: Performance
    fixed: Performance
    hindsight: Performance
    luck: Luck
    overfit: Overfitting | None
    paths: Paths | None

    @property
    def path(self) -> pl.DataFrame:
        """A row a window: when, which parameters (null where none), and the ratios they had."""
        rows = []
        for k, (window, at) in enumerate(zip(self.windows, self.chosen.tolist(), strict=True)):
            own = self.tried[at] if at >= 0 else dict.fromkeys(self.tried[0])
            ratios = (self.swept.trained, self.swept.tested)
            trained, tested = (float(r[at, k]) if at >= 0 else None for r in ratios)
            hours = self.scene.market.hours
            edges = [int(hours[row]) for row in (window.begin, window.start, window.stop - 1)]
            rows.append((*edges, *own.values(), trained, tested))
        names = ("train_from", "test_from", "test_to")
        schema = {
            **dict.fromkeys(names, pl.Int64()),
            **dict.fromkeys((*self.tried[0], "train_sharpe", "test_sharpe"), pl.Float64()),
        }
        moments = [(pl.col(n) * 3_600_000_000).cast(pl.Datetime("us", "UTC")) for n in names]
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(moments)


def optimise(
    lake: Lake,
    settings: Settings,
    forecasts: Path | None,
    plan: Plan,
    search: Search,
    *,
    at: datetime,
    tell: Callable[[str, int, int], None] = lambda _name, _done, _jobs: None,
) -> Optimised:
    """Choose a strategy's parameters on the past of each window and trade them in it.

    Parameters
    ----------
    lake : Lake
        Where bars, funding and the record of trials lie.
    settings : Settings
        For the order of venues.
    forecasts : Path or None
        ``forecasts.parquet``; the lake's ledger where None.
    plan : Plan
        What is fixed: its parameters hold where the grid has none.
    search : Search
    at : datetime
        When, for the record of trials.
    tell : Callable
        Called with a name, configurations done, and their number.

    Raises
    ------
    InputError
        If there is nothing to vary, no such parameter, or the strategy decides hour by hour.
    NotEnoughDataError
        If the forecasts do not reach over one training and one test window.
    """
    rule = for_all_hours(plan)
    grid = dict(search.grid or rule.grid)
    rule.parameters(dict.fromkeys(grid, 0.0))
    tried = configurations(grid)
    scene = scene_of(lake, settings, forecasts, plan)
    windows = windows_of(len(scene.market.hours), search)
    parts = [tried[i : i + PART] for i in range(0, len(tried), PART)]
    swept = _everywhere(parts, plan, scene, windows, search.workers, tell)
    chosen = choose(swept.trained)
    exposer = Exposer(plan, scene)
    exposure = stitched(exposer, tried, windows, chosen, scene.market.close.shape)
    rows = (windows[0].start, windows[-1].stop)
    market, record = _trade(plan, scene, exposure, rows)

    def alone(configuration: Configuration) -> Performance:
        _, own = _trade(plan, scene, exposer(configuration), rows)
        return measure(own, market, plan.capital, plan.shares)

    overfit = overfitted(plan, swept)
    trials = trials_of(plan, market, forecasts, tried, swept, overfit, at=at)
    looks = enter(lake, trials)
    return Optimised(
        plan=plan,
        search=Search(grid, search.train_days, search.test_days, search.workers),
        scene=scene,
        tried=tried,
        windows=windows,
        swept=swept,
        chosen=chosen,
        market=market,
        record=record,
        performance=measure(record, market, plan.capital, plan.shares),
        fixed=alone(plan.parameters),
        hindsight=alone(tried[int(np.nan_to_num(swept.ratio, nan=-np.inf).argmax())]),
        luck=luck_of(hourly_returns(record.equity, plan.capital), looks.count, looks.spread),
        overfit=overfit,
        paths=strung(plan, swept),
    )


def trials_of(
    plan: Plan, market: Market, forecasts: Path | None, tried: Sequence[Configuration],
    swept: Swept, overfit: Overfitting | None, *, at: datetime,
) -> list[Trial]:  # fmt: skip
    """Every configuration as the ledger keeps it, with what the search as a whole is worth."""
    rule = rule_of(plan)
    judged = {} if overfit is None else {
        "configurations": len(tried), "overfitting": overfit.probability,
    }  # fmt: skip
    return [
        trial_of(
            plan, rule.parameters({**plan.parameters, **one}), market, forecasts,
            command="optimise", at=at, scores={"sharpe": ratio, **judged},
        )
        for one, ratio in zip(tried, swept.ratio.tolist(), strict=True)
    ]  # fmt: skip


def overfitted(plan: Plan, swept: Swept) -> Overfitting | None:
    """Whether choosing among configurations is worth anything; None where it cannot be judged."""
    purge = -(-plan.horizon // DAY)
    width, days = swept.daily.shape
    if width < 2 or days < BLOCKS * (purge + 2):
        return None
    return overfitting(swept.daily.T, purge=purge)


def strung(plan: Plan, swept: Swept) -> Paths | None:
    """Histories of choosing and trading, none of which knew itself; None where days are too few."""
    purge = -(-plan.horizon // DAY)
    width, days = swept.daily.shape
    if width < 2 or days // GROUPS < 2 * (purge + 1):
        return None
    return paths(swept.daily.T, groups=GROUPS, purge=purge)


def windows_of(rows: int, search: Search) -> tuple[Window, ...]:
    """Test windows one after the other, each after its training hours; a shorter last one counts.

    Raises
    ------
    NotEnoughDataError
        If there is no test hour.
    """
    train, test = search.train_days * DAY, search.test_days * DAY
    if rows < train + DAY:
        raise NotEnoughDataError(
            f"{rows / DAY:.0f} days of forecasts, but training takes {search.train_days}; "
            "give more forecasts or fewer --train-days"
        )
    return tuple(
        Window(start - train, start, min(start + test, rows))
        for start in range(train, rows - DAY + 1, test)
    )


@dataclass(frozen=True, slots=True)
class Exposer:
    """From a configuration to exposures, sizing and gates applied."""

    plan: Plan
    scene: Scene

    def __call__(self, configuration: Configuration) -> Floats:
        """Exposures in parts of the account, shape ``(n, m)``."""
        rule = rule_of(self.plan)
        parameters = rule.parameters({**self.plan.parameters, **configuration})
        asked = asked_of(self.plan, rule, parameters, self.scene)
        passed = granted(self.plan, rule, self.scene.beliefs, asked)
        found: Floats = passed * np.array(self.plan.shares)
        return found


def _everywhere(
    parts: Sequence[Sequence[Configuration]], plan: Plan, scene: Scene, windows: Sequence[Window],
    workers: int, tell: Callable[[str, int, int], None],
) -> Swept:  # fmt: skip
    """All configurations, in their order, whichever process took them."""
    jobs = sum(len(part) for part in parts)
    if workers == 1 or len(parts) == 1:
        results = (_part(part, plan, scene, windows) for part in parts)
    else:
        from joblib import Parallel, delayed

        pool = Parallel(n_jobs=workers, return_as="generator", mmap_mode="r", max_nbytes="1M")
        with workers_deaf_to_interrupts():
            results = pool(delayed(_part)(part, plan, scene, windows) for part in parts)
    found: list[Swept] = []
    for done in results:
        found.append(done)
        tell("optimise", sum(len(one.ratio) for one in found), jobs)
    return Swept.joined(found)


def _part(
    part: Sequence[Configuration], plan: Plan, scene: Scene, windows: Sequence[Window]
) -> Swept:
    account = Account(plan.execution, plan.breakers, plan.capital, plan.seed)
    market, beliefs = scene.market, scene.beliefs
    return Swept.joined(list(sweep(market, beliefs, Exposer(plan, scene), part, windows, account)))


def _trade(
    plan: Plan, scene: Scene, exposure: Floats, rows: tuple[int, int]
) -> tuple[Market, Record]:
    """One account over some hours."""
    inside = slice(*rows)
    market = scene.market.since(*rows)
    made = wishes(scene.beliefs.rows(inside), exposure[inside])
    return market, kernel.simulate(
        market, made, plan.execution, plan.breakers, plan.capital, plan.seed
    )
