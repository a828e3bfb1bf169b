"""What the gates refuse, how far two outcomes mislead Kelly, and what S3's expression would do.

On the forecasts of an evaluation and the bars they are of: how many signals pass a confidence of
0.55 and a day's volatility of 15 %, and how often those sides were right; the exposure that grows
fastest by the rule of two outcomes against that of the whole distribution, searched for; the sign
of S3's expression; and backtests with and without gates and sizing, which count as trials in the
ledger of the lake. About a minute.

    python -m benchmarks.study_risk --forecasts out/forecasts.parquet --lake lake
"""

import argparse
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from scipy.optimize import minimize_scalar

from barograph.core.levels import LEVELS, column
from barograph.core.time import HORIZONS, HOUR
from barograph.core.types import Floats
from barograph.lake.lake import Lake
from barograph.metrics.distribution import quantile
from barograph.models.barograph import FLAGSHIP
from barograph.pipelines.backtest import Plan, backtest
from barograph.pipelines.prepare import settings_of
from barograph.trading.odds import Odds, odds
from barograph.trading.risk.catalogue import gates
from barograph.trading.risk.gate import Signals
from barograph.trading.sizing import HALF_KELLY, fastest

SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
DRAWN: Final = 200
"""Forecasts of a horizon for which the whole distribution is searched."""
GRID: Final = (np.arange(2000) + 0.5) / 2000
TRIED: Final = 32
"""Backtests below, each held against the luckiest of so many worthless ones."""
OPEN: Final = {"confidence": 0.0, "volatility": 0.15}


@dataclass(frozen=True, slots=True)
class Told:
    """Forecasts of a symbol and horizon, and what came; arrays of shape ``(n,)``."""

    p_up: Floats
    vol: Floats
    mean: Floats
    quantiles: Floats
    came: Floats
    day: Floats


def told(path: Path, closes: pl.DataFrame, symbol: str, hours: int) -> Told:
    """Read the flagship's forecasts."""
    asked = (
        (pl.col("symbol") == symbol)
        & (pl.col("model") == FLAGSHIP.name)
        & (pl.col("horizon_hours") == hours)
    )
    rows = pl.scan_parquet(path).filter(asked).sort("as_of").collect()
    ends = closes.select(as_of=pl.col("close_time") - hours * HOUR, then=pl.col("close"))
    known = (
        rows.join(closes.rename({"close_time": "as_of"}), on="as_of", how="left")
        .join(ends, on="as_of", how="left")
        .with_columns(came=(pl.col("then") / pl.col("close")).log())
    )
    p_up, vol, mean = (known[name].to_numpy() for name in ("p_up", "vol", "mean"))
    quantiles = known.select(column(level) for level in LEVELS).to_numpy()
    day = (known["as_of"].dt.epoch("s") // 86400).to_numpy().astype(float)
    return Told(p_up, vol, mean, quantiles, known["came"].to_numpy(), day)


def gate_row(one: Told, hours: int) -> str:
    """What passes the gates, and what came of it."""
    side = np.where(one.p_up >= 0.5, 1.0, -1.0)
    signals = Signals(side, one.p_up, one.vol * np.sqrt(24.0 / hours))
    closed = {name: gate.closed(signals) for name, gate in gates().items()}
    likely = np.maximum(one.p_up, 1.0 - one.p_up)
    passed = ~closed["confidence"]
    wild = 100.0 * closed["volatility"].mean()
    middle, most = np.quantile(likely, (0.5, 1.0))
    cells = [f"{hours}", f"{middle:.3f}; {most:.3f}", f"{100 * passed.mean():.2f}"]
    right, days = side * one.came > 0.0, len(np.unique(one.day[passed]))
    known = passed & np.isfinite(one.came)
    if known.any():
        long = 100.0 * (side[passed] > 0).mean()
        came = 1e4 * (side * one.came)[known].mean()
        cells += [f"{days}", f"{long:.0f}", f"{100 * right[known].mean():.1f}", f"{came:+.0f}"]
    else:
        cells += ["0", "–", "–", "–"]
    return " | ".join([*cells, f"{wild:.3f}"])


def searched(returns: Floats) -> float:
    """Exposure that maximises the expected log growth over equally likely returns."""
    edge = 0.999 / max(-float(returns.min()), 1e-9)
    found = minimize_scalar(
        lambda x: -float(np.log1p(x * returns).mean()), bounds=(0.0, edge), method="bounded"
    )
    return float(found.x)


def kelly_row(one: Told, hours: int, rng: np.random.Generator) -> str:
    """Two outcomes against the whole distribution; S3's expression."""
    bet = odds(one.quantiles)
    side = np.where(bet.up * bet.gain >= (1.0 - bet.up) * bet.loss, 1.0, -1.0)
    rows = rng.choice(len(side), DRAWN, replace=False)
    few = Odds(bet.up[rows], bet.gain[rows], bet.loss[rows])
    quick = fastest(few, side[rows], 0.0)
    whole = [
        searched(way * np.expm1(law))
        for way, law in zip(side[rows], quantile(one.quantiles[rows], GRID), strict=True)
    ]
    low, middle, high = np.quantile(quick / np.array(whole), (0.05, 0.5, 0.95))
    after = fastest(bet, side, Plan().round_trip)
    edge, ratio = np.abs(one.p_up - 0.5), one.mean / one.vol
    s3 = (edge * ratio - (1.0 - edge)) / ratio
    rise, fall = (np.median(s3[rows]) if rows.any() else np.nan for rows in (ratio > 0, ratio < 0))
    wrong = 100.0 * (np.sign(s3) != np.sign(one.mean)).mean()
    cells = (
        f"{hours}", f"{np.median(bet.gain / bet.loss):.2f}", f"{np.median(bet.loss / one.vol):.2f}",
        f"{np.median(quick):.1f}", f"{middle:.2f} [{low:.2f}, {high:.2f}]",
        f"{100 * (after > 0).mean():.1f}", f"{rise:+.0f}; {fall:+.0f}", f"{wrong:.1f}",
    )  # fmt: skip
    return " | ".join(cells)


def trades(lake: Lake, path: Path, symbols: tuple[str, ...]) -> None:
    """Print backtests with and without gates and sizing."""
    heading("strategy", "horizon", "gates", "sizing", "return, %", "Sharpe", "worst fall, %",
            "trades", "better than luck, %")  # fmt: skip
    rules = ("threshold", "probability_band")
    for symbol, rule, hours, limits, sizing in product(
        symbols, rules, (24, 168), (OPEN, {}), (None, HALF_KELLY)
    ):
        plan = Plan(
            symbols=(symbol,), strategy=rule, horizon=hours, limits=limits, sizing=sizing,
            trials=TRIED,
        )  # fmt: skip
        run = backtest(lake, settings_of("small", None, [symbol]), path, plan)
        made = run.performance
        cells = (
            symbol[:3], rule, f"{hours} h", "volatility" if limits else "both",
            "strategy" if sizing is None else "Kelly", f"{100 * made.total_return:+.1f}",
            f"{made.sharpe:.2f}", f"{100 * made.max_drawdown:.1f}",
            f"{made.trades}", f"{100 * run.luck.deflated:.1f}",
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |")


def heading(*names: str) -> None:
    """Print the head of a table."""
    print(f"\n| | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")


def main() -> None:
    """Print the tables."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    made.add_argument("--forecasts", type=Path, default=Path("out/forecasts.parquet"))
    made.add_argument("--lake", type=Path, default=Path("lake"))
    made.add_argument("--symbols", nargs="+", default=list(SYMBOLS))
    asked = made.parse_args()
    lake = Lake(asked.lake, create=False)
    read = {}
    for symbol in asked.symbols:
        venues = settings_of("small", None, [symbol]).venues
        closes = lake.bars(symbol, "1h", venues).select("close_time", "close")
        for hours in HORIZONS:
            read[symbol, hours] = told(asked.forecasts, closes, symbol, hours)
    heading("hours", "likelier side: median; most", "pass 0.55, %", "days", "long, %", "right, %",
            "came, bp", "too wild, %")  # fmt: skip
    for (symbol, hours), one in read.items():
        print(f"| {symbol[:3]} | {gate_row(one, hours)} |")
    heading("hours", "b", "L / vol", "f / L", "of the whole", "edge after costs, %",
            "S3: rise; fall", "S3 wrong side, %")  # fmt: skip
    rng = np.random.default_rng(7)
    for (symbol, hours), one in read.items():
        print(f"| {symbol[:3]} | {kelly_row(one, hours, rng)} |")
    trades(lake, asked.forecasts, tuple(asked.symbols))


if __name__ == "__main__":
    main()
