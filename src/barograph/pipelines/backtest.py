"""A backtest from a lake and the forecasts of an evaluation: wishes, fills, figures, files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import polars as pl

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.settings import Settings
from barograph.core.time import HOUR
from barograph.core.types import Floats
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake
from barograph.sources.names import funding_key
from barograph.trading import kernel
from barograph.trading.catalogue import strategies
from barograph.trading.luck import deflated_sharpe, resampled
from barograph.trading.market import Market
from barograph.trading.performance import (
    NOTICE,
    Performance,
    hourly_returns,
    measure,
    sharpe,
)
from barograph.trading.record import EVENTS, Record, trades
from barograph.trading.rules import BPS, Breakers, Execution
from barograph.trading.strategies.base import Beliefs, gated, wishes

STRESSES: Final = (1.0, 1.25, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tested.

    Attributes
    ----------
    symbol, model, strategy : str
    horizon : int
        Of the forecasts that are traded, hours.
    start, end : datetime or None
        First and last hour; as far as there are forecasts where None.
    capital : float
    execution : Execution
    breakers : Breakers
    trials : int
        How many configurations were tried, this one among them.
    seed : int
    parameters : Mapping of str to float
        Of the strategy, where not its defaults.
    """

    symbol: str = "BTCUSDT"
    model: str = "barograph"
    strategy: str = "threshold"
    horizon: int = 24
    start: datetime | None = None
    end: datetime | None = None
    capital: float = 10_000.0
    execution: Execution = Execution()  # noqa: RUF009 - frozen
    breakers: Breakers = Breakers()  # noqa: RUF009 - frozen
    trials: int = 1
    seed: int = 7
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of a plan.

    Attributes
    ----------
    plan : Plan
    market : Market
    record : Record
    performance : Performance
    stressed : dict of float to Performance
        The same wishes at so many times the costs.
    delayed : Performance
        The same with every wish an hour later.
    sharpe_range : tuple of float
        95 % interval of the Sharpe ratio from resampled weeks.
    deflated : float
        Probability that the true Sharpe ratio exceeds that of the luckiest of the trials.
    simulated : bool
        Whether the market was.
    """

    plan: Plan
    market: Market
    record: Record
    performance: Performance
    stressed: dict[float, Performance]
    delayed: Performance
    sharpe_range: tuple[float, float]
    deflated: float
    simulated: bool


def backtest(lake: Lake, settings: Settings, forecasts: Path, plan: Plan) -> Backtest:
    """Trade the forecasts of an evaluation over the bars they are of.

    Parameters
    ----------
    lake : Lake
        Where bars and funding lie.
    settings : Settings
        For the order of venues.
    forecasts : Path
        ``forecasts.parquet`` of ``barograph evaluate`` or ``run``.
    plan : Plan

    Raises
    ------
    InputError
        If the file has no such forecasts, or there is no such strategy.
    NotEnoughDataError
        If the lake has no bars of that time.
    """
    known = strategies()
    if plan.strategy not in known:
        raise InputError(f"no strategy {plan.strategy!r}; there are: {', '.join(known)}")
    strategy = known[plan.strategy]
    chosen = strategy.parameters(plan.parameters)
    told = told_of(forecasts, plan)
    market, simulated = market_of(lake, settings, plan, told)
    beliefs = beliefs_of(told, market, plan.horizon)

    # What the strategy reckons with; where costs turn out dearer it wishes the same.
    cost = 2.0 * (plan.execution.slippage_bps + plan.execution.commission_bps) * BPS
    exposure = gated(beliefs, strategy.exposure(beliefs, cost, **chosen))

    def run(execution: Execution, shift: int = 0) -> Record:
        made = wishes(beliefs, _later(exposure, shift))
        return kernel.simulate(market, made, execution, plan.breakers, plan.capital, plan.seed)

    record = run(plan.execution)
    returns = hourly_returns(record.equity, plan.capital)
    drawn = resampled(returns, sharpe, seed=plan.seed)
    known_draws = drawn[np.isfinite(drawn)]
    low, high = np.quantile(known_draws, (0.025, 0.975)) if len(known_draws) else (np.nan, np.nan)
    return Backtest(
        plan=plan,
        market=market,
        record=record,
        performance=measure(record, market, plan.capital),
        stressed={
            factor: measure(run(plan.execution.stressed(factor)), market, plan.capital)
            for factor in STRESSES
        },
        delayed=measure(run(plan.execution, 1), market, plan.capital),
        sharpe_range=(float(low), float(high)),
        deflated=deflated_sharpe(returns, plan.trials),
        simulated=simulated,
    )


def told_of(path: Path, plan: Plan) -> pl.DataFrame:
    """Forecasts of the plan's symbol, model and horizon, by origin.

    Raises
    ------
    InputError
        If there are none, naming what there is.
    """
    if not path.is_file():
        raise InputError(f"no forecasts in {path}; make some with `barograph evaluate --out`")
    asked = (
        (pl.col("symbol") == plan.symbol)
        & (pl.col("model") == plan.model)
        & (pl.col("horizon_hours") == plan.horizon)
    )
    if plan.start is not None:
        asked &= pl.col("as_of") >= plan.start
    if plan.end is not None:
        asked &= pl.col("as_of") <= plan.end
    found = pl.scan_parquet(path).filter(asked).sort("as_of").collect()
    if found.is_empty():
        there = pl.scan_parquet(path).select("symbol", "model", "horizon_hours").unique().collect()
        names = ", ".join(sorted(set(there["model"])))
        raise InputError(
            f"{path} has no forecasts of {plan.symbol} by {plan.model!r} at {plan.horizon} h then; "
            f"symbols {sorted(set(there['symbol']))}, models {names}, "
            f"horizons {sorted(set(there['horizon_hours']))}"
        )
    return found


def market_of(
    lake: Lake, settings: Settings, plan: Plan, told: pl.DataFrame
) -> tuple[Market, bool]:
    """Bars from the first forecast to a horizon after the last, with the funding settled then."""
    first, last = told["as_of"][0], told["as_of"][-1] + plan.horizon * HOUR
    bars = lake.bars(plan.symbol, "1h", settings.venues)
    inside = bars.filter(pl.col("close_time").is_between(first, last))
    if inside.is_empty():
        raise NotEnoughDataError(f"the lake has no bars of {plan.symbol} at the forecasts' hours")
    grid = hourly_grid(inside)
    hours = grid["as_of"].dt.epoch("s").to_numpy() // 3600
    funding = _funding(lake, plan.symbol, hours[0], len(hours))
    market = Market(
        symbols=(plan.symbol,),
        hours=hours,
        open=_column(grid, "open"),
        high=_column(grid, "high"),
        low=_column(grid, "low"),
        close=_column(grid, "close"),
        volume=_column(grid, "volume"),
        funding=funding[:, None],
    )
    return market, bool((inside["venue"] == "simulated").any())


def _column(grid: pl.DataFrame, name: str) -> Floats:
    values: Floats = grid[name].cast(pl.Float64).fill_null(np.nan).to_numpy()[:, None].copy()
    return values


def _funding(lake: Lake, symbol: str, first: int, count: int) -> Floats:
    """Rate settled at the opening of each bar; 0 where the lake knows of none."""
    found, key = np.zeros(count), funding_key(symbol)
    try:
        rates = lake.observations(key.symbol, (key.venue,))
    except NotEnoughDataError:
        return found
    settled = rates.select(
        place=pl.col("event_time").dt.epoch("s") // 3600 + 1 - first, rate="value"
    ).filter(pl.col("place").is_between(0, count - 1))
    np.add.at(found, settled["place"].to_numpy(), settled["rate"].to_numpy())
    return found


def beliefs_of(told: pl.DataFrame, market: Market, horizon: int) -> Beliefs:
    """Forecasts on the market's hours."""
    rows = told["as_of"].dt.epoch("s").to_numpy() // 3600 - market.hours[0]
    shape = market.close.shape

    def spread(name: str) -> Floats:
        values = np.full(shape, np.nan)
        values[rows, 0] = told[name].to_numpy()
        return values

    # An evaluation's forecasts have no number in the ledger.
    nowhere = np.zeros(shape, dtype=np.int64)
    return Beliefs(spread("mean"), spread("vol"), spread("p_up"), nowhere, horizon)


def _later(exposure: Floats, bars: int) -> Floats:
    return np.vstack((np.full((bars, exposure.shape[1]), np.nan), exposure))[: len(exposure)]


def document(made: Backtest) -> dict[str, object]:
    """Everything but the series, as JSON has it."""
    plan = made.plan
    events = [EVENTS[code] for code in made.record.events[:, 1].tolist()]
    return {
        "notice": NOTICE,
        "simulated": made.simulated,
        "symbol": plan.symbol,
        "model": plan.model,
        "strategy": plan.strategy,
        "parameters": strategies()[plan.strategy].parameters(plan.parameters),
        "horizon_hours": plan.horizon,
        "from": _iso(made.market, 0),
        "to": _iso(made.market, -1),
        "capital": plan.capital,
        "execution": plan.execution.model_dump(),
        "breakers": plan.breakers.model_dump(),
        "seed": plan.seed,
        "trials": plan.trials,
        "performance": asdict(made.performance),
        "costs": {f"{factor:g}x": asdict(one) for factor, one in made.stressed.items()},
        "an_hour_later": asdict(made.delayed),
        "sharpe_95": list(made.sharpe_range),
        "deflated_sharpe": made.deflated,
        "tripped": {name: events.count(name) for name in EVENTS if name in events},
        "trade_hash": made.record.hash,
    }


def write(made: Backtest, folder: Path) -> None:
    """Write ``backtest.json``, ``trades.parquet`` and ``equity.parquet``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "backtest.json").write_bytes(
        orjson.dumps(document(made), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    )
    hours = made.market.hours
    trades(made.record, hours, made.market.symbols).write_parquet(folder / "trades.parquet")
    moments = pl.Series("time", hours * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    pl.DataFrame(
        {
            "time": moments,
            "equity": made.record.equity,
            "exposure": made.record.exposure,
            "carried": made.record.carried,
            "close": made.market.close[:, 0],
        }
    ).write_parquet(folder / "equity.parquet")


def _iso(market: Market, row: int) -> str:
    return str(np.datetime64(int(market.hours[row]) * 3600, "s")) + "Z"
