"""``barograph backtest``: what trading an evaluation's forecasts would have earned."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from barograph.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from barograph.pipelines.backtest import Backtest
    from barograph.trading.performance import Performance


EXAMPLES: Final = (
    "barograph evaluate --symbol BTCUSDT --start 2021-01-01 --out out/",
    "barograph backtest --strategy risk_adjusted --horizon 24",
    "barograph backtest --strategy probability_band --horizon 4 --trials 12 --json",
)


def backtest(
    forecasts: Annotated[
        Path, typer.Option(help="forecasts.parquet of `evaluate` or `run`.")
    ] = Path("out/forecasts.parquet"),
    symbol: Annotated[str, typer.Option(help="Symbol to trade.")] = "BTCUSDT",
    strategy: Annotated[
        str, typer.Option(help="threshold, risk_adjusted or probability_band.")
    ] = "threshold",
    values: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the strategy, name=value.")
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, help="Horizon that is traded, hours.")] = 24,
    model: Annotated[str, typer.Option(help="Whose forecasts.")] = "barograph",
    start: options.Start = None,
    end: options.End = None,
    capital: Annotated[float, typer.Option(min=1.0, help="Cash at the start.")] = 10_000.0,
    leverage: Annotated[float, typer.Option(min=0.01, max=100.0)] = 1.0,
    slippage_bps: Annotated[float, typer.Option(min=0.0)] = 5.0,
    commission_bps: Annotated[float, typer.Option(min=0.0)] = 4.0,
    trials: Annotated[
        int, typer.Option(min=1, help="Configurations you have tried, for the deflated Sharpe.")
    ] = 1,
    lake: options.LakeFolder = Path("lake"),
    out: options.Out = Path("out/backtest"),
    as_json: options.Json = False,
) -> None:
    """Trade forecasts over history with costs, funding and breakers; not financial advice."""
    from barograph.cli.say import Voice
    from barograph.core.time import parse_moment
    from barograph.lake.lake import Lake
    from barograph.pipelines import backtest as work
    from barograph.pipelines.prepare import settings_of
    from barograph.trading.rules import Execution

    plan = work.Plan(
        symbol=symbol, model=model, strategy=strategy, horizon=horizon, capital=capital,
        start=None if start is None else parse_moment(start),
        end=None if end is None else parse_moment(end),
        execution=Execution(
            leverage=leverage, slippage_bps=slippage_bps, commission_bps=commission_bps
        ),
        trials=trials, parameters=parameters(values or []),
    )  # fmt: skip
    place = Lake(lake, create=False)
    made = work.backtest(place, settings_of("small", None, [symbol]), forecasts, plan)
    work.write(made, out)
    voice = Voice(as_json=as_json)
    if as_json:
        voice.document(work.document(made))
        return
    voice.out.print(heading(made), markup=False, soft_wrap=True)
    voice.out.print(table(made))
    voice.out.print(words(made), markup=False, soft_wrap=True)
    voice.out.print(f"\n{out}/backtest.json, trades.parquet, equity.parquet", markup=False)


def parameters(values: list[str]) -> dict[str, float]:
    """Parameters of ``name=value``.

    Raises
    ------
    SettingsError
        If one is not of that form.
    """
    from barograph.core.errors import SettingsError

    found: dict[str, float] = {}
    for text in values:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise SettingsError(f"--set {text}: write name=value, as in hurdle=0.5") from None
    return found


def heading(made: "Backtest") -> str:
    """What was tested."""
    from barograph.pipelines.backtest import document

    told: dict[str, Any] = document(made)
    simulated = "SIMULATED prices. " if made.simulated else ""
    return (
        f"{simulated}{told['strategy']} on the {told['horizon_hours']} h forecasts of "
        f"{told['model']} for {told['symbol']}, {told['from']} to {told['to']}"
    )


def table(made: "Backtest") -> "Table":
    """Figures as they are, at dearer costs, and an hour later."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    runs = {
        "planned": made.performance,
        **{f"{factor:g}x costs": one for factor, one in made.stressed.items() if factor != 1.0},
        "1 h later": made.delayed,
    }
    shown.add_column("", no_wrap=True)
    for name in runs:
        shown.add_column(name, justify="right", no_wrap=True)
    figures: dict[str, Callable[[Performance], str]] = {
        "return": lambda one: f"{one.total_return:+.1%}",
        "a year": lambda one: f"{one.annual_return:+.1%}",
        "Sharpe": lambda one: f"{one.sharpe:.2f}",
        "max drawdown": lambda one: f"{one.max_drawdown:.1%}",
        "trades": lambda one: f"{one.trades} ({one.long_trades}/{one.short_trades})",
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

    low, high = made.sharpe_range
    return (
        f"\nSharpe ratio {made.performance.sharpe:.2f}, 95 % interval of resampled weeks "
        f"{low:.2f} to {high:.2f}; probability that it is better than the luckiest of "
        f"{made.plan.trials} worthless trials: {made.deflated:.1%}.\n{NOTICE}"
    )
