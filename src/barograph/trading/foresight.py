"""Whether an answer changes with what comes after it: the same question with another future.

At several cuts everything from the cut on is replaced, or left away; what was answered before
the cut must stay as it was, to the last bit. Where it does not, the column that moved it is looked
for. However a strategy came by what is later, this sees it, unless it is in no column.

Cuts are spread over the time, and put right behind hours at which the answer changed, for that is
where something was decided: some for each hour of the week, drawn with a fixed seed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from barograph.core.errors import InputError, LookAheadError
from barograph.core.time import HOUR
from barograph.core.types import Floats
from barograph.trading.market import Market
from barograph.trading.odds import Odds
from barograph.trading.strategies.base import Beliefs, Rule
from barograph.trading.view import BARS, BELIEFS, START

CUTS: Final = 24
"""Moments at which the future is exchanged, spread over the time."""

DECIDED: Final = 168
"""Further ones, behind hours at which the answer changed: one for each hour of a week."""

WEEK: Final = 168
"""Hours."""

AFTER: Final = 48
"""Hours kept behind a cut of that kind; what looks further meets the cuts of the other kind."""


ODDS: Final = "odds"
"""The column of beliefs that is three in one."""


class Future(NamedTuple):
    """What comes from a cut on: bars times a factor, and one forecast for ever."""

    factor: float
    mean: float
    vol: float
    p_up: float
    source: int


FUTURES: Final = (
    Future(3.0, 0.5, 0.001, 0.99, 1 << 40),
    Future(0.3, -0.5, 0.9, 0.01, 0),
    Future(1.0, np.nan, np.nan, np.nan, 0),
)
"""A sure rise, a sure fall, no forecast any more."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a strategy is asked.

    Attributes
    ----------
    parameters : Mapping of str to float
        All of the strategy's.
    cost : float
        Of a round trip, a fraction.
    market : Market
    beliefs : Beliefs
        On the hours of the market.
    """

    parameters: Mapping[str, float]
    cost: float
    market: Market
    beliefs: Beliefs

    def until(self, row: int) -> "Question":
        """The hours before a row alone."""
        if row >= len(self.market.hours):
            return self
        cut = self.beliefs.rows(slice(0, row))
        return replace(self, market=self.market.since(0, row), beliefs=cut)

    def changed(self, row: int, future: Future, columns: tuple[str, ...]) -> "Question":
        """Another future from a row on, in some columns."""
        market, told = self.market, self.beliefs
        bars: dict[str, Any] = {
            name: _from(getattr(market, name), row, future, name)
            for name in columns if name in BARS
        }  # fmt: skip
        beliefs: dict[str, Any] = {
            name: _from(getattr(told, name), row, future, name)
            for name in columns if name in BELIEFS
        }  # fmt: skip
        if told.odds is not None and ODDS in columns:
            sides = (told.odds.up, told.odds.gain, told.odds.loss)
            beliefs[ODDS] = Odds(*(_from(side, row, future, "p_up") for side in sides))
        if bars:
            market = replace(market, **bars)
        return replace(self, market=market, beliefs=replace(told, **beliefs))


Answer: TypeAlias = Mapping[str, Any]
"""Arrays by what they say: a row an hour, a column a symbol."""
Ask: TypeAlias = Callable[[Question, int], Answer]
"""Put a question again, and answer it up to a row at least."""


def refuse_foresight(
    rule: Rule,
    question: Question,
    answer: Answer,
    ask: Ask,
    columns: tuple[str, ...] = (*BELIEFS, ODDS),
    cuts: int = CUTS,
    decided: int = DECIDED,
) -> None:
    """Hold a strategy to the law that no answer depends on a later row.

    Parameters
    ----------
    rule : Rule
        For its name.
    question : Question
    answer : Answer
        To that question.
    ask : Ask
        Puts another question to the same strategy.
    columns : tuple of str
        What it is shown of ``view.BARS``, ``view.BELIEFS`` and ``ODDS``.
    cuts : int
        How many times the future is exchanged, spread over the time.
    decided : int
        How many times behind hours at which the answer changed.

    Raises
    ------
    LookAheadError
        Naming the strategy, the hour of the answer, and the column whose later rows moved it.
    InputError
        If the same question is not answered twice alike.
    """
    rows = len(question.market.hours)
    spread = np.unique(np.linspace(0, rows, cuts + 2).astype(int)[1:-1])
    for cut in spread[spread > 0].tolist():
        _meet(rule, question, answer, ask, Where(cut, columns, rows))
        if at := moved(answer, ask(question.until(cut), cut), cut):
            raise caught(rule, question.market, at, "the number of hours to come")
    for cut in behind(answer, decided):
        _meet(rule, question, answer, ask, Where(cut, columns, cut + AFTER))


class Where(NamedTuple):
    """From which row on the future is exchanged, in which columns, and up to which row."""

    cut: int
    columns: tuple[str, ...]
    stop: int


def _meet(rule: Rule, question: Question, answer: Answer, ask: Ask, where: Where) -> None:
    """Exchange the future from a cut on."""
    cut, columns, stop = where
    short = question.until(stop)
    for future in FUTURES:
        if moved(answer, ask(short.changed(cut, future, columns), cut), cut):
            raise blamed(rule, question, answer, ask, (cut, future, columns))


def behind(answer: Answer, count: int) -> list[int]:
    """Cuts right behind hours at which an answer changed, each hour of a week in turn.

    Parameters
    ----------
    answer : Answer
    count : int
        How many; fewer where fewer changed.

    Returns
    -------
    cuts : list of int
        Ascending; the last row is none, as nothing follows it.
    """
    rows = min((len(values) for values in answer.values()), default=0)
    changes = np.zeros(rows, dtype=bool)
    for values in answer.values():
        before = np.vstack((np.full_like(values[:1], 0), values[:-1]))
        changes |= ((values != before) & np.isfinite(values)).any(axis=1)
    at = np.random.default_rng(0).permutation(np.flatnonzero(changes[:-1]))
    # The first of each hour of the week, then the second of each: by how many came before it.
    order = np.argsort(at % WEEK, kind="stable")
    hours = at[order] % WEEK
    turn = np.arange(len(at)) - np.searchsorted(hours, hours)
    chosen = at[order][np.argsort(turn, kind="stable")][:count]
    return np.sort(chosen + 1).tolist()  # type: ignore[no-any-return]


def blamed(
    rule: Rule,
    question: Question,
    answer: Answer,
    ask: Ask,
    where: tuple[int, Future, tuple[str, ...]],
) -> InputError | LookAheadError:
    """Find the column whose later rows moved an answer."""
    cut, future, columns = where
    if at := moved(answer, ask(question, cut), cut):
        return InputError(
            f"strategy {rule.name!r} answers the same question differently at "
            f"{moment(question.market, at.row)}; keep what it remembers in self, seed what it draws"
        )
    for column in columns:
        other = ask(question.changed(cut, future, (column,)), cut)
        if at := moved(answer, other, cut):
            return caught(rule, question.market, at, f"{column!r} of later hours")
    if at := moved(answer, ask(question.changed(cut, future, columns), cut), cut):
        return caught(rule, question.market, at, "several columns of later hours together")
    return caught(rule, question.market, None, "how many hours follow, or what they hold,")


class Moved(NamedTuple):
    """Where an answer changed, and from what to what."""

    name: str
    row: int
    symbol: int
    before: float
    now: float


def moved(answer: Answer, other: Answer, cut: int) -> Moved | None:
    """First change before a row; None where there is none."""
    found = []
    for name, values in answer.items():
        one, two = values[:cut], other[name][:cut]
        if one.tobytes() == two.tobytes():
            continue
        differs = (one != two) & ~(np.isnan(one) & np.isnan(two))
        if differs.any():
            row, symbol = np.argwhere(differs)[0].tolist()
            found.append(Moved(name, row, symbol, one[row, symbol], two[row, symbol]))
    return min(found, key=lambda change: change.row, default=None)


def caught(rule: Rule, market: Market, at: Moved | None, by: str) -> LookAheadError:
    """The error for an answer that was moved."""
    if at is None:
        return LookAheadError(f"strategy {rule.name!r} reads the future: {by} moved an answer")
    return LookAheadError(
        f"strategy {rule.name!r} reads the future: its {at.name} of {market.symbols[at.symbol]} at "
        f"{moment(market, at.row)} is {at.before:g}, and {at.now:g} where {by} differ; use no "
        "later hour"
    )


def moment(market: Market, row: int) -> str:
    """Close of a bar, as text."""
    at: datetime = START + int(market.hours[row]) * HOUR
    return f"{at:%Y-%m-%dT%H:%M}"


def _from(values: Floats, row: int, future: Future, name: str) -> Floats:
    found: Floats = values.copy()
    if name in BELIEFS:
        found[row:] = getattr(future, name)
    elif name == "funding":
        found[row:] += future.factor - 1.0
    else:
        found[row:] *= future.factor
    return found
