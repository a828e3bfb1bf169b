"""``barograph optimise``: a strategy's parameters chosen on the past of each window."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Optional, TypeAlias

import typer

from barograph.cli import options
from barograph.cli.backtest import (
    Commission,
    Forecasts,
    FromLedger,
    Funding,
    Leverage,
    MaxVol,
    MinConfidence,
    RulesFile,
    Sizes,
    Slippage,
    Symbols,
    TargetVol,
    Values,
    Weights,
    Which,
    numbers,
    rules_of,
)

if TYPE_CHECKING:
    from rich.table import Table

    from barograph.cli.say import Voice
    from barograph.pipelines.backtest import Plan
    from barograph.pipelines.optimise import Optimised, Search

Grid: TypeAlias = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads it at run time
    typer.Option(
        help="Values to try, name=0.1,0.2 or name=first:last:count; repeat for several.",
        show_default="the strategy's own",
    ),
]

EXAMPLES: Final = (
    "barograph optimise --strategy threshold --min-confidence 0",
    "barograph optimise --strategy probability_band --grid band=0:0.05:11 --min-confidence 0",
    "barograph optimise --strategy risk_adjusted --train-days 180 --workers 4 --json",
)


def optimise(
    forecasts: Forecasts = Path("out/forecasts.parquet"),
    symbol: Symbols = None,
    ledger: FromLedger = False,
    strategy: Which = "threshold",
    grid: Grid = None,
    values: Values = None,
    weight: Weights = None,
    train_days: Annotated[int, typer.Option(min=1, help="Days to choose on.")] = 90,
    test_days: Annotated[int, typer.Option(min=1, help="Days to trade before choosing anew.")] = 30,
    horizon: Annotated[int, typer.Option(min=1, help="Horizon that is traded, hours.")] = 24,
    model: Annotated[str, typer.Option(help="Whose forecasts.")] = "barograph",
    start: options.Start = None,
    end: options.End = None,
    capital: Annotated[float, typer.Option(min=1.0, help="Cash at the start.")] = 10_000.0,
    leverage: Leverage = None,
    slippage_bps: Slippage = None,
    commission_bps: Commission = None,
    rules: RulesFile = None,
    funding: Funding = True,
    max_daily_vol: MaxVol = 0.15,
    min_confidence: MinConfidence = 0.55,
    sizing: Sizes = "strategy",
    target_vol: TargetVol = 0.02,
    workers: options.Workers = 2,
    lake: options.LakeFolder = Path("lake"),
    out: options.Out = Path("out/optimise"),
    as_json: options.Json = False,
) -> None:
    """Choose a strategy's parameters walk-forward and trade them; not financial advice."""
    from barograph.pipelines.backtest import Plan, decisions
    from barograph.pipelines.optimise import Search
    from barograph.pipelines.prepare import plain
    from barograph.trading.sizing import Sizing

    first, last = decisions(start, end)
    costs = {"slippage_bps": slippage_bps, "commission_bps": commission_bps}
    told = rules_of(rules, {"leverage": leverage, **costs})
    half = Sizing(target_vol=target_vol, cap=told.execution.leverage)
    plan = Plan(
        symbols=plain(symbol or ["BTCUSDT"]), model=model, strategy=strategy, horizon=horizon,
        start=first, end=last, capital=capital,
        execution=told.execution, breakers=told.breakers, funding=funding,
        parameters=numbers("--set", values), weights=numbers("--weight", weight),
        limits={"volatility": max_daily_vol, "confidence": min_confidence},
        sizing=half if sizing == "kelly" else None,
    )  # fmt: skip
    search = Search(grid_of(grid), train_days, test_days, workers)
    go(plan, search, lake, None if ledger else forecasts, out, as_json=as_json)


def go(
    plan: "Plan", search: "Search", lake: Path, forecasts: Path | None, out: Path, *, as_json: bool
) -> None:
    """Search, write what came of it, and show it."""
    from barograph.cli.say import Voice
    from barograph.core.time import now
    from barograph.lake.lake import Lake
    from barograph.pipelines import optimise as work
    from barograph.pipelines.prepare import settings_of

    voice, place = Voice(as_json=as_json), Lake(lake, create=False)
    settings = settings_of("small", None, list(plan.symbols))
    with voice.progress() as tell:
        made = work.optimise(place, settings, forecasts, plan, search, at=now(), tell=tell)
    work.write(made, out)
    if as_json:
        voice.document(work.document(made))
    else:
        show(voice, made, out)


def show(voice: "Voice", made: "Optimised", out: Path) -> None:
    """Heading, path, figures, what is luck, and where the rest is."""
    voice.out.print(heading(made), markup=False, soft_wrap=True)
    voice.out.print(path(made))
    voice.out.print(figures(made))
    voice.out.print(words(made), markup=False, soft_wrap=True)
    files = "optimisation.html, optimisation.json, path.parquet, trades.parquet, equity.parquet"
    voice.out.print(f"\n{out}/{files}", markup=False, soft_wrap=True)


def grid_of(texts: list[str] | None) -> dict[str, tuple[float, ...]]:
    """Values by name, of texts as ``name=0.1,0.2`` or ``name=first:last:count``.

    Raises
    ------
    SettingsError
        If one is not of that form.
    """
    import numpy as np

    from barograph.core.errors import SettingsError
    from barograph.trading.optimise import MOST

    found: dict[str, tuple[float, ...]] = {}
    for text in texts or []:
        name, _, told = text.partition("=")
        if name.strip() in found:
            raise SettingsError(f"--grid {text}: {name.strip()} has values already")
        try:
            if ":" in told:
                first, last, count = told.split(":")
                if int(count) > MOST:
                    raise SettingsError(f"--grid {text}: at most {MOST:,} values")
                found[name.strip()] = tuple(
                    np.linspace(float(first), float(last), int(count)).tolist()
                )
            else:
                found[name.strip()] = tuple(float(one) for one in told.split(","))
        except ValueError:
            raise SettingsError(
                f"--grid {text}: write name=0.1,0.2 or name=first:last:count, with numbers"
            ) from None
    return found


def heading(made: "Optimised") -> str:
    """What was searched."""
    from itertools import pairwise

    plan, count = made.plan, len(made.tried)
    simulated = "SIMULATED prices. " if made.scene.simulated else ""
    changes = sum(a != b for a, b in pairwise(made.chosen.tolist()))
    return (
        f"{simulated}{plan.strategy} on the {plan.horizon} h forecasts of {plan.model} for "
        f"{' and '.join(plan.symbols)}: {count} configurations, {len(made.windows)} windows of "
        f"{made.search.test_days} days after {made.search.train_days} to choose on; "
        f"the choice changed {changes} times"
    )


def path(made: "Optimised") -> "Table":
    """Each window and what was chosen for it."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    shown.add_column("traded from", no_wrap=True)
    for name in (*made.tried[0], "Sharpe before", "Sharpe in it"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in made.path.iter_rows(named=True):
        told = [row[name] for name in (*made.tried[0], "train_sharpe", "test_sharpe")]
        kinds = ["g"] * len(made.tried[0]) + [".2f", ".2f"]
        cells = (
            "–" if value is None or value != value else format(value, kind)
            for value, kind in zip(told, kinds, strict=True)
        )
        shown.add_row(f"{row['test_from']:%Y-%m-%d}", *cells)
    return shown


def figures(made: "Optimised") -> "Table":
    """The path beside the strategy's defaults and the best in hindsight."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    runs = {
        "walk-forward": made.performance,
        "defaults": made.fixed,
        "best in hindsight": made.hindsight,
    }
    shown.add_column("", no_wrap=True)
    for name in runs:
        shown.add_column(name, justify="right", no_wrap=True)
    rows = {
        "return": [f"{one.total_return:+.1%}" for one in runs.values()],
        "a year": [f"{one.annual_return:+.1%}" for one in runs.values()],
        "Sharpe": [f"{one.sharpe:.2f}" for one in runs.values()],
        "max drawdown": [f"{one.max_drawdown:.1%}" for one in runs.values()],
        "trades": [f"{one.trades}" for one in runs.values()],
        "fees": [f"{one.fees:,.0f}" for one in runs.values()],
        "buy and hold": [f"{one.buy_hold:+.1%}" for one in runs.values()],
    }
    for label, told in rows.items():
        shown.add_row(label, *("–" if "nan" in text else text for text in told))
    return shown


def words(made: "Optimised") -> str:
    """What is luck, in words."""
    from barograph.trading.performance import NOTICE

    over = "" if made.overfit is None else (
        f" Probability of overfitting {made.overfit.probability:.0%}: that often the best of one "
        "half of history is below the middle of all in the other (50 % where choosing is worth "
        "nothing)."
    )  # fmt: skip
    if made.performance.exposure == 0.0:
        return f"\nNo window was traded: nothing had earned anything in training.{over}\n{NOTICE}"
    return (
        f"\nProbability that the path is better than the luckiest of {made.luck.trials} worthless "
        f"trials: {made.luck.deflated:.1%}.{over}\n{NOTICE}"
    )
