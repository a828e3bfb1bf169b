"""What trading the forecasts would have earned: the tables of the documents, in Markdown.

On the forecasts of an evaluation and the bars they are of, from 2021 to June 2025, with the ledger
of a copy of the lake that begins without trials: every strategy at every horizon on both symbols,
the checks of the engine at a day, what is luck, and the walk-forward search. Some minutes.

    barograph evaluate --symbol BTCUSDT --symbol ETHUSDT --start 2021-01-01 --end 2025-06-30
    python -m benchmarks.study_trading --forecasts out/forecasts.parquet --lake lake
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from barograph.core.time import HORIZONS, now
from barograph.lake.lake import Lake
from barograph.pipelines.backtest import Backtest, Plan, backtest, decisions
from barograph.pipelines.optimise import Search, optimise
from barograph.pipelines.prepare import settings_of

SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
STRATEGIES: Final = ("threshold", "risk_adjusted", "probability_band")
OPEN: Final = {"confidence": 0.0}
SPAN: Final = decisions("2021-01-01", "2025-06-30")
Grid = dict[str, tuple[float, ...]]
GRIDS: Final[tuple[Grid, ...]] = (
    {},
    {"band": tuple(np.linspace(0.0, 0.04, 9).tolist())},
    {"band": tuple(np.linspace(0.0, 0.1, 1000).tolist())},
)
MINUS: Final = str.maketrans("-", "\N{MINUS SIGN}")
Run = Callable[[Plan], Backtest]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forecasts", type=Path, default=Path("out/forecasts.parquet"))
    parser.add_argument("--lake", type=Path, default=Path("lake"))
    asked = parser.parse_args()

    for part in (strategies, luck, searches):
        # Each begins with a ledger that has seen no trial.
        with TemporaryDirectory() as folder:
            copy = copytree(asked.lake, Path(folder) / "lake", ignore=ignore_patterns("trials.*"))
            part(Lake(copy), asked.forecasts)


def strategies(lake: Lake, forecasts: Path) -> None:
    """Every strategy at every horizon, then the day's table of each symbol."""
    run = runner(lake, forecasts)
    made = [
        run(plan(strategy, symbol, hours))
        for symbol in SYMBOLS for hours in HORIZONS for strategy in STRATEGIES
    ]  # fmt: skip
    traded = [one for one in made if len(one.record.places)]
    up = [one for one in traded if one.performance.total_return > 0.0]
    beat = [one for one in up if one.performance.total_return > one.performance.buy_hold]
    print(f"## {len(made)} configurations: {len(up)} end above the start, "
          f"{len(traded) - len(up)} below, {len(made) - len(traded)} never trade; "
          f"{len(beat)} beat holding")  # fmt: skip
    best = max(traded, key=lambda one: one.performance.total_return)
    again = run(best.plan)
    low, high = again.drawn.interval("total_return")
    print(f"best: {best.plan.strategy} {best.plan.horizon} h {best.plan.symbols[0]} "
          f"{percent(best.performance.total_return)}, above the luckiest of {again.luck.trials} "
          f"worthless: {again.luck.deflated:.0%}; resampled {percent(low)} to "
          f"{percent(high)}\n")  # fmt: skip
    for symbol in SYMBOLS:
        print(f"| {symbol} | return | 1.5 × costs; an hour later | Sharpe | deepest fall | trades "
              "| slippage; commission; funding |\n|---|---|---|---|---|---|---|")  # fmt: skip
        for strategy in (*STRATEGIES, "random", "always_long"):
            row(f"`{strategy}`", run(plan(strategy, symbol, 24)))
        row("`always_long --no-funding`", run(plan("always_long", symbol, 24, funding=False)))
        gated = Plan(symbols=(symbol,), strategy="threshold", start=SPAN[0], end=SPAN[1])
        row("`threshold`, gate of 55 %", run(gated))
        print(f"| buy and hold | {percent(run(gated).performance.buy_hold)} |\n")


def luck(lake: Lake, forecasts: Path) -> None:
    """What is luck of three strategies and of the search of each."""
    run = runner(lake, forecasts)
    told = {strategy: run(plan(strategy, "BTCUSDT", 24)) for strategy in STRATEGIES}
    print("## Luck, BTCUSDT, 24 h")
    for strategy, one in told.items():
        low, high = one.drawn.interval("total_return")
        gross = one.record.equity[-1] - one.plan.capital + one.paid.total
        print(f"{strategy}: return {percent(one.performance.total_return)}, resampled "
              f"{percent(low)} to {percent(high)}; prices {money(gross)}, costs "
              f"{money(one.paid.total)}; above zero {one.luck.above_zero:.0%}, above the best of "
              f"{one.luck.trials}: {one.luck.deflated:.0%}")  # fmt: skip
        best = one.regimes.sort("log_return", descending=True, nulls_last=True).row(0, named=True)
        print(f"  best regime: {best}")
    for strategy in STRATEGIES:
        search(lake, forecasts, strategy, {})


def searches(lake: Lake, forecasts: Path) -> None:
    """Three grids of one strategy."""
    print("\n## Searches, BTCUSDT, 24 h")
    for grid in GRIDS:
        search(lake, forecasts, "probability_band", grid)


def search(lake: Lake, forecasts: Path, strategy: str, grid: dict[str, tuple[float, ...]]) -> None:
    """One line of a search."""
    made = optimise(lake, settings_of("small", None, list(SYMBOLS)), forecasts,
                    plan(strategy, "BTCUSDT", 24), Search(grid), at=now())  # fmt: skip
    over = "–" if made.overfit is None else f"{made.overfit.probability:.0%}"
    year = float(np.sqrt(365.25))
    paths = "–" if made.paths is None else " to ".join(
        f"{edge * year:.2f}" for edge in (made.paths.sharpe.min(), made.paths.sharpe.max())
    )  # fmt: skip
    named = (("walk-forward", made.performance), ("defaults", made.fixed),
             ("hindsight", made.hindsight))  # fmt: skip
    returns = ", ".join(f"{name} {percent(one.total_return)}" for name, one in named)
    print(f"{strategy}, {len(made.tried)} configurations: {returns}, holding "
          f"{percent(made.performance.buy_hold)}; overfitting {over}; nine histories {paths}; "
          f"above the best of {made.luck.trials}: {made.luck.deflated:.1%}")  # fmt: skip


def plan(strategy: str, symbol: str, hours: int, *, funding: bool = True) -> Plan:
    """Without the gate of confidence."""
    return Plan(symbols=(symbol,), strategy=strategy, horizon=hours, start=SPAN[0], end=SPAN[1],
                limits=OPEN, funding=funding)  # fmt: skip


def runner(lake: Lake, forecasts: Path) -> Run:
    """Backtests on a lake."""
    settings = settings_of("small", None, list(SYMBOLS))
    return lambda asked: backtest(lake, settings, forecasts, asked)


def row(name: str, made: Backtest) -> None:
    """One row of a table."""
    own, dear, late = made.performance, made.stressed[1.5], made.delayed
    costs = "; ".join(
        money(one) for one in (made.paid.slippage, made.paid.commission, made.paid.funding)
    )
    stressed = f"{percent(dear.total_return)[:-2]}; {percent(late.total_return)}"
    figures = f"{own.sharpe:.2f} | {own.max_drawdown:.0%} | {own.trades} | {costs} |"
    told = f"{percent(own.total_return)} | {stressed} | {figures}".replace("%", " %")
    print(f"| {name} | {told.replace('  %', ' %').translate(MINUS)}")


def percent(value: float) -> str:
    """A return as the documents write it."""
    return f"{value:+,.1%}".replace("%", " %").translate(MINUS)


def money(value: float) -> str:
    """An amount of quote currency."""
    return f"{value:,.0f}".translate(MINUS)


if __name__ == "__main__":
    main()
