"""``barograph explain``: why the forecast of an hour is what it is, as a table with bars."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Optional

import typer

from barograph.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from barograph.pipelines.explain import Account

WIDTH: Final = 9
"""Characters of the longest bar, to either side."""


def explain(
    symbol: Annotated[str, typer.Option(help="Symbol to explain.")] = "BTCUSDT",
    horizon: Annotated[int, typer.Option(min=1, help="Hours ahead.")] = 24,
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Origin, UTC; default: the last complete bar."),
    ] = None,
    size: options.Size = "small",
    config: options.Config = None,
    lake: options.LakeFolder = Path("lake"),
    as_json: options.Json = False,
) -> None:
    """Contributions to the forecast's volatility and odds, and its reasons in words."""
    from barograph.cli.say import Voice
    from barograph.core.time import now
    from barograph.features.catalogue import features
    from barograph.lake.lake import Lake
    from barograph.pipelines.explain import account
    from barograph.pipelines.prepare import origin_of, settings_of

    settings = settings_of(size, config, [symbol])
    moment = origin_of(as_of, now())
    place = Lake(lake, create=False)
    made = account(place, settings, settings.symbols[0], features(), horizon, moment)
    voice = Voice(as_json=as_json)
    if as_json:
        voice.document(plain(made))
        return
    voice.out.print(heading(made), markup=False, soft_wrap=True)
    voice.out.print()
    voice.out.print(volatility_table(made))
    voice.out.print(odds_table(made))
    for title, lines in (("Because", made.said["reasons"]), ("Changed", made.said["changed"])):
        voice.out.print(f"\n{title}", style="bold")
        for line in lines:
            voice.out.print(f"- {line}", markup=False, soft_wrap=True)
    trust = f"\nConfidence {made.confidence}: {made.confidence_reason}."
    voice.out.print(trust, markup=False, soft_wrap=True)


def plain(made: "Account") -> dict[str, Any]:
    """An account as JSON values: the fields of the API's explanation, and the confidence's why."""
    fields = asdict(made)
    said: dict[str, Any] = fields.pop("said")
    return fields | {"as_of": made.as_of.isoformat()} | said


def heading(made: "Account") -> str:
    """What is explained, and first of all whether it is invented."""
    from barograph.cli.say import mark
    from barograph.page.blocks import percent, price

    return (
        f"{mark(made.simulated)}{made.symbol} {price(made.price).text} as of "
        f"{made.as_of:%Y-%m-%d %H:%M} UTC, {made.horizon_hours} h ahead: volatility "
        f"{percent(made.volatility, '.2f').text}, P(up) {percent(made.p_up, '.1f').text}, "
        f"regime {made.regime.replace('_', ' ')}"
    )


def volatility_table(made: "Account") -> "Table":
    """Contributions to log volatility as relative changes of volatility."""
    import math

    from barograph.explain.wording import percent
    from barograph.explain.words import signed

    whole = made.said["log_volatility"]
    table = sum_table("expected volatility", whole["contributions"], signed)
    table.add_section()
    table.add_row("usually", percent(math.exp(whole["base"]), 2))
    table.add_row("expected now", percent(math.exp(whole["total"]), 2), style="bold")
    return table


def odds_table(made: "Account") -> "Table":
    """Contributions to the log-odds of a rise."""
    whole = made.said["log_odds_up"]
    table = sum_table("log-odds of a rise", whole["contributions"], "{:+.4f}".format)
    table.add_section()
    table.add_row("sum", f"{whole['total']:+.4f}", style="bold")
    return table


def sum_table(
    title: str, contributions: list[dict[str, Any]], form: Callable[[float], str]
) -> "Table":
    """One sum: part, size, bar, and the size an hour before."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for name in ("part", "", "hour before"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    top = max((abs(part["value"]) for part in contributions), default=0.0)
    for part in contributions:
        before = "–" if part["before"] is None else form(part["before"])
        table.add_row(part["name"], form(part["value"]), bar(part["value"], top), before)
    return table


def bar(value: float, top: float) -> str:
    """A bar to the right of the middle for more, to the left for less."""
    size = round(WIDTH * abs(value) / top) if top > 0.0 else 0
    left, right = ("", "█" * size) if value >= 0.0 else ("█" * size, "")
    return f"{left:>{WIDTH}}│{right:<{WIDTH}}"
