"""What a run earned, at what risk, and beside simply holding: formulas over equity and trades."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading.market import Market
from barograph.trading.record import Record, trades
from barograph.trading.rules import HOURS_A_YEAR

NOTICE: Final = "Engineering evaluation, not financial advice."


@dataclass(frozen=True, slots=True)
class Performance:
    """Figures of one run; a rate is a fraction, NaN where it is not defined.

    Attributes
    ----------
    total_return, annual_return : float
        Of the capital; geometric.
    volatility : float
        Standard deviation of hourly returns, annualised.
    sharpe, sortino : float
        Annualised mean hourly return over its deviation, and over its downside deviation below
        zero; no risk-free rate.
    max_drawdown : float
        Deepest fall of equity from its peak, positive.
    drawdown_hours : int
        Longest time below a peak.
    trades, long_trades, short_trades : int
        Round trips.
    win_rate : float
        Share of trades with a profit.
    profit_factor : float
        Sum of profits over sum of losses; infinite without a loss, NaN without trades.
    trade_hours : float
        Mean duration.
    exposure : float
        Share of hours with a position.
    turnover : float
        Value traded a year over mean equity.
    fees, carried : float
        Commissions; funding and borrow paid, in quote currency.
    buy_hold : float
        Return of holding the symbols from the first close to the last.
    alpha, beta : float
        Of hourly returns on those of holding; alpha annualised.
    information_ratio : float
        Annualised mean of the difference of both over its deviation.
    """

    total_return: float
    annual_return: float
    volatility: float
    sharpe: float
    sortino: float
    max_drawdown: float
    drawdown_hours: int
    trades: int
    long_trades: int
    short_trades: int
    win_rate: float
    profit_factor: float
    trade_hours: float
    exposure: float
    turnover: float
    fees: float
    carried: float
    buy_hold: float
    alpha: float
    beta: float
    information_ratio: float


def measure(
    record: Record, market: Market, capital: float, shares: Sequence[float] | None = None
) -> Performance:
    """Figures of a run.

    Parameters
    ----------
    record : Record
    market : Market
        What it is of.
    capital : float
        Cash at the start.
    shares : Sequence of float or None
        Parts of the capital that holding puts into each symbol; equal where None.

    Raises
    ------
    InputError
        If the market has fewer than two bars.
    """
    if len(record.equity) < 2:
        raise InputError(f"{len(record.equity)} bars; a backtest needs at least two")
    returns = hourly_returns(record.equity, capital)
    held = holding(market, shares)
    made = trades(record, market.hours, market.symbols)
    years = len(returns) / HOURS_A_YEAR
    total = float(record.equity[-1] / capital - 1.0)
    depth, longest = drawdown(record.equity, capital)
    beta = ratio(float(np.cov(returns, held)[0, 1]), float(np.var(held, ddof=1)))
    excess = returns - held
    profit = made["profit"]
    gains, losses = float(profit.filter(profit > 0).sum()), -float(profit.filter(profit < 0).sum())
    traded = float(np.abs(record.amounts[:, 0] * record.amounts[:, 1]).sum())
    return Performance(
        total_return=total,
        annual_return=compound(total, years),
        volatility=float(np.std(returns, ddof=1) * np.sqrt(HOURS_A_YEAR)),
        sharpe=sharpe(returns),
        sortino=annual(float(returns.mean()), float(np.sqrt((np.minimum(returns, 0) ** 2).mean()))),
        max_drawdown=depth,
        drawdown_hours=longest,
        trades=made.height,
        long_trades=made.filter(pl.col("side") == "long").height,
        short_trades=made.filter(pl.col("side") == "short").height,
        win_rate=float((profit > 0).mean()) if made.height else np.nan,  # type: ignore[arg-type]
        profit_factor=(gains / losses if losses > 0 else np.inf) if made.height else np.nan,
        trade_hours=float(made["hours"].mean()) if made.height else np.nan,  # type: ignore[arg-type]
        exposure=float((record.exposure > 0.0).mean()),
        turnover=ratio(traded / years, float(record.equity.mean())),
        fees=float(record.amounts[:, 2].sum()),
        carried=float(record.carried.sum()),
        buy_hold=float(np.prod(1.0 + held) - 1.0),
        alpha=float((returns.mean() - beta * held.mean()) * HOURS_A_YEAR),
        beta=beta,
        information_ratio=annual(float(excess.mean()), float(np.std(excess, ddof=1))),
    )


def hourly_returns(equity: Floats, capital: float) -> Floats:
    """Simple return of each hour, shape ``(n,)``; 0 once there is no equity left."""
    before = np.concatenate(([capital], equity[:-1]))
    alive = before > 0.0
    found: Floats = np.where(alive, equity / np.where(alive, before, 1.0) - 1.0, 0.0)
    return found


def compound(total: float, years: float) -> float:
    """Yearly return that compounds to a total; infinite where no float holds it."""
    with np.errstate(over="ignore", divide="ignore"):
        return float(np.expm1(np.log1p(max(total, -1.0)) / years))


def holding(market: Market, shares: Sequence[float] | None = None) -> Floats:
    """Hourly return of buying at the first close and holding, shape ``(n,)``.

    Parameters
    ----------
    market : Market
    shares : Sequence of float or None
        Part of the capital for each symbol, the rest stays cash; equal parts where None. A symbol
        without a bar counts at its last price, and as cash before its first.
    """
    parts = np.full(len(market.symbols), 1.0 / len(market.symbols)) if shares is None else shares
    worth = np.full(len(market.hours), 1.0)
    for part, column in zip(parts, market.close.T, strict=True):
        prices = pl.Series(column).fill_nan(None)
        first = prices.drop_nulls().head(1)
        if len(first):
            grown = prices.fill_null(strategy="forward").fill_null(first[0]) / first[0]
            worth += part * (grown.to_numpy() - 1.0)
    found = np.zeros(len(worth))
    found[1:] = worth[1:] / worth[:-1] - 1.0
    return found


def drawdown(equity: Floats, capital: float) -> tuple[float, int]:
    """Deepest fall from a peak as a fraction, and the most hours in a row below one."""
    peak = np.maximum.accumulate(np.maximum(equity, capital))
    below = equity < peak
    runs = np.diff(np.flatnonzero(np.concatenate(([True], ~below, [True])))) - 1
    return float((1.0 - equity / peak).max()), int(runs.max())


def sharpe(returns: Floats) -> float:
    """Annualised mean over standard deviation of hourly returns; NaN where nothing moves."""
    return annual(float(returns.mean()), float(np.std(returns, ddof=1)))


def annual(mean: float, deviation: float) -> float:
    """Ratio of an hourly mean to an hourly deviation, annualised."""
    return ratio(mean, deviation) * float(np.sqrt(HOURS_A_YEAR))


def ratio(value: float, by: float) -> float:
    """Quotient; NaN where it is not defined."""
    return value / by if by > 0.0 else float("nan")
