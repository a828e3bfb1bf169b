"""Walk-forward optimisation: parameters chosen on the past of a window, traded in it, moved on.

1. Before each window every configuration of the grid trades the training hours from an account of
   its own, fresh and flat: a configuration that lost everything years ago is not dead for ever.
2. A window's parameters are those whose hourly returns had the highest Sharpe ratio there. Where
   none has a ratio above zero, the window is not traded at all.
3. The exposures of the chosen configurations are put one after the other and traded by one account:
   that is the result. Costs of changing from one to the next are in it.
4. Every configuration counts as a trial.

Nothing of a window is known to the choice of its parameters: a training window ends before the
first hour of the test window, and an hourly return is known at the end of its hour.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.trading import kernel
from barograph.trading.market import Market
from barograph.trading.performance import hourly_returns, sharpe
from barograph.trading.rules import Breakers, Execution
from barograph.trading.strategies.base import Beliefs, wishes

DAY: Final = 24
MOST: Final = 20_000
"""Configurations of one search: hours of work, and hundreds of megabytes of daily returns."""
Configuration = Mapping[str, float]
Exposures = Callable[[Configuration], Floats]


@dataclass(frozen=True, slots=True)
class Window:
    """Rows ``begin ... start`` to choose on and ``start ... stop`` to trade, ends excluded."""

    begin: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Account:
    """What every configuration trades with.

    Attributes
    ----------
    execution : Execution
    breakers : Breakers
    capital : float
    seed : int
    """

    execution: Execution
    breakers: Breakers
    capital: float
    seed: int

    def trade(self, stretch: "Stretch", exposure: Floats) -> Floats:
        """Hourly returns of an exposure of all hours over some of them, shape ``(n,)``."""
        record = stretch.engine.run(
            wishes(stretch.beliefs, exposure[stretch.rows]), self.execution, self.breakers,
            self.capital, self.seed,
        )  # fmt: skip
        return hourly_returns(record.equity, self.capital)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some hours, laid out once for every configuration."""

    rows: slice
    engine: kernel.Compiled
    beliefs: Beliefs

    @classmethod
    def of(cls, market: Market, beliefs: Beliefs, start: int, stop: int) -> "Stretch":
        """Rows ``[start, stop)`` of a market."""
        rows = slice(start, stop)
        return cls(rows, kernel.Compiled(market.since(start, stop)), beliefs.rows(rows))


@dataclass(frozen=True, slots=True)
class Swept:
    """What some configurations did, in their order.

    Attributes
    ----------
    trained, tested : Floats
        Annualised Sharpe ratio in the training and in the test hours of each window, shape
        ``(configurations, windows)``; NaN where nothing moved.
    daily : Floats
        Return of each day from the first test hour to the last, one account for all, shape
        ``(configurations, days)``; the hours of a day that is not whole are left out.
    ratio : Floats
        Annualised Sharpe ratio of that account, shape ``(configurations,)``; NaN where nothing
        moved.
    """

    trained: Floats
    tested: Floats
    daily: Floats
    ratio: Floats

    @classmethod
    def joined(cls, parts: Sequence["Swept"]) -> "Swept":
        """Several runs of configurations, one after the other."""
        names = ("trained", "tested", "daily", "ratio")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def configurations(grid: Mapping[str, Sequence[float]]) -> tuple[dict[str, float], ...]:
    """Every combination of a grid's values; the last name varies fastest.

    Raises
    ------
    InputError
        If a name has no values, or there is nothing to vary.
    """
    for name, values in grid.items():
        if not values:
            raise InputError(f"{name} has no values to try; give at least one")
        if not np.isfinite(values).all():
            raise InputError(f"{name} has a value that is not finite among {list(values)}")
    if not grid:
        raise InputError("there is no parameter to vary; name values with --grid name=0.1,0.2")
    count = prod(len(values) for values in grid.values())
    if count > MOST:
        raise InputError(
            f"{count:,} configurations, at most {MOST:,}; fewer values tell as much: the finer the "
            "grid, the more of its best is luck"
        )
    return tuple(dict(zip(grid, chosen, strict=True)) for chosen in product(*grid.values()))


def sweep(
    market: Market,
    beliefs: Beliefs,
    exposures: Exposures,
    tried: Sequence[Configuration],
    windows: Sequence[Window],
    account: Account,
) -> Iterator[Swept]:
    """Trade configurations one after the other, over each window and over all of them.

    Parameters
    ----------
    market : Market
    beliefs : Beliefs
        A row per bar.
    exposures : Callable
        From a configuration to what is wanted, shape ``(n, m)``, gates passed.
    tried : sequence of Configuration
    windows : sequence of Window
    account : Account

    Yields
    ------
    swept : Swept
        Of one configuration each.
    """
    span = Stretch.of(market, beliefs, windows[0].start, windows[-1].stop)
    own = [(Stretch.of(market, beliefs, one.begin, one.stop), one) for one in windows]
    for chosen in tried:
        exposure = exposures(chosen)
        alone = np.empty((len(windows), 2))
        for k, (stretch, window) in enumerate(own):
            returns, split = account.trade(stretch, exposure), window.start - window.begin
            alone[k] = sharpe(returns[:split]), sharpe(returns[split:])
        returns = account.trade(span, exposure)
        yield Swept(
            trained=alone[None, :, 0],
            tested=alone[None, :, 1],
            daily=daily(returns)[None],
            ratio=np.array([sharpe(returns)]),
        )


def daily(returns: Floats) -> Floats:
    """Compound hourly returns over days of 24 hours from the first; a rest is left out."""
    days = len(returns) // DAY
    found: Floats = np.prod(1.0 + returns[: days * DAY].reshape(days, DAY), axis=1) - 1.0
    return found


def choose(trained: Floats) -> Ints:
    """Place of the best configuration of each window, -1 where none is above zero.

    Parameters
    ----------
    trained : Floats
        Sharpe ratios, shape ``(configurations, windows)``; NaN is never chosen. Of equals the first
        is taken.
    """
    known = np.where(np.isfinite(trained), trained, -np.inf)
    best = known.argmax(axis=0)
    top = known[best, np.arange(known.shape[1])]
    found: Ints = np.where(top > 0.0, best, -1)
    return found


def stitched(
    exposures: Exposures, tried: Sequence[Configuration], windows: Sequence[Window], chosen: Ints,
    shape: tuple[int, int],
) -> Floats:  # fmt: skip
    """Exposures of the configurations chosen, each in its window; 0 where none was.

    Returns
    -------
    exposure : Floats
        Shape ``(n, m)``; NaN outside the windows.
    """
    made = np.full(shape, np.nan)
    for place in np.unique(chosen):
        wanted = np.zeros(shape) if place < 0 else exposures(tried[place])
        for window, took in zip(windows, chosen.tolist(), strict=True):
            if took == place:
                made[window.start : window.stop] = wanted[window.start : window.stop]
    return made
