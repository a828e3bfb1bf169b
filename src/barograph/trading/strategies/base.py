"""What a strategy is: from what was believed at a close to a wish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats, Ints
from barograph.trading.intents import Intents
from barograph.trading.odds import Odds


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Forecasts of one horizon, a row an hour of the market, known at its close.

    Attributes
    ----------
    mean, vol, p_up : Floats
        Expected log return, its standard deviation and the chance of a rise, shape ``(n, m)``; NaN
        where there is no forecast.
    source : Ints
        Number in the ledger, 0 where it has none, shape ``(n, m)``.
    hours : int
        The horizon.
    odds : Odds or None
        What each forecast says of a long bet; None where the quantiles were not kept.
    """

    mean: Floats
    vol: Floats
    p_up: Floats
    source: Ints
    hours: int
    odds: Odds | None = None

    def rows(self, rows: slice) -> "Beliefs":
        """Some of the hours."""
        return Beliefs(
            self.mean[rows], self.vol[rows], self.p_up[rows], self.source[rows], self.hours,
            None if self.odds is None else self.odds.rows(rows),
        )  # fmt: skip

    @property
    def daily_vol(self) -> Floats:
        """Standard deviation of a day, by the square root of time."""
        found: Floats = self.vol * np.sqrt(24.0 / self.hours)
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """What every strategy states of itself, however it decides.

    Attributes
    ----------
    name : str
        Unique in the catalogue.
    about : str
        One line for people.
    defaults : Mapping of str to float
        Every parameter and its value where none is chosen.
    grid : Mapping of str to tuple of float
        Values worth trying, for some or all of the parameters.
    is_check : bool
        Whether it is there to check the engine and not to trade: no gate, sizing or breaker changes
        what it does.

    Raises
    ------
    InputError
        If the grid names a parameter that has no default.
    """

    name: str
    about: str
    defaults: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    grid: Mapping[str, tuple[float, ...]] = field(default_factory=dict, kw_only=True)
    is_check: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self.parameters(dict.fromkeys(self.grid, 0.0))

    def parameters(self, chosen: Mapping[str, float]) -> dict[str, float]:
        """Every parameter with its value, by name; whole where its default is written whole.

        Raises
        ------
        InputError
            If one is chosen that there is not.
        """
        for name in chosen:
            if name not in self.defaults:
                near = get_close_matches(name, self.defaults, 1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                there = ", ".join(sorted(self.defaults)) or "none"
                raise InputError(f"{self.name} has no parameter {name!r}{hint} It has: {there}")
        fitting = {name: _as(self.defaults[name], value) for name, value in chosen.items()}
        return dict(sorted({**self.defaults, **fitting}.items()))


def _as(default: float, value: float) -> float:
    whole = isinstance(default, int) and float(value).is_integer()
    return int(value) if whole else value


@dataclass(frozen=True, slots=True)
class Strategy(Rule):
    """A rule from beliefs to exposures, for all hours at once.

    Attributes
    ----------
    exposure : Callable
        ``exposure(beliefs, cost, **parameters)``: from ``Beliefs`` and the cost of a round trip (a
        fraction) to the exposure wanted, shape ``(n, m)``; NaN where it has no opinion. A row from
        that row and those before it alone.
    """

    exposure: Callable[..., Floats]


def wishes(beliefs: Beliefs, exposure: Floats) -> Intents:
    """Market orders where the exposure wanted changes; in between a position is left alone.

    Where a forecast is missing nothing is wished: what is held is kept until the next one.
    """
    target = np.full(exposure.shape, np.nan)
    for j in range(exposure.shape[1]):
        told = np.flatnonzero(np.isfinite(exposure[:, j]))
        values = exposure[told, j]
        changed = np.concatenate(([True], values[1:] != values[:-1])) if len(told) else told == 0
        target[told[changed], j] = values[changed]
    return Intents.market(target, source=beliefs.source)
