"""Strategies that decide hour by hour: each sees its view of a close and answers with a wish."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, TypeAlias

import numpy as np

from barograph.core.errors import InputError, LookAheadError
from barograph.trading.doors import watched
from barograph.trading.foresight import Question
from barograph.trading.intents import Intents
from barograph.trading.strategies.base import Beliefs, Rule
from barograph.trading.view import Tape, View

NOTED: Final = 1000
"""Bars between two reports of progress."""


Tell: TypeAlias = Callable[[int, int], None]
"""Told now and then how many hours are done, of how many."""


def untold(done: int, rows: int, /) -> None:
    """Listen and say nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted from the next bar on.

    Attributes
    ----------
    target : float
        Exposure as a multiple of the symbol's part of the account, negative for short.
    limit : float or None
        Price of a limit order; a market order where None.
    stop, take : float or None
        Prices at which the position is given up, or its profit taken.
    expiry : int or None
        Bars the order stays open; until it is filled or replaced where None.
    source : int or None
        Number in the ledger of the forecast it comes from; that of this close where None.
    """

    target: float
    limit: float | None = None
    stop: float | None = None
    take: float | None = None
    expiry: int | None = None
    source: int | None = None


class Decider(Protocol):
    """What a class of one's own must have."""

    def decide(self, view: View) -> Wish | float | None:
        """Answer at a close: a wish, an exposure at the market, or None to leave all as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Stepwise(Rule):
    """A strategy that is asked at every close.

    Attributes
    ----------
    make : Callable
        ``make(**parameters)`` gives a ``Decider``; one is made for each symbol and run, so that it
        may remember what it has seen.
    """

    make: Callable[..., Decider]


def decisions(
    rule: Stepwise,
    question: Question,
    until: int | None = None,
    tell: Tell = untold,
) -> Intents:
    """Ask a strategy at every close whose bar is there.

    Parameters
    ----------
    rule : Stepwise
    question : Question
    until : int or None
        Row at which to stop asking; the end where None.
    tell : Tell

    Returns
    -------
    wishes : Intents
        Shape ``(n, m)``.

    Raises
    ------
    LookAheadError
        If it touched what was not known yet, whether or not it caught the error.
    InputError
        If it fails, or answers what is no wish.
    """
    market, beliefs = question.market, question.beliefs
    rows, width = market.close.shape
    tape = Tape(market.symbols, int(market.hours[0]), rows, beliefs.hours, question.cost)
    views = [View(tape, column) for column in range(width)]
    deciders = [_made(rule, question) for _ in market.symbols]
    found = _nothing(beliefs)
    present = market.present
    last = rows if until is None else until
    for row in range(last):
        tape.reveal(market, beliefs)
        for column, (decider, view) in enumerate(zip(deciders, views, strict=True)):
            if present[row, column]:
                answer = _answer(rule, decider, view, tape)
                if answer is not None:
                    _note(found, (row, column), answer)
        if row % NOTED == 0:
            tell(row, last)
    return found


def _nothing(beliefs: Beliefs) -> Intents:
    """No wish at all, with room for each."""
    target, limit, stop, take = (np.full(beliefs.mean.shape, np.nan) for _ in range(4))
    empty = Intents.market(target, stop=stop, take=take, source=beliefs.source.copy())
    return replace(empty, limit=limit)


def _made(rule: Stepwise, question: Question) -> Decider:
    with watched() as notes:
        try:
            return rule.make(**question.parameters)
        finally:
            if notes:
                raise LookAheadError(f"strategy {rule.name!r}: {notes[0]}") from None


def _answer(rule: Rule, decider: Decider, view: View, tape: Tape) -> Wish | None:
    answer: object = None
    with watched() as notes:
        try:
            answer = decider.decide(view)
        except Exception as error:
            if not (tape.peeks or notes or isinstance(error, LookAheadError)):
                raise InputError(
                    f"strategy {rule.name!r} failed at {view.now:%Y-%m-%dT%H:%M} of {view.symbol}: "
                    f"{type(error).__name__}: {error}"
                ) from error
            if isinstance(error, LookAheadError):
                notes.append(error)
    if touched := [*tape.peeks, *notes]:
        at = "" if tape.peeks else f" (at {view.now:%Y-%m-%dT%H:%M} of {view.symbol})"
        raise LookAheadError(f"strategy {rule.name!r}: {touched[0]}{at}")
    if answer is None:
        return None
    made = answer if isinstance(answer, Wish) else _exposure(answer, rule, view)
    if fault := _fault(made):
        raise _wrong(rule, view, fault)
    return made


def _exposure(answer: object, rule: Rule, view: View) -> Wish:
    if isinstance(answer, int | float | np.floating | np.integer):
        return Wish(float(answer))
    raise _wrong(rule, view, f"a {type(answer).__name__}; wanted a Wish, a number or None")


def _wrong(rule: Rule, view: View, fault: str) -> InputError:
    at: datetime = view.now
    return InputError(
        f"strategy {rule.name!r} answered at {at:%Y-%m-%dT%H:%M} of {view.symbol}: {fault}"
    )


def _fault(wish: Wish) -> str:
    """What is wrong with a wish; empty where nothing is."""
    if not np.isfinite(wish.target):
        return f"target {wish.target}; wanted a number, or None instead of the wish"
    for name in ("limit", "stop", "take"):
        price = getattr(wish, name)
        if price is not None and not (np.isfinite(price) and price > 0.0):
            return f"{name} {price}; wanted a price above 0 or None"
    if wish.expiry is not None and wish.expiry < 1:
        return f"expiry {wish.expiry}; wanted at least 1 bar"
    return ""


def _note(found: Intents, place: tuple[int, int], wish: Wish) -> None:
    found.target[place] = wish.target
    for name in ("limit", "stop", "take", "expiry", "source"):
        value = getattr(wish, name)
        if value is not None:
            getattr(found, name)[place] = value
