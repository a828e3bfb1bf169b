"""``barograph backtest``: what trading an evaluation's forecasts would have earned."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Optional, TypeAlias

import typer

from barograph.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from barograph.cli.say import Voice
    from barograph.core.progress import Listener
    from barograph.pipelines.backtest import Backtest, Plan
    from barograph.trading.performance import Performance
    from barograph.trading.rules import Rules
    from barograph.trading.stepwise import Tell

Forecasts: TypeAlias = Annotated[
    Path, typer.Option(help="forecasts.parquet of `evaluate` or `run`.")
]
Which: TypeAlias = Annotated[
    str,
    typer.Option(
        help="always_long, probability_band, random, risk_adjusted or threshold, or a Python file."
    ),
]
Values: TypeAlias = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads it at run time
    typer.Option("--set", help="A parameter of the strategy, name=value; repeat for several."),
]
Symbols: TypeAlias = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="Symbol to trade; repeat for several.", show_default="BTCUSDT"),
]
Weights: TypeAlias = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="A symbol's part of the account, as in BTCUSDT=0.7.", show_default="equal"),
]
FromLedger: TypeAlias = Annotated[
    bool,
    typer.Option("--ledger", help="The lake's published forecasts, each from when it was public."),
]
Funding: TypeAlias = Annotated[
    bool, typer.Option(help="Pay and receive funding, as on a perpetual; or a spot account.")
]
Trials: TypeAlias = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        min=1, help="Configurations you have tried.", show_default="what the ledger counts"
    ),
]
Sizes: TypeAlias = Annotated[
    Literal["strategy", "kelly"],
    typer.Option(help="Hold what the strategy says, or on its side half of Kelly's fraction."),
]
TargetVol: TypeAlias = Annotated[
    float,
    typer.Option(
        min=1e-4, max=1.0, help="With kelly: most a position may be expected to move a day."
    ),
]
MaxVol: TypeAlias = Annotated[
    float,
    typer.Option(min=0.0, help="No signal where a day is expected to move more; 0: no such gate."),
]
MinConfidence: TypeAlias = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0,
        help="No signal whose side is less probable than this by the forecast; 0: no such gate.",
    ),
]  # fmt: skip

Leverage: TypeAlias = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0.01, max=100.0, help="Largest exposure, in equities.", show_default="1"),
]
Slippage: TypeAlias = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0.0, help="Of market orders and stops.", show_default="5"),
]
Commission: TypeAlias = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0.0, help="Of every fill.", show_default="4"),
]
RulesFile: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="YAML file of execution and breakers: borrow, fills, pauses ..."),
]

LONG_GAP: Final = 24
"""Hours in a row without a forecast from which on it is said."""

EXAMPLES: Final = (
    "barograph evaluate --symbol BTCUSDT --start 2021-01-01 --end 2025-06-30 --out out/",
    "barograph backtest --strategy threshold --start 2021-01-01 --end 2025-06-30 --json",
    "barograph backtest --strategy probability_band --set band=0.03 --horizon 4",
    "barograph backtest --strategy my_strategy.py --symbol BTCUSDT --symbol ETHUSDT",
    "barograph backtest --strategy threshold --min-confidence 0 --sizing kelly --target-vol 0.02",
    "barograph backtest --rules rules.yaml --symbol ETHUSDT --weight ETHUSDT=0.5",
    "barograph backtest --strategy always_long --no-funding   (a check of the engine)",
    "barograph backtest --ledger                              (what was published, no earlier)",
)


def backtest(
    forecasts: Forecasts = Path("out/forecasts.parquet"),
    symbol: Symbols = None,
    ledger: FromLedger = False,
    strategy: Which = "threshold",
    values: Values = None,
    weight: Weights = None,
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
    trials: Trials = None,
    lake: options.LakeFolder = Path("lake"),
    out: options.Out = Path("out/backtest"),
    as_json: options.Json = False,
) -> None:
    """Trade forecasts over history with costs, funding and breakers; not financial advice."""
    from barograph.pipelines.backtest import Plan, decisions
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
        trials=trials, parameters=numbers("--set", values), weights=numbers("--weight", weight),
        limits={"volatility": max_daily_vol, "confidence": min_confidence},
        sizing=half if sizing == "kelly" else None,
    )  # fmt: skip
    go(plan, lake, None if ledger else forecasts, out, as_json=as_json)


def go(plan: "Plan", lake: Path, forecasts: Path | None, out: Path, *, as_json: bool) -> None:
    """Run a plan, write what came of it, and show it."""
    from barograph.cli.say import Voice
    from barograph.lake.lake import Lake
    from barograph.pipelines import backtest as work
    from barograph.pipelines.prepare import settings_of

    voice, place = Voice(as_json=as_json), Lake(lake, create=False)
    settings = settings_of("small", None, list(plan.symbols))
    with voice.listening() as listener:
        made = work.backtest(
            place, settings, forecasts, plan, tell=hearing(listener, plan.strategy)
        )
    work.write(made, out)
    if as_json:
        voice.document(work.document(made))
    else:
        show(voice, made, out)


def hearing(listener: "Listener", strategy: str) -> "Tell":
    """Tell a listener how far a strategy that decides hour by hour has come."""
    from time import perf_counter

    from barograph.core.progress import Progress

    began = perf_counter()

    def tell(done: int, rows: int) -> None:
        passed = perf_counter() - began
        listener(Progress("decide", strategy, passed, rows=done, done=done / rows))

    return tell


def show(voice: "Voice", made: "Backtest", out: Path) -> None:
    """Notes, heading, figures, what is luck, and where the rest is."""
    for note in notes(made):
        voice.warn(note)
    voice.out.print(heading(made), markup=False, soft_wrap=True)
    voice.out.print(table(made))
    voice.out.print(words(made), markup=False, soft_wrap=True)
    files = "backtest.json; trades, equity, refused, tripped.parquet"
    voice.out.print(f"\nreport: {out}/backtest.html\n{out}/{files}", markup=False)


def rules_of(path: Path | None, asked: "Mapping[str, float | None]") -> "Rules":
    """Execution and breakers of a file, or the defaults; what was asked for beside it goes first.

    Raises
    ------
    SettingsError
        If the file cannot be read, or something in it makes no sense.
    """
    from pydantic import ValidationError

    from barograph.core.errors import SettingsError
    from barograph.core.settings import explain, load
    from barograph.trading.rules import Execution, Rules

    told = Rules() if path is None else load(path, Rules)
    given = {name: value for name, value in asked.items() if value is not None}
    try:
        execution = Execution(**{**told.execution.model_dump(), **given})
    except ValidationError as error:
        raise SettingsError(explain(error, Execution)) from None
    return Rules(execution=execution, breakers=told.breakers)


def numbers(option: str, values: list[str] | None) -> dict[str, float]:
    """Numbers by name, of texts as ``name=value``.

    Raises
    ------
    SettingsError
        If one is not of that form.
    """
    from math import isfinite

    from barograph.core.errors import SettingsError

    found: dict[str, float] = {}
    for text in values or []:
        name, _, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not isfinite(number):
            raise SettingsError(f"{option} {text}: write name=value, with a number")
        if name.strip() in found:
            raise SettingsError(f"{option} {text}: {name.strip()} has a value already")
        found[name.strip()] = number
    return found


def notes(made: "Backtest") -> list[str]:
    """What the user must know of signals refused and of forecasts that are not there."""
    from datetime import UTC, datetime

    found = refusals(made)
    begins = datetime.fromtimestamp(int(made.market.hours[0]) * 3600, UTC)
    asked = made.plan.start
    if asked is not None and (begins - asked).days >= 1:
        found.append(f"forecasts begin at {begins:%Y-%m-%d %H:%M}, later than --start")
    for symbol, gap in made.scene.gaps.items():
        if gap.longest > LONG_GAP:
            since = datetime.fromtimestamp(gap.since * 3600, UTC)
            found.append(
                f"{symbol} has no forecast in {gap.missing:,} of {gap.forecasts + gap.missing:,} "
                f"hours, {gap.longest:,} of them from {since:%Y-%m-%d %H:%M} on; positions stay "
                "as they are there"
            )
    return found


def refusals(made: "Backtest") -> list[str]:
    """How much each gate refused, and how to do without it."""
    import numpy as np

    hours = int(np.isfinite(made.scene.beliefs.mean).sum())
    found = []
    for name, option in (("volatility", "--max-daily-vol"), ("confidence", "--min-confidence")):
        held = made.refused.filter(made.refused["gate"] == name)
        if held.height:
            count = int(held["hours"].sum())
            found.append(
                f"the {name} gate refused signals in {count:,} of {hours:,} forecasts "
                f"({option}, 0 for none); reasons and releases are in refused.parquet"
            )
    return found


def heading(made: "Backtest") -> str:
    """What was tested."""
    from barograph.pipelines.backtest import document

    told: dict[str, Any] = document(made)
    simulated = "SIMULATED prices. " if made.simulated else ""
    return (
        f"{simulated}{told['strategy']} on the {told['horizon_hours']} h forecasts of "
        f"{told['model']} for {' and '.join(told['symbols'])}, {told['from']} to {told['to']}"
    )


def table(made: "Backtest") -> "Table":
    """Figures as they are, at dearer costs, and an hour later."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    runs = {
        "planned": made.performance,
        **{f"{factor:g}x": one for factor, one in made.stressed.items() if factor != 1.0},
        "1 h later": made.delayed,
    }
    shown.add_column("costs", no_wrap=True)
    for name in runs:
        shown.add_column(name, justify="right", no_wrap=True)
    figures: dict[str, Callable[[Performance], str]] = {
        "return": lambda one: f"{one.total_return:+.1%}",
        "a year": lambda one: f"{one.annual_return:+.1%}",
        "Sharpe": lambda one: f"{one.sharpe:.2f}",
        "max drawdown": lambda one: f"{one.max_drawdown:.1%}",
        "trades": lambda one: f"{one.trades:,}",
        "long, short": lambda one: f"{one.long_trades:,}, {one.short_trades:,}",
        "won": lambda one: f"{one.win_rate:.1%}",
        "profit factor": lambda one: f"{one.profit_factor:.2f}",
        "in the market": lambda one: f"{one.exposure:.1%}",
        "fees": lambda one: f"{one.fees:,.0f}",
        "funding, borrow": lambda one: f"{one.carried:,.0f}",
        "buy and hold": lambda one: f"{one.buy_hold:+.1%}",
    }
    for label, value in figures.items():
        told = (value(one) for one in runs.values())
        shown.add_row(label, *("–" if "nan" in text else text for text in told))
    return shown


def words(made: "Backtest") -> str:
    """What is luck, in words."""
    from barograph.trading.performance import NOTICE

    luck = made.luck
    if made.performance.exposure == 0.0:
        return f"\nNothing was traded: there is nothing that could be luck.\n{NOTICE}"
    low, high = made.drawn.interval("sharpe")
    plural = "trial" if luck.trials == 1 else "trials"
    sweep = "" if made.sweep is None else (
        f" It is one of {made.sweep.configurations} of a search, whose probability of overfitting "
        f"is {made.sweep.probability:.0%}."
    )  # fmt: skip
    return (
        f"\n{taken(made)}"
        f"\nSharpe ratio {made.performance.sharpe:.2f}, 95 % interval of resampled weeks "
        f"{low:.2f} to {high:.2f}; probability that it is better than the luckiest of "
        f"{luck.trials} worthless {plural}: {luck.deflated:.1%}.{sweep}\n{NOTICE}"
    )


def taken(made: "Backtest") -> str:
    """What prices gave and each cost took."""
    paid = made.paid
    gross = float(made.record.equity[-1]) - made.plan.capital + paid.total
    return (
        f"Prices alone gave {gross:+,.0f}. Taken: slippage {paid.slippage:,.0f}, commission "
        f"{paid.commission:,.0f}, liquidation {paid.liquidation:,.0f}, funding "
        f"{paid.funding:,.0f}, borrow {paid.borrow:,.0f}; {1e4 * paid.total / paid.traded:.1f} bps "
        "of what was traded."
    )
