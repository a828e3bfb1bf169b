"""What the page of a backtest is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from barograph.page.facts import Facts
from barograph.trading.bootstrap import Resampled
from barograph.trading.costs import Costs
from barograph.trading.luck import Luck
from barograph.trading.market import Market
from barograph.trading.overfit import Sweep
from barograph.trading.performance import Performance
from barograph.trading.record import Record


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """Everything one page shows.

    Attributes
    ----------
    title : str
        What was tested, in a few words.
    about : str
        On what: forecasts, symbols.
    generated_at : datetime
        UTC.
    simulated : bool
        Whether bars or forecasts are of a simulated market.
    capital : float
    market : Market
    shares : tuple of float
        Parts of the capital that holding puts into each symbol.
    record : Record
    performance : Performance
    stressed : Mapping of float to Performance
        The same wishes at so many times the costs.
    delayed : Performance
        The same with every wish an hour later.
    paid : Costs
    drawn : Resampled
    luck : Luck
    regimes : DataFrame
        Schema ``by_regime.COLUMNS``.
    tripped : DataFrame
        Breakers: ``time``, ``breaker``, ``reason`` and ``until`` (null where it holds for ever).
    refused : DataFrame
        Signals refused by gates: ``symbol``, ``gate``, ``since``, ``released`` (null where not
        known), ``hours`` and ``reason``.
    facts : Mapping
        What makes this run this run.
    sweep : Sweep or None
        A search that tried this configuration among others; None where there was none.
    """

    title: str
    about: str
    generated_at: datetime
    simulated: bool
    capital: float
    market: Market
    shares: tuple[float, ...]
    record: Record
    performance: Performance
    stressed: Mapping[float, Performance]
    delayed: Performance
    paid: Costs
    drawn: Resampled
    luck: Luck
    regimes: pl.DataFrame
    tripped: pl.DataFrame
    refused: pl.DataFrame
    facts: Facts = field(default_factory=dict)
    sweep: Sweep | None = None
