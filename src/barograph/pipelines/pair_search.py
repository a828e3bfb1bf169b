"""Step 2 of the pair: events, their analysis, the search, the capital curve, the portfolio test."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from barograph.core.types import Bools
from barograph.pair.analysis import findings, statistics
from barograph.pair.barriers import Outcomes, outcome_frame
from barograph.pair.events import Events, event_frame
from barograph.pair.heartbeat import Stage
from barograph.pair.kinds import kinds
from barograph.pair.portfolio import Account, between, rounded, trade
from barograph.pair.robustness import Robustness, doubt
from barograph.pair.rules import PairSettings, Rule
from barograph.pair.select import choose, compare, configurations, followed
from barograph.pair.simulated import LABEL, simulated_filter
from barograph.pair.training import REGIMES, hourly_features
from barograph.pipelines.pair_stages import Product
from barograph.trading.costs import breakdown
from barograph.trading.market import Market
from barograph.trading.performance import measure

REFERENCE: Final[dict[str, Any]] = {
    "hedge": "rolling", "window": 720, "cusum": 3.0, "profit": 1.0, "stop": 1.0, "hold": 72,
}  # fmt: skip
"""The rule by which events of each kind are described, before any is chosen."""
DRAWINGS: Final = 5
"""Of a simulated filter, each with another seed."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Rows at which the history is cut: selection before ``tuning``, held out from ``held``."""

    tuning: int
    held: int
    stop: int


def cuts_of(rows: int, settings: PairSettings) -> Cuts:
    """Cut a history at whole days from its first hour."""
    tuning = int(rows * settings.selection) // 24 * 24
    held = int(rows * (settings.selection + settings.tuning)) // 24 * 24
    return Cuts(tuning, held, rows)


def build_events(market: Market, settings: PairSettings, stage: Stage) -> Product:
    """Events of each kind by the reference rule, with their outcomes; features of every hour.

    Parameters
    ----------
    market : Market
        Of ``pair_market``, without the span held out.
    """
    features = hourly_features(market)
    tables = []
    for count, kind in enumerate(kinds().values(), start=1):
        rule = Rule(kind=kind.name, entry=kind.entries[0], **REFERENCE)
        events, outcomes = followed(market, rule, settings)
        table = pl.concat(
            (event_frame(events, market), outcome_frame(outcomes)), how="horizontal"
        ).with_columns(pl.lit(kind.name).alias("kind"))
        tables.append(pl.concat((table, features.select(REGIMES)[events.row]), how="horizontal"))
        stage.beat(count / len(kinds()), rows=len(events))
    made = pl.concat(tables)
    counts = dict(made["kind"].value_counts().sort("kind").iter_rows())
    return Product({"events": counts}, {"events": made, "features": features})


def analyse(dataset: Product, stage: Stage) -> Product:
    """Statistics of events."""
    table = statistics(dataset.frames["events"])
    said = findings(table)
    for line in said:
        stage.beat(note=line)
    return Product({"findings": list(said)}, {"statistics": table})


def search(market: Market, settings: PairSettings, stage: Stage) -> Product:
    """Compare every configuration on the selection span, and choose.

    Parameters
    ----------
    market : Market
        The selection span alone.
    """
    rules = configurations(settings.search)
    compared = compare(market, rules, settings, stage.beat)
    selection, luck = choose(compared.table, settings), compared.overfitting()
    for attempt in selection.attempts:
        stage.beat(note=attempt.line(len(settings.limits)))
    for rule, step in zip(selection.rules, selection.steps, strict=True):
        stage.beat(note=f"chosen at attempt {step}: {rule.model_dump()}")
    attempts = [
        {"step": one.step, "limits": one.limits.model_dump(), "passed": one.passed}
        for one in selection.attempts
    ]
    chosen = [rule.model_dump() for rule in selection.rules]
    told = {
        "configurations": len(rules),
        "attempts": attempts,
        "chosen": chosen,
        "overfitting": {"probability": _short(luck.probability), "loss": _short(luck.loss)},
    }
    stage.beat(
        note=f"probability of backtest overfitting {luck.probability:.0%}; the best of one half "
        f"loses in the other in {luck.loss:.0%} of the splits"
    )
    return Product(told, {"table": compared.table})


def capital_curve(
    market: Market, rule: Rule, settings: PairSettings, trials: int
) -> Product:  # fmt: skip
    """What the chosen rule makes of the start capital, without a filter."""
    events, outcomes = followed(market, rule, settings)
    keep = np.ones(len(events), dtype=bool)
    account, robust = doubt(market, events, outcomes, keep, settings, trials)
    return Product(
        result(market, account, robust, settings), {"equity": equity_frame(market, account)}
    )


def portfolio_test(
    market: Market, rule: Rule, settings: PairSettings, stage: Stage
) -> Product:  # fmt: skip
    """Both symbols in one account: without a filter, and with simulated ones."""
    events, outcomes = followed(market, rule, settings)
    plain = trade(market, events, outcomes, np.ones(len(events), dtype=bool), settings)
    frames = {"plain": equity_frame(market, plain)}
    rows: list[dict[str, Any]] = []
    for place, precision in enumerate(settings.precisions):
        drawn = [
            _simulated(market, events, outcomes, precision, settings, settings.seed + seed)
            for seed in range(DRAWINGS)
        ]
        frames[f"simulated_{place}"] = equity_frame(market, drawn[0])
        told = [account.figures() for account in drawn]
        names = ("mean_monthly_pnl", "end_equity", "max_drawdown")
        means = {name: _short(np.mean([one[name] for one in told])) for name in names}
        rows.append({"label": LABEL, "precision": precision, **means})
        note = f"{LABEL}: precision {precision:.0%}, {means['mean_monthly_pnl']:+.0f} a month"
        stage.beat((place + 1) / len(settings.precisions), note=note)
    won = float((outcomes.net[outcomes.finished] > 0.0).mean())
    return Product(
        {"simulated": rows, "plain": rounded(plain.figures()), "won": won}, frames
    )  # fmt: skip


def _simulated(
    market: Market, events: Events, outcomes: Outcomes, precision: float,
    settings: PairSettings, seed: int,
) -> Account:  # fmt: skip
    keep: Bools = simulated_filter(outcomes, precision, seed)
    return trade(market, events, outcomes, keep, settings)


def equity_frame(market: Market, account: Account) -> pl.DataFrame:
    """Equity at each close."""
    return pl.DataFrame({"hour": market.hours, "equity": account.record.equity})


def result(
    market: Market, account: Account, robust: Robustness, settings: PairSettings
) -> dict[str, Any]:
    """An account as the summary has it."""
    quantiles = {name: getattr(robust, name) for name in ("p10", "p50", "p90", "deflated")}
    doubts = {
        "stressed": rounded(robust.stressed),
        **rounded(quantiles),
        "periods": [_short(one) for one in robust.periods],
        "trials": robust.trials,
        "failed": list(robust.failed),
    }
    return {
        "span": span(market, 0, len(market.hours)),
        "figures": rounded(account.figures()),
        "performance": rounded(asdict(measure(account.record, market, account.capital))),
        "costs": rounded(asdict(breakdown(account.record, market, settings.execution))),
        "robustness": doubts,
        "months": list(account.months),
        "monthly_pnl": [_short(one) for one in account.monthly],
    }


def _short(value: float | np.floating) -> float:
    return float(f"{value:.6g}")


def span(market: Market, start: int, stop: int) -> dict[str, Any]:
    """Rows ``start ... stop`` as the summary has them."""
    first, last = (moment(market, row) for row in (start, stop - 1))
    return {"start": first, "end": last, "hours": stop - start}


def moment(market: Market, row: int) -> str:
    """Close of a row."""
    hour = int(market.hours[0]) + row
    return f"{np.datetime64(hour * 3600, 's')}Z"


def spanned(
    market: Market, rule: Rule, settings: PairSettings, start: int, stop: int
) -> tuple[Market, Events, Outcomes, Bools]:
    """A span with the events of a rule in it; see ``portfolio.between``."""
    events, outcomes = followed(market, rule, settings)
    return between(market, events, outcomes, start, stop)
