"""The page of a backtest: what it shows, from what came of a plan."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from barograph.pipelines.backtest.run import Backtest
from barograph.trading.record import trips
from barograph.trading.report import ReportInputs, render

IDENTITY: Final = (
    "symbols", "shares", "model", "strategy", "parameters", "horizon_hours", "from", "to",
    "forecasts", "capital", "execution", "breakers", "gates", "sizing", "seed", "trade_hash",
)  # fmt: skip
"""Parts of the document that say what was run, not what came of it."""


def page(made: Backtest, told: Mapping[str, object], at: datetime) -> str:
    """The page as HTML.

    Parameters
    ----------
    made : Backtest
    told : Mapping
        ``document`` of it.
    at : datetime
        When it is made, UTC.
    """
    plan = made.plan
    return render(
        ReportInputs(
            title=f"{made.rule.name} · {' + '.join(plan.symbols)}",
            about=about(made, told),
            generated_at=at,
            simulated=made.simulated,
            capital=plan.capital,
            market=made.market,
            shares=plan.shares,
            record=made.record,
            performance=made.performance,
            stressed=made.stressed,
            delayed=made.delayed,
            paid=made.paid,
            drawn=made.drawn,
            luck=made.luck,
            regimes=made.regimes,
            tripped=trips(made.record, made.market.hours),
            refused=made.refused,
            facts={name: told[name] for name in IDENTITY if told.get(name) is not None},
            sweep=made.sweep,
        )
    )


def about(made: Backtest, told: Mapping[str, object]) -> str:
    """What was traded, from when to when."""
    first, last = (str(told[name])[:10] for name in ("from", "to"))
    costs = made.plan.execution
    return (
        f"Backtest, {first} to {last} · {made.plan.horizon} h forecasts of {made.plan.model} · "
        f"from {made.plan.capital:,.0f} · slippage {costs.slippage_bps:g} bps, commission "
        f"{costs.commission_bps:g} bps, funding as settled"
    )
