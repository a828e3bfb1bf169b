"""What a backtest is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from barograph.core.errors import SettingsError
from barograph.core.time import HOUR
from barograph.pipelines.prepare import span_of
from barograph.trading.rules import BPS, Breakers, Execution
from barograph.trading.sizing import Sizing


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tested.

    Attributes
    ----------
    symbols : tuple of str
        Traded from one account; each gets its weight of it.
    model : str
        Whose forecasts of a file are traded; the ledger holds one model's.
    strategy : str
        Name in the catalogue, or a Python file of one's own.
    horizon : int
        Of the forecasts that are traded, hours.
    start, end : datetime or None
        First and last hour of a decision, both included; as far as there are forecasts where None.
    capital : float
    execution : Execution
    breakers : Breakers
    trials : int or None
        How many configurations were tried, this one among them; what the ledger counts where None.
    seed : int
    parameters : Mapping of str to float
        Of the strategy, where not its defaults.
    weights : Mapping of str to float
        Share of the account by symbol; equal where empty.
    limits : Mapping of str to float
        Of the gates of signals by name, where not those of the catalogue; 0 switches a gate off.
    sizing : Sizing or None
        How much is held on the side that the strategy takes; as much as it says where None.
    funding : bool
        Whether funding is paid and received, as on a perpetual; a spot account where not.

    Raises
    ------
    SettingsError
        If there is no symbol, or the weights are not of these symbols or not above zero.
    """

    symbols: tuple[str, ...] = ("BTCUSDT",)
    model: str = "barograph"
    strategy: str = "threshold"
    horizon: int = 24
    start: datetime | None = None
    end: datetime | None = None
    capital: float = 10_000.0
    execution: Execution = Execution()  # noqa: RUF009 - frozen
    breakers: Breakers = Breakers()  # noqa: RUF009 - frozen
    trials: int | None = None
    seed: int = 7
    parameters: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    sizing: Sizing | None = None
    funding: bool = True

    def __post_init__(self) -> None:
        if not self.symbols:
            raise SettingsError("no symbol to trade; name one with --symbol")
        if len(set(self.symbols)) < len(self.symbols):
            raise SettingsError(f"{', '.join(self.symbols)}: a symbol is named twice")
        if self.weights and set(self.weights) != set(self.symbols):
            raise SettingsError(
                f"weights of {', '.join(sorted(self.weights))}, symbols {', '.join(self.symbols)}; "
                "give each symbol its weight"
            )
        for symbol, weight in self.weights.items():
            if not weight > 0.0:
                raise SettingsError(f"weight {weight:g} of {symbol}; wanted a number above 0")
        if sum(self.weights.values()) > 1.0 + 1e-9:
            raise SettingsError(
                f"weights add up to {sum(self.weights.values()):g}, more than the account; "
                "give parts of 1, and --leverage for more"
            )

    @property
    def shares(self) -> tuple[float, ...]:
        """Part of the account each symbol's exposure is of, in the order of the symbols."""
        even = 1.0 / len(self.symbols)
        return tuple(self.weights.get(symbol, even) for symbol in self.symbols)

    @property
    def round_trip(self) -> float:
        """Cost of going in and out at the market that a strategy reckons with, a fraction."""
        return 2.0 * (self.execution.slippage_bps + self.execution.commission_bps) * BPS


def decisions(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    """First and last hour of a decision; a date as the end means the whole day."""
    asked = span_of(start, end)
    return asked.start, None if asked.end is None else asked.end - HOUR
