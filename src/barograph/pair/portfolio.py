"""One account that trades the pair: one event at a time, both legs, through the compiled engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from barograph.core.types import Bools, Floats, Ints
from barograph.pair.barriers import Outcomes
from barograph.pair.events import Events
from barograph.pair.rules import PairSettings
from barograph.trading import kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.performance import drawdown, hourly_returns, ratio, sharpe
from barograph.trading.record import Record
from barograph.trading.rules import Execution

MONTHS_A_YEAR = 12.0


@dataclass(frozen=True, slots=True)
class Account:
    """What an account did.

    Attributes
    ----------
    record : Record
        Of the engine.
    taken : Ints
        Which events were entered, places in the events given.
    months : tuple of str
        ``2021-03`` and so on, ``m`` of them; the first and the last may be short.
    monthly : Floats
        Result of each month in quote currency, shape ``(m,)``.
    capital : float
        Cash at the start.
    """

    record: Record
    taken: Ints
    months: tuple[str, ...]
    monthly: Floats
    capital: float

    @property
    def returns(self) -> Floats:
        """Hourly returns."""
        return hourly_returns(self.record.equity, self.capital)

    def figures(self) -> dict[str, float]:
        """The figures rounds are compared by; NaN where one is not defined."""
        equity = self.record.equity
        depth, _ = drawdown(equity, self.capital)
        months = len(equity) / 730.5
        annual = (max(equity[-1], 0.0) / self.capital) ** (MONTHS_A_YEAR / months) - 1.0
        return {
            "mean_monthly_pnl": float(self.monthly.mean()),
            "end_equity": float(equity[-1]),
            "max_drawdown": depth,
            "calmar": ratio(float(annual), depth),
            "sharpe": sharpe(self.returns),
            "trades": float(len(self.taken)),
            "trades_a_month": len(self.taken) / months,
            "months_won": float((self.monthly > 0.0).mean()),
            "fees": float(self.record.amounts[:, 2].sum()),
        }


def trade(
    market: Market,
    events: Events,
    outcomes: Outcomes,
    keep: Bools,
    settings: PairSettings,
    execution: Execution | None = None,
    delay: int = 0,
) -> Account:
    """Trade the events that are kept, one at a time.

    Parameters
    ----------
    market : Market
        The rows the events are of; what is still open at its end is marked, not closed.
    events : Events
    outcomes : Outcomes
        For the hour at which each trade is given up: decided at that hour from bars up to it.
    keep : Bools
        Which events may be traded, shape ``(k,)``.
    settings : PairSettings
        Capital, costs, breakers.
    execution : Execution or None
        Other costs, for a stress: the wishes stay the same.
    delay : int
        Hours by which every wish comes late, for another.

    Returns
    -------
    account : Account
        An event that falls into another's trade is left out, also where a breaker had kept that
        one from being entered.
    """
    taken = one_at_a_time(events.row, outcomes.entry, outcomes.decided, keep)
    target = np.full(market.close.shape, np.nan)
    # The end of a trade never falls on the row of the next: that one begins after it.
    ends = outcomes.decided[taken]
    target[ends[(outcomes.ended[taken] >= 0) & (ends < len(target))]] = 0.0
    target[events.row[taken]] = events.weight[taken]
    if delay > 0:
        target = np.vstack((np.full((delay, 2), np.nan), target[:-delay]))
    record = kernel.simulate(
        market, Intents.market(target), execution or settings.execution, settings.breakers,
        settings.capital, settings.seed,
    )  # fmt: skip
    months, monthly = monthly_pnl(market.hours, record.equity, settings.capital)
    return Account(record, taken, months, monthly, settings.capital)


def between(
    market: Market, events: Events, outcomes: Outcomes, start: int, stop: int
) -> tuple[Market, Events, Outcomes, Bools]:
    """Rows ``start ... stop`` as a history of their own.

    Returns
    -------
    market : Market
    events : Events
        Those of these rows, counted from the first of them.
    outcomes : Outcomes
        Theirs; one that ends beyond keeps its end, which then is no row of the market.
    inside : Bools
        Which of the events given they are.
    """
    inside: Bools = (events.row >= start) & (events.row < stop)
    own, known = events.pick(inside), outcomes.pick(inside)
    moved = {
        name: np.where(getattr(known, name) >= 0, getattr(known, name) - start, -1)
        for name in ("entry", "decided", "exit")
    }
    return (
        market.since(start, stop), replace(own, row=own.row - start), replace(known, **moved),
        inside,
    )  # fmt: skip


@njit(cache=True)
def one_at_a_time(row: Ints, entry: Ints, decided: Ints, keep: Bools) -> Ints:
    """Places of the events an account can take that holds one trade at a time."""
    taken, free = [], -1
    for k in range(len(row)):
        if keep[k] and entry[k] >= 0 and row[k] > free:
            taken.append(k)
            free = decided[k]
    return np.array(taken, dtype=np.int64)


def monthly_pnl(hours: Ints, equity: Floats, capital: float) -> tuple[tuple[str, ...], Floats]:
    """Result of each calendar month (UTC), in quote currency.

    Parameters
    ----------
    hours : Ints
        End of each bar, hours since 1970; a bar belongs to the month it began in.
    equity : Floats
        At those ends.
    capital : float
        Before the first.
    """
    month = ((hours - 1) * 3600).astype("datetime64[s]").astype("datetime64[M]")
    last = np.flatnonzero(np.append(month[1:] != month[:-1], True))
    pnl: Floats = np.diff(np.concatenate(([capital], equity[last])))
    return tuple(str(one) for one in month[last]), pnl


def rounded(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Figures as JSON has them: six digits are kept, what is not defined is None."""
    return {
        name: float(f"{value:.6g}") if np.isfinite(value) else None
        for name, value in figures.items()
    }
