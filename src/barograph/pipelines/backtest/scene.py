"""The market of a backtest and what was believed at each of its closes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from barograph.core.errors import NotEnoughDataError
from barograph.core.settings import Settings
from barograph.core.time import HOUR
from barograph.core.types import Floats, Ints
from barograph.lake.grid import hourly_grid
from barograph.lake.lake import Lake
from barograph.pipelines.backtest.forecasts import ODDS, told_of
from barograph.pipelines.backtest.plan import Plan
from barograph.sources.names import funding_key
from barograph.trading.market import Market
from barograph.trading.odds import Odds
from barograph.trading.strategies.base import Beliefs

COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a strategy is tested on.

    Attributes
    ----------
    market : Market
    beliefs : Beliefs
        On the hours and symbols of the market.
    simulated : bool
        Whether bars or forecasts are of a simulated market.
    gaps : Mapping of str to Gap
        Hours without a forecast, by symbol.
    """

    market: Market
    beliefs: Beliefs
    simulated: bool
    gaps: Mapping[str, "Gap"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours without a forecast between the first and the last decision.

    Attributes
    ----------
    forecasts, missing : int
        Hours with one and without.
    longest : int
        Most in a row that are without.
    since : int
        First hour of that stretch, hours since 1970; 0 where there is none.
    """

    forecasts: int
    missing: int
    longest: int
    since: int


def scene_of(lake: Lake, settings: Settings, forecasts: Path | None, plan: Plan) -> Scene:
    """Read the bars, the funding and the forecasts of a plan.

    Parameters
    ----------
    lake : Lake
        Where bars and funding lie.
    settings : Settings
        For the order of venues.
    forecasts : Path or None
        ``forecasts.parquet`` of ``barograph evaluate`` or ``run``; the lake's ledger where None.
    plan : Plan

    Raises
    ------
    InputError
        If there are no such forecasts.
    NotEnoughDataError
        If the lake has no bars of that time.
    """
    told = told_of(lake, forecasts, plan)
    market, simulated = market_of(lake, settings, plan, told)
    beliefs = beliefs_of(told, market, plan.horizon)
    return Scene(
        market=market,
        beliefs=beliefs,
        simulated=simulated or bool(told["simulated"].any()),
        gaps={
            symbol: gap_of(market.hours, np.isfinite(beliefs.mean[:, j]))
            for j, symbol in enumerate(plan.symbols)
        },
    )


def market_of(
    lake: Lake, settings: Settings, plan: Plan, told: pl.DataFrame
) -> tuple[Market, bool]:
    """Bars from the first decision to a horizon after the last, with the funding settled then.

    A bar that one symbol has and another lacks is missing for that one alone.
    """
    decided = told["decided"].sort()
    first, last = decided[0], decided[-1] + plan.horizon * HOUR
    grids, simulated = [], False
    for symbol in plan.symbols:
        bars = lake.bars(symbol, "1h", settings.venues)
        inside = bars.filter(pl.col("close_time").is_between(first, last))
        if inside.is_empty():
            raise NotEnoughDataError(
                f"the lake has no bars of {symbol} at the forecasts' hours, {first:%Y-%m-%d} to "
                f"{last:%Y-%m-%d}; ingest some with `barograph ingest` or `barograph data --fetch`"
            )
        simulated |= bool((inside["venue"] == "simulated").any())
        grids.append(hourly_grid(inside))
    begins, ends = min(g["as_of"][0] for g in grids), max(g["as_of"][-1] for g in grids)
    axis = pl.DataFrame({"as_of": pl.datetime_range(begins, ends, HOUR, eager=True)})
    whole = [axis.join(grid, on="as_of", how="left") for grid in grids]
    hours = axis["as_of"].dt.epoch("s").to_numpy() // 3600
    prices = {name: np.column_stack([_values(grid, name) for grid in whole]) for name in COLUMNS}
    funding = np.zeros(prices["close"].shape)
    for column, symbol in enumerate(plan.symbols if plan.funding else ()):
        funding[:, column] = funding_of(lake, symbol, hours[0], len(hours))
    return Market(plan.symbols, hours, **prices, funding=funding), simulated


def _values(grid: pl.DataFrame, name: str) -> Floats:
    values: Floats = grid[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return values


def funding_of(lake: Lake, symbol: str, first: int, count: int) -> Floats:
    """Rate settled at the opening of each bar; 0 where the lake knows of none."""
    found, key = np.zeros(count), funding_key(symbol)
    try:
        rates = lake.observations(key.symbol, (key.venue,))
    except NotEnoughDataError:
        return found
    settled = (
        rates.unique("event_time", keep="last", maintain_order=True)  # the last vintage
        .select(place=pl.col("event_time").dt.epoch("s") // 3600 + 1 - first, rate="value")
        .filter(pl.col("place").is_between(0, count - 1))
    )
    np.add.at(found, settled["place"].to_numpy(), settled["rate"].to_numpy())
    return found


def beliefs_of(told: pl.DataFrame, market: Market, horizon: int) -> Beliefs:
    """Forecasts on the market's hours, each at the close from which on it is known."""
    rows = told["decided"].dt.epoch("s").to_numpy() // 3600 - market.hours[0]
    places = {symbol: j for j, symbol in enumerate(market.symbols)}
    columns = told["symbol"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    shape, inside = market.close.shape, (rows >= 0) & (rows < len(market.hours))

    def spread(name: str) -> Floats:
        values = np.full(shape, np.nan)
        values[rows[inside], columns[inside]] = told[name].to_numpy()[inside]
        return values

    source = np.zeros(shape, dtype=np.int64)
    source[rows[inside], columns[inside]] = told["source"].to_numpy()[inside]
    p_up = spread("p_up")
    bet = Odds(p_up, *(spread(name) for name in ODDS)) if ODDS[0] in told.columns else None
    return Beliefs(spread("mean"), spread("vol"), p_up, source, horizon, bet)


def gap_of(hours: Ints, told: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Gap:
    """Where forecasts are missing between the first and the last."""
    rows = np.flatnonzero(told)
    absent = np.diff(rows) - 1
    longest = int(absent.max(initial=0))
    since = int(hours[rows[int(absent.argmax())] + 1]) if longest else 0
    return Gap(len(rows), int(absent.sum()), longest, since)
