"""What a run of the pair is made of: events, barriers, spans, limits; one frozen tree."""

from datetime import date
from typing import Final, Literal

from pydantic import Field, model_validator

from barograph.core.settings import Strict
from barograph.trading.rules import BPS, Breakers, Execution

LEGS: Final = ("BTC", "ETH")
"""Columns of the market of a pair, in order."""
HEDGES: Final = ("rolling", "kalman")


class Rule(Strict):
    """One configuration: which events are traded, and when a trade ends.

    Attributes
    ----------
    kind : str
        Name in ``pair.kinds``.
    hedge : str
        How the hedge ratio is estimated: ``rolling`` or ``kalman``.
    window : int
        Memory of that estimate, hours.
    cusum : float
        Cumulated move that makes an event, in hourly standard deviations.
    entry : float
        What the kind asks of the spread, in standard deviations.
    profit, stop : float
        Barriers, in standard deviations of the position over ``hold``.
    hold : int
        Hours after which a trade ends anyway.
    """

    kind: str
    hedge: Literal["rolling", "kalman"]
    window: int = Field(ge=48)
    cusum: float = Field(gt=0.0)
    entry: float = Field(ge=0.0)
    profit: float = Field(gt=0.0)
    stop: float = Field(gt=0.0)
    hold: int = Field(ge=1)


class Search(Strict):
    """Values the search goes through; every combination is a configuration, and is counted."""

    hedges: tuple[Literal["rolling", "kalman"], ...] = HEDGES
    windows: tuple[int, ...] = (720, 2160)
    cusums: tuple[float, ...] = (2.0, 3.0, 5.0)
    barriers: tuple[tuple[float, float], ...] = ((0.5, 1.0), (1.0, 1.0), (1.5, 0.75), (1.0, 2.0))
    holds: tuple[int, ...] = (24, 72, 168)


class Limits(Strict):
    """What a configuration must show on the selection span to be taken.

    Attributes
    ----------
    events : int
        Finished events.
    trades_a_month : float
    drawdown : float
        Deepest that is allowed, as a fraction.
    halves : int
        Halves of the span in which it must have earned something: 2, 1 or 0.
    stressed : bool
        Whether it must earn something at 1.25 times the costs.
    """

    events: int = Field(ge=1)
    trades_a_month: float = Field(ge=0.0)
    drawdown: float = Field(gt=0.0)
    halves: int = Field(ge=0, le=2)
    stressed: bool


STEPS: Final = (
    Limits(events=300, trades_a_month=4.0, drawdown=0.20, halves=2, stressed=True),
    Limits(events=200, trades_a_month=2.0, drawdown=0.30, halves=2, stressed=True),
    Limits(events=150, trades_a_month=1.0, drawdown=0.40, halves=1, stressed=False),
    Limits(events=100, trades_a_month=0.5, drawdown=1.00, halves=0, stressed=False),
)
"""Limits of the search, relaxed step by step where none passes."""


class Learning(Strict):
    """How the filter of events is learnt.

    Attributes
    ----------
    train_events, validation_events : int
        Fewer finished events than these before a window, or in a fold of them: the window is
        traded without the filter, and says so.
    test_events : int
        Fewer events than these in a window: it says that it cannot be judged.
    test_days : int
        Days between refits.
    embargo_hours : int
        Left out beside every fold, beyond the purge of overlapping outcomes.
    folds : int
        Of the training events, in order of time.
    least_kept : float
        Part of the events that a threshold must keep.
    optuna_trials : int
        Of the optimisation; 0 for none.
    workers : int
        Processes that folds are fitted in.
    """

    train_events: int = Field(default=200, ge=20)
    validation_events: int = Field(default=20, ge=5)
    test_events: int = Field(default=5, ge=1)
    test_days: int = Field(default=91, ge=7)
    embargo_hours: int = Field(default=24, ge=0)
    folds: int = Field(default=4, ge=2)
    least_kept: float = Field(default=0.2, gt=0.0, le=1.0)
    optuna_trials: int = Field(default=60, ge=0)
    workers: int = Field(default=2, ge=1)


class Doubts(Strict):
    """What counts as robust.

    Attributes
    ----------
    stresses : tuple of float
        Multiples of the costs at which it must still earn something.
    draws : int
        Resamplings of the monthly results.
    block_months : float
        Mean length of a resampled block.
    drawdown : float
        Deepest that is allowed.
    periods : int
        Parts of the span; it must earn something in more than half of them.
    lucky : float
        Least probability that the true Sharpe ratio is above that of the luckiest of all trials.
    patience : int
        Rounds in a row without a gain after which the loop ends.
    """

    stresses: tuple[float, ...] = (1.25, 1.5)
    draws: int = Field(default=2000, ge=100)
    block_months: float = Field(default=2.0, ge=1.0)
    drawdown: float = Field(default=0.30, gt=0.0)
    periods: int = Field(default=4, ge=1)
    lucky: float = Field(default=0.5, ge=0.0, lt=1.0)
    patience: int = Field(default=4, ge=1)


class PairSettings(Strict):
    """A complete run of the pair.

    Attributes
    ----------
    capital : float
        Cash at the start.
    start : date or None
        First day (UTC) of the history that is used; all of it where None.
    selection, tuning : float
        Parts of the history that the search sees, and that the loop judges its rounds on; the rest
        is held out, and looked at once, after the loop has ended.
    execution : Execution
        Borrow on what is sold short is charged by the hour.
    breakers : Breakers
    search : Search
    limits : tuple of Limits
        Tried one after the other.
    candidates : int
        Configurations the loop may go on with, each of another kind.
    learning : Learning
    doubts : Doubts
    precisions : tuple of float
        Of the simulated filter.
    seed : int
    """

    capital: float = Field(default=10_000.0, gt=0.0)
    start: date | None = None
    selection: float = Field(default=0.40, gt=0.0, lt=1.0)
    tuning: float = Field(default=0.27, gt=0.0, lt=1.0)
    execution: Execution = Execution(borrow_annual=0.05)
    breakers: Breakers = Breakers()
    search: Search = Search()
    limits: tuple[Limits, ...] = STEPS
    candidates: int = Field(default=3, ge=1)
    learning: Learning = Learning()
    doubts: Doubts = Doubts()
    precisions: tuple[float, ...] = (0.50, 0.55, 0.60, 0.65, 0.70, 0.80)
    seed: int = 7

    @model_validator(mode="after")
    def _something_held_out(self) -> "PairSettings":
        if self.selection + self.tuning >= 1.0:
            raise ValueError(
                "selection and tuning leave nothing held out; their sum must be below 1"
            )
        return self

    @property
    def round_trip(self) -> float:
        """Cost of getting in and out again, as a fraction of what is traded."""
        return 2.0 * (self.execution.slippage_bps + self.execution.commission_bps) * BPS
