"""What a run leaves as ``final_output_summary.json``: every key known, every number finite."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, FiniteFloat, model_validator

from barograph.core.settings import Strict
from barograph.pair.rules import PairSettings, Rule
from barograph.trading.performance import NOTICE

Part = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:00:00Z$")]
FOREIGN: Final = re.compile("spy|qqq", re.IGNORECASE)


class Exact(Strict):
    """Frozen, no unknown key, no value of another type taken for this one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Span(Exact):
    """A stretch of history, both ends the closes of bars (UTC)."""

    start: Moment
    end: Moment
    hours: int = Field(ge=1)


class Figures(Exact):
    """Figures of an account; None where one is not defined."""

    mean_monthly_pnl: FiniteFloat
    end_equity: FiniteFloat
    max_drawdown: Part
    calmar: FiniteFloat | None
    sharpe: FiniteFloat | None
    trades: FiniteFloat
    trades_a_month: FiniteFloat
    months_won: Part
    fees: FiniteFloat


class Robust(Exact):
    """See ``robustness.Robustness``."""

    stressed: dict[str, FiniteFloat]
    p10: FiniteFloat
    p50: FiniteFloat
    p90: FiniteFloat
    periods: list[FiniteFloat] = Field(min_length=1)
    deflated: Part | None
    trials: int = Field(ge=1)
    failed: list[str]


class Result(Exact):
    """An account over a span, and what speaks against it.

    ``performance`` and ``costs`` are those of any backtest (``trading.performance``,
    ``trading.costs``); a trade is a round trip of one leg there, of both in ``figures``.
    """

    span: Span
    figures: Figures
    performance: dict[str, FiniteFloat | None]
    costs: dict[str, FiniteFloat | None]
    robustness: Robust
    months: list[Month]
    monthly_pnl: list[FiniteFloat]

    @model_validator(mode="after")
    def _a_result_a_month(self) -> "Result":
        if len(self.months) != len(self.monthly_pnl):
            raise ValueError(f"{len(self.months)} months, {len(self.monthly_pnl)} results")
        return self


class Attempt(Exact):
    """A step of limits of the search."""

    step: int = Field(ge=1)
    limits: dict[str, float | int | bool]
    passed: dict[str, int]


class Overfit(Exact):
    """How often the best of one half of the span is below the middle of the other, or loses."""

    probability: Part
    loss: Part


class Search(Exact):
    """What the search tried and chose."""

    configurations: int = Field(ge=1)
    attempts: list[Attempt] = Field(min_length=1)
    chosen: list[dict[str, Any]] = Field(min_length=1)
    overfitting: Overfit

    @model_validator(mode="after")
    def _rules(self) -> "Search":
        for one in self.chosen:
            Rule.model_validate(one)
        return self


class Simulated(Exact):
    """A filter of stated precision, with hindsight; means over drawings."""

    label: Literal["SIMULATED: the filter knows the outcomes"]
    precision: Part
    mean_monthly_pnl: FiniteFloat
    end_equity: FiniteFloat
    max_drawdown: Part


class Optimised(Exact):
    """How the trees of a round were found."""

    how: Literal["none", "plain", "step3_optimize_model", "step3_train_and_backtest"]
    why: str
    trees: dict[str, float | int] | None
    log_loss: FiniteFloat | None
    plain_log_loss: FiniteFloat | None
    base_log_loss: FiniteFloat | None


class Windowed(Exact):
    """A window of the walk; see ``walk.Window``."""

    start: Moment
    stop: Moment
    learnt_from: int = Field(ge=0)
    tested: int = Field(ge=0)
    kept: int = Field(ge=0)
    threshold: Part | None
    how: str


class Precision(Exact):
    """Finished events of the span, those kept, and the part of each that earned something."""

    events: int = Field(ge=0)
    won: Part | None
    kept: int = Field(ge=0)
    kept_won: Part | None


class Made(Exact):
    """A round: of the gate, or gone through again on the span held out."""

    name: str
    rule: dict[str, Any]
    learner: Optimised
    precision: Precision
    result: Result
    windows: list[Windowed]


class Sensitivity(Exact):
    """Mean monthly result an hour later; rules beside the best one's that earn something."""

    an_hour_later: FiniteFloat
    neighbours: int = Field(ge=0)
    neighbours_that_earn: int = Field(ge=0)


class Gate(Exact):
    """Where the loop ended."""

    endpoint: Literal["A", "B"]
    why: str
    best: str
    rounds: list[Made] = Field(min_length=1)
    sensitivity: Sensitivity


class HeldOut(Exact):
    """The span no choice has seen.

    ``reference`` is the first rule of the search without a filter, ``best`` the round the gate
    chose, ``best_filter`` the best round with a filter, where one was made.
    """

    reference: Made
    best: Made
    best_filter: Made | None
    buy_and_hold_btc: FiniteFloat
    buy_and_hold_eth: FiniteFloat
    answer: str


class Summary(Exact):
    """``final_output_summary.json``."""

    notice: Literal["Engineering evaluation, not financial advice."] = NOTICE
    pair: Literal["BTC+ETH"] = "BTC+ETH"
    simulated_bars: bool
    start_capital: FiniteFloat = Field(gt=0.0)
    settings: dict[str, Any]
    data: dict[str, str]
    spans: dict[Literal["selection", "tuning", "held_out"], Span]
    events: list[str]
    search: Search
    capital_curve: Result
    simulated_filter: list[Simulated]
    gate: Gate
    held_out: HeldOut
    trials: int = Field(ge=1)

    @model_validator(mode="after")
    def _of_this_pair(self) -> "Summary":
        PairSettings.model_validate(self.settings)
        found = FOREIGN.search(self.model_dump_json())
        if found:
            raise ValueError(f"{found.group()!r} is in it; a summary of BTC and ETH names no other")
        return self
