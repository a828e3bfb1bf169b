"""From a plan's strategy to wishes: what it asks for, what sizing and gates leave of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from barograph.core.errors import SettingsError
from barograph.core.types import Floats
from barograph.pipelines.backtest.grant import granted, sized_as
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.backtest.scene import Scene
from barograph.pipelines.backtest.strategy import path_of, strategy_named
from barograph.trading.asking import checked_decisions, checked_exposures, exposures
from barograph.trading.foresight import Question
from barograph.trading.intents import FOREVER, Intents
from barograph.trading.stepwise import Stepwise, Tell, decisions, untold
from barograph.trading.strategies.base import Rule, Strategy, wishes


@dataclass(frozen=True, slots=True)
class Asked:
    """What a strategy asks for.

    Attributes
    ----------
    exposure : Floats
        After sizing, before gates, shape ``(n, m)``; NaN where it has no opinion.
    orders : Intents or None
        Prices, expiry and sources of a strategy that decides hour by hour; None of one whose
        exposures are traded at the market.
    """

    exposure: Floats
    orders: Intents | None


def rule_of(plan: Plan) -> Rule:
    """The strategy a plan names.

    Raises
    ------
    SettingsError
        If there is none of that name.
    InputError
        If its file cannot be used.
    """
    return strategy_named(plan.strategy)


def for_all_hours(plan: Plan) -> Strategy:
    """The strategy a plan names, which must answer for all hours at once.

    Raises
    ------
    SettingsError
        If there is none of that name, it decides hour by hour, or it is a check of the engine.
    """
    rule = rule_of(plan)
    if not isinstance(rule, Strategy):
        raise SettingsError(
            f"{rule.name!r} decides hour by hour, and orders of several configurations cannot be "
            "put one after the other; write it as a Strategy (docs/how-to/backtest.md)"
        )
    if rule.is_check:
        raise SettingsError(
            f"{rule.name!r} is a check of the engine: there is nothing to choose; `barograph "
            "backtest` runs it"
        )
    return rule


def ask(
    plan: Plan, rule: Rule, parameters: Mapping[str, float], scene: Scene, tell: Tell = untold
) -> Asked:
    """Put the question to a strategy; one of a user's file is held to the past first.

    Strategies of the catalogue are held to it by the tests.

    Raises
    ------
    LookAheadError
        If it carries data, touches what is later or changes with it.
    InputError
        If it fails or answers what makes no sense.
    """
    question = Question(parameters, plan.round_trip, scene.market, scene.beliefs)
    is_own = path_of(plan.strategy) is not None
    orders = None
    if isinstance(rule, Stepwise):
        orders = (checked_decisions if is_own else decisions)(rule, question, tell=tell)
        exposure = orders.target
    elif isinstance(rule, Strategy):
        exposure = (checked_exposures if is_own else exposures)(rule, question)
    else:
        raise TypeError(f"{rule.name} is a {type(rule).__name__}, which nobody knows how to ask")
    return Asked(sized_as(plan, rule, scene.beliefs, exposure), orders)


def asked_of(plan: Plan, rule: Rule, parameters: Mapping[str, float], scene: Scene) -> Floats:
    """Exposures that a strategy asks for, after sizing, shape ``(n, m)``."""
    return ask(plan, rule, parameters, scene).exposure


def wished(plan: Plan, rule: Rule, parameters: Mapping[str, float], scene: Scene) -> Intents:
    """What a strategy wishes at each close, after gates and sizing, in parts of the account."""
    return wishes_of(plan, rule, scene, ask(plan, rule, parameters, scene))


def wishes_of(plan: Plan, rule: Rule, scene: Scene, asked: Asked) -> Intents:
    """What gates leave of what was asked for.

    Where a gate refuses, the position is given up at the market, whatever orders were wished.
    """
    passed = granted(plan, rule, scene.beliefs, asked.exposure)
    target = passed * np.array(plan.shares)
    if asked.orders is None:
        return wishes(scene.beliefs, target)
    is_refused = np.isfinite(asked.exposure) & (passed != asked.exposure)
    limit, stop, take = (
        np.where(is_refused, np.nan, getattr(asked.orders, name))
        for name in ("limit", "stop", "take")
    )
    # What a gate gives up is given up when it can be, however long the strategy would have waited.
    expiry = np.where(is_refused, FOREVER, asked.orders.expiry)
    return replace(asked.orders, target=target, limit=limit, stop=stop, take=take, expiry=expiry)
