"""What a strategy would have made of the forecasts of a stretch: the backtest's own engine."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from barograph.models.barograph import FLAGSHIP
from barograph.pipelines.backtest.asked import rule_of, wished
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.backtest.scene import Scene, beliefs_of, market_of
from barograph.pipelines.frames import forecast_frame
from barograph.pipelines.replay.walk import Walk
from barograph.trading import kernel
from barograph.trading.market import Market
from barograph.trading.record import Record
from barograph.trading.replay import Account
from barograph.trading.rules import OFF
from barograph.trading.so_far import account_at, untouched


@dataclass(frozen=True, slots=True)
class Traded:
    """A strategy's run over a stretch; what it did by an hour depends on nothing later.

    Attributes
    ----------
    plan : Plan
    name : str
        Of the strategy.
    market : Market or None
        None where there was no forecast to trade.
    record : Record or None
    """

    plan: Plan
    name: str
    market: Market | None
    record: Record | None

    def at(self, hour: int) -> Account:
        """The account at the close of an hour since 1970."""
        plan = self.plan
        name = (self.name, plan.horizon)
        if self.market is None or self.record is None or hour <= self.market.hours[0]:
            return untouched(plan.capital, *name)
        row = min(hour - int(self.market.hours[0]), len(self.market.hours) - 1)
        return account_at(row, self.record, self.market, plan.capital, *name)


def traded(walk: Walk, plan: Plan, first: int, last: int) -> Traded:
    """Trade the forecasts of some hours, each from the next bar on.

    Parameters
    ----------
    walk : Walk
    plan : Plan
        Its symbols and spans are not looked at.
    first, last : int
        Rows of the walk's panel, both included.

    Raises
    ------
    SettingsError
        If there is no such strategy.
    InputError
        If it has no such parameter.
    """
    plan = replace(plan, symbols=(walk.panel.symbol,), weights={})
    rule = rule_of(plan)
    parameters = rule.parameters(plan.parameters)
    told = told_of(walk, plan.horizon, first, last)
    if told.is_empty():
        return Traded(plan, rule.name, None, None)
    # The bars that were forecast, from no other venue.
    settings = walk.settings.model_copy(update={"venues": (walk.dataset.venue,)})
    market, simulated = market_of(walk.lake, settings, plan, told)
    market = market.since(0, int(walk.panel.hours[last] - market.hours[0]) + 1)
    beliefs = beliefs_of(told, market, plan.horizon)
    made = wished(plan, rule, parameters, Scene(market, beliefs, simulated, {}))
    breakers = OFF if rule.is_check else plan.breakers
    record = kernel.simulate(market, made, plan.execution, breakers, plan.capital, plan.seed)
    return Traded(plan, rule.name, market, record)


def told_of(walk: Walk, horizon: int, first: int, last: int) -> pl.DataFrame:
    """Forecasts of one horizon as a backtest takes them, each known at its own hour."""
    rows = np.arange(first, last + 1)
    frame = forecast_frame(walk.panel, FLAGSHIP.name, walk.flagship, rows)
    return frame.filter(pl.col("horizon_hours") == horizon).select(
        "symbol", "as_of", pl.col("as_of").alias("decided"), "mean", "vol", "p_up",
        source=pl.lit(0, pl.Int64), simulated=pl.lit(walk.dataset.simulated),
    )  # fmt: skip
