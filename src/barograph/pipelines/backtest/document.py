"""What a backtest leaves behind: a document and tables."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
import polars as pl

from barograph.core.time import Clock, now
from barograph.pipelines.backtest.grant import gates_of
from barograph.pipelines.backtest.page import page
from barograph.pipelines.backtest.run import Backtest
from barograph.trading.bootstrap import FIGURES
from barograph.trading.market import Market
from barograph.trading.monthly import monthly
from barograph.trading.performance import NOTICE
from barograph.trading.record import EVENTS, trades, trips


def document(made: Backtest) -> dict[str, object]:
    """Everything but the series, as JSON has it."""
    plan, market = made.plan, made.scene.market
    events = [EVENTS[code] for code in made.record.events[:, 1].tolist()]
    return {
        "notice": NOTICE,
        "simulated": made.scene.simulated,
        "symbols": list(plan.symbols),
        "shares": list(plan.shares),
        "model": plan.model,
        "strategy": made.rule.name,
        "parameters": dict(made.parameters),
        "horizon_hours": plan.horizon,
        "from": _iso(market, 0),
        "to": _iso(market, -1),
        "forecasts": {symbol: asdict(gap) for symbol, gap in made.scene.gaps.items()},
        "capital": plan.capital,
        "execution": plan.execution.model_dump(),
        "breakers": plan.breakers.model_dump(),
        "gates": {gate.name: gate.limit for gate in gates_of(plan, made.rule)},
        "sizing": None if plan.sizing is None else plan.sizing.model_dump(),
        "seed": plan.seed,
        "performance": asdict(made.performance),
        "costs": {f"{factor:g}x": asdict(one) for factor, one in made.stressed.items()},
        "an_hour_later": asdict(made.delayed),
        "paid": asdict(made.paid),
        "resampled_95": {name: list(made.drawn.interval(name)) for name in FIGURES},
        "luck": asdict(made.luck),
        "sweep": None if made.sweep is None else asdict(made.sweep),
        "by_regime": made.regimes.to_dicts(),
        "monthly": monthly(made.record.equity[1:], market.hours[1:], plan.capital).to_dicts(),
        "refused": {
            name: {"hours": hours, "stretches": stretches}
            for name, hours, stretches in made.refused.group_by("gate", maintain_order=True)
            .agg(pl.col("hours").sum(), stretches=pl.len())
            .iter_rows()
        },
        "tripped": {name: events.count(name) for name in EVENTS if name in events},
        "trade_hash": made.record.hash,
    }


def write(made: Backtest, folder: Path, clock: Clock = now) -> None:
    """Write ``backtest.json`` and ``.html``; ``trades``, ``equity``, ``refused``, ``tripped``."""
    folder.mkdir(parents=True, exist_ok=True)
    told = document(made)
    (folder / "backtest.json").write_bytes(
        orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    )
    (folder / "backtest.html").write_text(page(made, told, clock()), encoding="utf-8")
    market = made.scene.market
    trades(made.record, market.hours, market.symbols).write_parquet(folder / "trades.parquet")
    made.refused.write_parquet(folder / "refused.parquet")
    trips(made.record, market.hours).write_parquet(folder / "tripped.parquet")
    moments = pl.Series("time", market.hours * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    closes = {
        "close" if len(market.symbols) == 1 else f"close_{symbol}": market.close[:, j]
        for j, symbol in enumerate(market.symbols)
    }
    pl.DataFrame(
        {
            "time": moments,
            "equity": made.record.equity,
            "exposure": made.record.exposure,
            "carried": made.record.carried,
            **closes,
        }
    ).write_parquet(folder / "equity.parquet")


def _iso(market: Market, row: int) -> str:
    return str(np.datetime64(int(market.hours[row]) * 3600, "s")) + "Z"
