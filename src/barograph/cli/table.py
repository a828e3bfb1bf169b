"""The table of horizons in the terminal."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from barograph.core.levels import INTERVALS, column
from barograph.page.blocks import MISSING, percent
from barograph.page.blocks import horizon as spoken
from barograph.page.blocks import price as money

UP: Final = "dodger_blue1"
DOWN: Final = "dark_orange"
NOTICE: Final = "Engineering evaluation, not financial advice"
PLAIN: Final = str.maketrans({"–": "-", "−": "-"})
"""Signs that a terminal without Unicode cannot show."""
ROOM: Final = 108
"""Columns that a table with bands on one line needs."""
COLUMNS: Final = ("median", "P(up)", "move", "vol", "68 % band", "95 % band")


@dataclass(frozen=True, slots=True)
class ForecastTable:
    """Something ``rich`` can print; made by ``forecast_table``."""

    rows: pl.DataFrame
    simulated: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, in the characters the terminal has."""
        tight = options.max_width < ROOM
        table = self.table(ascii_only=options.ascii_only, tight=tight)
        table.min_width = min(len(str(table.title)), options.max_width)
        yield table

    def table(self, *, ascii_only: bool, tight: bool) -> Table:
        """One row per horizon; where it is tight, bands on two lines and the regime above."""
        table = Table(
            box=None if tight else SIMPLE_HEAD,
            padding=(0, 1, 0, 0) if tight else (0, 1),
            pad_edge=False,
            title=title(self.rows, self.simulated, regime=tight),
            caption=f"SIMULATED market. {NOTICE}" if self.simulated else NOTICE,
            title_justify="left",
            caption_justify="left",
        )
        table.add_column("horizon", style="bold", no_wrap=True)
        for name in COLUMNS:
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("confidence", overflow="fold")
        if not tight:
            table.add_column("regime", overflow="fold")
        for row in self.rows.iter_rows(named=True):
            texts, style = cells(row, "\n" if tight else " – "), lean(value(row, "mean"))
            shown = [text.translate(PLAIN) if ascii_only else text for text in texts]
            last = shown[4:-1] if tight else shown[4:]
            table.add_row(*shown[:3], Text(shown[3], style=style), *last)
        return table


def forecast_table(latest: pl.DataFrame, *, simulated: bool = False) -> ForecastTable:
    """Horizons with price, P(up), expected move, volatility, bands, confidence and regime.

    Parameters
    ----------
    latest : DataFrame
        The forecast of one symbol, one row per horizon: the columns of ``forecasts.parquet`` and
        ``price``, and ``regime`` and ``confidence`` where known. Nulls are shown as a dash.
    simulated : bool
        Whether the bars are invented; title and caption then say so.

    Returns
    -------
    table : ForecastTable
        For ``console.print``; signs and words carry the meaning, colour only repeats it.
    """
    return ForecastTable(latest.sort("horizon_hours"), simulated)


def title(rows: pl.DataFrame, simulated: bool, *, regime: bool) -> Text:
    """Symbol, price and moment, and the regime if asked; first of all whether it is invented."""
    text = Text()
    if simulated:
        text.append(" SIMULATED ", style="bold reverse").append(" ")
    if rows.is_empty():
        return text.append("no forecast for the last bar")
    first = rows.row(0, named=True)
    moment = f"{first['as_of']:%Y-%m-%d %H:%M} UTC"
    text.append(f"{first['symbol']}  {money(first['price']).text}  as of {moment}", "bold")
    return text.append(f"  regime: {words(first.get('regime'))}") if regime else text


def cells(row: dict[str, object], between: str) -> tuple[str, ...]:
    """Texts of one line of the table; ``between`` parts the ends of a band."""
    price = value(row, "price")
    return (
        spoken(int(str(row["horizon_hours"]))),
        money(at(price, value(row, column(0.5)))).text,
        percent(value(row, "p_up"), ".1f").text,
        percent(value(row, "mean")).text,
        percent(value(row, "vol"), ".2f").text,
        *(
            between.join(
                money(at(price, value(row, column(level)))).text for level in INTERVALS[nominal]
            )
            for nominal in (68, 95)
        ),
        str(row.get("confidence") or MISSING),
        words(row.get("regime")),
    )


def words(name: object) -> str:
    """A name as people say it: ``low_volatility`` is low volatility; a dash for none."""
    return str(name).replace("_", " ") if name else MISSING


def lean(move: float | None) -> str:
    """Colour of a move; none where there is none."""
    return "" if not move else (UP if move > 0 else DOWN)


def value(row: dict[str, object], name: str) -> float | None:
    """A number of a row; None where it is absent, null or NaN."""
    number = row.get(name)
    if isinstance(number, int | float) and number == number:
        return float(number)
    return None


def at(price: float | None, log_return: float | None) -> float | None:
    """Price after a log return."""
    return None if price is None or log_return is None else price * float(np.exp(log_return))
