"""Compare every configuration on the selection span, and take the best of each kind that passes.

1. Every combination of ``Search`` is traded through the engine, after costs; each is a trial.
2. What is ranked is no peak but its **plateau**: the median Sharpe ratio of a configuration and of
   those that differ from it in one parameter.
3. ``Limits`` are tried one after the other. The first configuration comes from the strictest step
   that any passes; further steps are gone through for kinds that have none yet. Every step is told.
4. The probability of backtest overfitting says whether choosing the best was worth anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.types import Floats
from barograph.pair.barriers import Outcomes, outcomes_of
from barograph.pair.beta import spread
from barograph.pair.events import Events, events_of
from barograph.pair.kinds import kinds
from barograph.pair.portfolio import Account, trade
from barograph.pair.rules import Limits, PairSettings, Rule, Search
from barograph.trading.market import Market
from barograph.trading.overfit import Overfitting, overfitting

STRESS: Final = 1.25
DAY: Final = 24
FIELDS: Final = tuple(Rule.model_fields)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One step of limits, and how many configurations of each kind passed it."""

    step: int
    limits: Limits
    passed: dict[str, int]

    def line(self, of: int) -> str:
        """Say it in a line."""
        told = ", ".join(f"{name} {count}" for name, count in self.passed.items())
        limits = self.limits
        return (
            f"fallback attempt {self.step} of {of}: at least {limits.events} events and "
            f"{limits.trades_a_month:g} trades a month, drawdown up to {limits.drawdown:.0%}, "
            f"{limits.halves} halves won{', at 1.25x costs' if limits.stressed else ''}; "
            f"passed: {told}"
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen.

    Attributes
    ----------
    rules : tuple of Rule
        The best of each kind, the best of all first.
    steps : tuple of int
        The step of limits that each passed, from 1.
    attempts : tuple of Attempt
    """

    rules: tuple[Rule, ...]
    steps: tuple[int, ...]
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Every configuration over the selection span.

    Attributes
    ----------
    table : DataFrame
        A row per configuration: its fields, ``events``, ``mean_net``, figures of the account,
        ``halves`` (of the span that earned something), ``stressed_pnl`` (mean monthly result at
        1.25 times the costs; null where it earns nothing at the costs as they are) and
        ``plateau``.
    returns : Floats
        Of each day, shape ``(days, configurations)``.
    """

    table: pl.DataFrame
    returns: Floats

    def overfitting(self) -> Overfitting:
        """Whether the best of them is only the luckiest; purged by the longest trade."""
        longest = int(self.table["hold"].max() or 0)  # type: ignore[arg-type]
        return overfitting(self.returns, purge=-(-longest // DAY))


def configurations(search: Search) -> tuple[Rule, ...]:
    """Every combination, kind by kind."""
    return tuple(
        Rule(kind=kind.name, hedge=hedge, window=window, cusum=cusum, entry=entry,
             profit=profit, stop=stop, hold=hold)
        for kind in kinds().values()
        for hedge, window, cusum, entry, (profit, stop), hold in product(
            search.hedges, search.windows, search.cusums, kind.entries, search.barriers,
            search.holds,
        )
    )  # fmt: skip


def widened(rule: Rule, search: Search) -> Rule:
    """The rule that asks least for an event: more for a filter to learn and to choose from."""
    entry = min(kinds()[rule.kind].entries)
    return rule.model_copy(update={"entry": entry, "cusum": min(search.cusums)})


def neighbours(rule: Rule, search: Search) -> tuple[Rule, ...]:
    """Configurations of the search that differ from a rule in one parameter."""

    def parameters(one: Rule) -> tuple[object, ...]:
        return one.hedge, one.window, one.cusum, one.entry, (one.profit, one.stop), one.hold

    own = parameters(rule)
    return tuple(
        other
        for other in configurations(search)
        if other.kind == rule.kind
        and sum(a != b for a, b in zip(parameters(other), own, strict=True)) == 1
    )


def followed(market: Market, rule: Rule, settings: PairSettings) -> tuple[Events, Outcomes]:
    """Events of a rule and what became of them."""
    series = spread(market.close, rule.hedge, rule.window)
    events = events_of(market, series, rule, settings.round_trip)
    return events, outcomes_of(market, events, rule.hold, settings.execution)


def compare(
    market: Market,
    rules: tuple[Rule, ...],
    settings: PairSettings,
    beat: Callable[[float], None] = lambda _: None,
) -> Compared:
    """Trade every configuration over a market.

    Parameters
    ----------
    market : Market
        Of ``events.pair_market``, the selection span alone.
    rules : tuple of Rule
    settings : PairSettings
    beat : Callable
        Told the share that is done.

    Returns
    -------
    compared : Compared
    """
    spreads = {
        (hedge, window): spread(market.close, hedge, window)
        for hedge, window in {(rule.hedge, rule.window) for rule in rules}
    }
    rows, returns = [], []
    for count, rule in enumerate(rules, start=1):
        series = spreads[rule.hedge, rule.window]
        events = events_of(market, series, rule, settings.round_trip)
        outcomes = outcomes_of(market, events, rule.hold, settings.execution)
        row, account = _row(market, rule, events, outcomes, settings)
        rows.append(row)
        returns.append(_daily(account))
        if count % 20 == 0 or count == len(rules):
            beat(count / len(rules))
    table = pl.DataFrame(rows, infer_schema_length=None)
    table = table.with_columns(plateau=pl.Series(_plateau(table)))
    return Compared(table, np.stack(returns, axis=1))


def _row(
    market: Market, rule: Rule, events: Events, outcomes: Outcomes, settings: PairSettings
) -> tuple[dict[str, object], Account]:
    keep = np.ones(len(events), dtype=bool)
    account = trade(market, events, outcomes, keep, settings)
    figures = account.figures()
    stressed = None
    if figures["mean_monthly_pnl"] > 0.0:
        dearer = settings.execution.stressed(STRESS)
        stressed = float(trade(market, events, outcomes, keep, settings, dearer).monthly.mean())
    finished = outcomes.net[outcomes.finished]
    row: dict[str, object] = {
        **rule.model_dump(),
        "events": len(finished),
        "mean_net": float(finished.mean()) if len(finished) else None,
        **figures,
        "halves": _halves(account),
        "stressed_pnl": stressed,
    }
    return row, account


def _daily(account: Account) -> Floats:
    """Return of each whole day."""
    equity = account.record.equity[23::24]
    before = np.concatenate(([account.capital], equity[:-1]))
    found: Floats = np.where(before > 0.0, equity / np.maximum(before, 1e-12) - 1.0, 0.0)
    return found


def _halves(account: Account) -> int:
    middle = len(account.monthly) // 2
    return sum(float(part.sum()) > 0.0 for part in np.split(account.monthly, [middle]))


def _plateau(table: pl.DataFrame) -> Floats:
    """Median Sharpe ratio of each row and of its neighbours; one that never traded counts as 0."""
    # Profit and stop are one parameter: they are searched as pairs.
    barrier = pl.struct("profit", "stop").rank("dense").alias("barrier")
    names = ("kind", "hedge", "window", "cusum", "entry", "hold")
    codes = table.select(*(pl.col(name).rank("dense") for name in names), barrier).to_numpy()
    ratios = np.nan_to_num(table["sharpe"].to_numpy())
    found = np.empty(len(codes))
    for k, code in enumerate(codes):
        apart = codes != code
        near = (apart.sum(axis=1) <= 1) & ~apart[:, 0]
        found[k] = np.median(ratios[near])
    return found


def choose(table: pl.DataFrame, settings: PairSettings) -> Selection:
    """Take the best of each kind, relaxing the limits step by step.

    Parameters
    ----------
    table : DataFrame
        Of ``Compared``.
    settings : PairSettings

    Raises
    ------
    NotEnoughDataError
        If no configuration passes the last step.
    """
    chosen: dict[str, tuple[Rule, int]] = {}
    attempts: list[Attempt] = []
    names = sorted(set(table["kind"]))
    wanted = min(settings.candidates, len(names))
    for step, limits in enumerate(settings.limits, start=1):
        passed = table.filter(_passes(limits)).sort(
            "plateau", "sharpe", *FIELDS, descending=[True, True, *(False for _ in FIELDS)]
        )
        counts = {name: passed.filter(pl.col("kind") == name).height for name in names}
        attempts.append(Attempt(step, limits, counts))
        for row in passed.unique("kind", keep="first", maintain_order=True).iter_rows(named=True):
            rule = Rule.model_validate({name: row[name] for name in FIELDS})
            chosen.setdefault(rule.kind, (rule, step))
        if len(chosen) >= wanted:
            break
    if not chosen:
        most = int(table["events"].max() or 0)  # type: ignore[arg-type]
        raise NotEnoughDataError(
            f"no configuration passes the last limits (at least {settings.limits[-1].events} "
            f"finished events; the most any had is {most}); give a longer history"
        )
    kept = list(chosen.values())[:wanted]
    return Selection(
        tuple(rule for rule, _ in kept), tuple(step for _, step in kept), tuple(attempts)
    )


def _passes(limits: Limits) -> pl.Expr:
    asked = (
        (pl.col("events") >= limits.events)
        & (pl.col("trades_a_month") >= limits.trades_a_month)
        & (pl.col("max_drawdown") <= limits.drawdown)
        & (pl.col("halves") >= limits.halves)
    )
    return asked & (pl.col("stressed_pnl").fill_null(-1.0) > 0.0) if limits.stressed else asked
