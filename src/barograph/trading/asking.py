"""Ask a strategy of either kind, and see that it answers from what it may know."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

import numpy as np

from barograph.core.errors import InputError, LookAheadError
from barograph.core.types import Floats
from barograph.trading.carried import refuse_carried
from barograph.trading.doors import watched
from barograph.trading.foresight import FUTURES, Question, moment, refuse_foresight
from barograph.trading.intents import Intents
from barograph.trading.odds import Odds
from barograph.trading.stepwise import Stepwise, Tell, decisions, untold
from barograph.trading.strategies.base import Beliefs, Strategy
from barograph.trading.view import BARS, BELIEFS

Array = TypeVar("Array", bound=np.ndarray[Any, Any])
ORDERS: Final = ("target", "limit", "stop", "take", "expiry", "source")
STEPS: Final = 1
"""Cuts in the middle at which a strategy that is asked hour by hour meets other futures."""
DECIDED: Final = 2
"""And cuts behind hours at which its answer changed: each takes a while."""
RUNS: Final = 1 + (STEPS * (len(FUTURES) + 1) + DECIDED * len(FUTURES)) // 2
"""How often the whole time is gone through for that, about: up to a cut for each future."""


def exposures(rule: Strategy, question: Question) -> Floats:
    """Answer of a strategy for all hours, shape ``(n, m)``.

    It is handed copies that cannot be written into, so that it can change nothing.

    Raises
    ------
    LookAheadError
        If it opens a file or a connection meanwhile, whether or not it caught the error.
    InputError
        If it fails, or answers in another shape or with infinities.
    """
    of = question.beliefs
    with watched() as notes:
        try:
            answer = rule.exposure(handed(of), question.cost, **question.parameters)
            found = np.asarray(answer, dtype=float)
        except Exception as error:
            if not notes:
                fault = f"{type(error).__name__}: {error}"
                raise InputError(f"strategy {rule.name!r} failed: {fault}") from error
    if notes:
        raise LookAheadError(f"strategy {rule.name!r}: {notes[0]}")
    if found.shape != of.mean.shape:
        raise InputError(
            f"strategy {rule.name!r} answered in shape {found.shape}; wanted {of.mean.shape}, an "
            "exposure for each hour and symbol"
        )
    if np.isinf(found).any():
        raise InputError(f"strategy {rule.name!r} wants an infinite exposure; NaN is no opinion")
    return found


def handed(beliefs: Beliefs) -> Beliefs:
    """Copies that cannot be written into: a strategy moves no size and no result by them."""
    odds = beliefs.odds
    if odds is not None:
        odds = Odds(*(_sealed(side) for side in (odds.up, odds.gain, odds.loss)))
    columns = {name: _sealed(getattr(beliefs, name)) for name in BELIEFS}
    return replace(beliefs, **columns, odds=odds)


def _sealed(values: Array) -> Array:
    copy = values.copy()
    copy.flags.writeable = False
    return copy


def checked_exposures(rule: Strategy, question: Question) -> Floats:
    """The same, of a strategy that is first searched for data and then held to the past.

    Raises
    ------
    LookAheadError
        If it carries data, or an answer depends on a later hour.
    """
    refuse_carried(rule, rule.exposure)
    answer = exposures(rule, question)

    def ask(other: Question, _row: int) -> Mapping[str, Floats]:
        return {"exposure": exposures(rule, other)}

    refuse_foresight(rule, question, {"exposure": answer}, ask)
    return answer


def checked_decisions(rule: Stepwise, question: Question, tell: Tell = untold) -> Intents:
    """Wishes of a strategy that is asked hour by hour, under the same law.

    Raises
    ------
    LookAheadError
        If it carries data, touches what is later, cites a forecast that was not published, or if
        an answer depends on a later hour.
    InputError
        If it fails, or answers what is no wish.
    """
    refuse_carried(rule, rule.make)
    passed, rows = 0, len(question.market.hours)

    def told(done: int) -> None:
        tell(min(done, RUNS * rows), RUNS * rows)

    def run(other: Question, row: int) -> Intents:
        nonlocal passed
        made = decisions(rule, other, row, lambda done, _: told(passed + done))
        passed += row
        return made

    def ask(other: Question, row: int) -> Mapping[str, Floats]:
        return _columns(run(other, row))

    answer = run(question, rows)
    refuse_sources(rule.name, question, answer)
    shown = (*BARS, *BELIEFS)
    refuse_foresight(rule, question, _columns(answer), ask, shown, STEPS, DECIDED)
    return answer


def refuse_sources(name: str, question: Question, made: Intents) -> None:
    """Hold wishes to forecasts that were published by then.

    Raises
    ------
    LookAheadError
        Naming the forecast, when it was published and when it was cited.
    InputError
        If there is no forecast of that number.
    """
    market, told = question.market, question.beliefs.source
    for column, symbol in enumerate(market.symbols):
        numbers, first = np.unique(told[:, column], return_index=True)
        published = dict(zip(numbers.tolist(), first.tolist(), strict=True))
        wished = np.flatnonzero(np.isfinite(made.target[:, column]) & (made.source[:, column] != 0))
        for row in wished.tolist():
            cited = int(made.source[row, column])
            said = f"strategy {name!r} cites forecast {cited} at {moment(market, row)} of {symbol}"
            if cited not in published:
                raise InputError(f"{said}; there is none of that number")
            if published[cited] > row:
                raise LookAheadError(
                    f"{said}, which was published by {moment(market, published[cited])} only; use "
                    "no later forecast"
                )


def _columns(made: Intents) -> Mapping[str, Floats]:
    return {name: getattr(made, name) for name in ORDERS}
