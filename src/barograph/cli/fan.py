"""A fan chart in the terminal: where the price was, where it may go.

1. Columns of the plot are moments, the left part the past, the right part the horizon ahead; time
   ahead runs with the square root, so that one hour and seven days both have room.
2. Rows are prices. The bands are shaded cells, the past and the median are lines: braille dots
   where the terminal can show them, plain characters where it cannot.
3. Meaning never rests on colour: each band has a character of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from barograph.core.levels import INTERVALS
from barograph.core.types import Floats
from barograph.evaluation.report.cone import hourly_cone
from barograph.page.blocks import horizon as spoken
from barograph.page.blocks import price_form

AMBER: Final = "yellow"
WARNING: Final = "bold reverse"
LABEL: Final = 9
"""Columns of the price labels on the left."""
PAST_SHARE: Final = 0.45
PAST_HOURS: Final = 168
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Braille dots by row and column of a cell."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Characters of the plot: median, 68 % band, 95 % band, past, the line of now."""

    median: str
    inner: str
    outer: str
    past: str
    now: str


UNICODE: Final = Marks("━", "▒", "░", "⣿", "┊")
ASCII: Final = Marks("=", "+", ".", "*", "|")


@dataclass(frozen=True, slots=True)
class FanChart:
    """Something ``rich`` can print; made by ``fan_chart``.

    Attributes
    ----------
    past : Floats
        Closes up to now, one per hour, NaN where a bar is missing.
    hours : Floats
        Hours ahead, ``0 ... H``.
    cone : dict of float to Floats
        Prices by level at those hours.
    horizons : tuple of int
        Hours to be labelled.
    title : str
        First line.
    width, height : int
        Columns in all, and rows of the plot.
    simulated : bool
        Whether the word SIMULATED is printed above and below.
    """

    past: Floats
    hours: Floats
    cone: dict[float, Floats]
    horizons: tuple[int, ...]
    title: str
    width: int
    height: int
    simulated: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines, in the characters the terminal has."""
        yield from self.lines(ascii_only=options.ascii_only, width=options.max_width)

    def lines(self, *, ascii_only: bool, width: int) -> Iterator[Text]:
        """Title, plot, axis and legend, as styled lines no wider than ``width``."""
        marks = ASCII if ascii_only else UNICODE
        columns = max(min(self.width, width) - LABEL, 20)
        title = Text()
        if self.simulated:
            title.append(" SIMULATED ", style=WARNING).append(" ")
        yield title.append(self.title, style="bold")
        if not self.cone:
            yield Text("no forecast for the last bar")
            return
        left = int(columns * PAST_SHARE)
        low, high = self.span()
        past = self.past_cells(left, (low, high), marks)
        ahead = self.cone_cells(columns - left - 1, (low, high), marks)
        for row in range(self.height):
            line = Text()
            line.append(self.label(row, low, high), style="dim")
            line.append("".join(past[row]))
            line.append(marks.now, style="dim")
            line.append("".join(ahead[row]), style=AMBER)
            yield line
        yield Text(self.axis(left, columns - left - 1), style="dim")
        yield self.legend(marks)

    def span(self) -> tuple[float, float]:
        """Lowest and highest price shown."""
        edges = [self.cone[level] for level in INTERVALS[95]]
        values = np.concatenate([self.past, *edges])
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        margin = (high - low or abs(high) or 1.0) * 0.02
        return low - margin, high + margin

    def past_cells(self, columns: int, span: tuple[float, float], marks: Marks) -> list[list[str]]:
        """Cells of the past: a braille line of two dots a column, or one mark a column."""
        fine = marks is UNICODE
        across, up = (2, 4) if fine else (1, 1)
        bits = np.zeros((self.height, columns), dtype=np.int64)
        dots = columns * across
        index = np.linspace(0, len(self.past) - 1, dots).round().astype(int)
        values = self.past[index] if len(self.past) else np.full(dots, np.nan)
        rows = place(values, span, self.height * up)
        for dot, row in enumerate(rows):
            for y in reach(row, rows[dot - 1] if dot else -1):
                bits[y // up, dot // across] |= DOTS[y % up][dot % across] if fine else 1
        return [
            [" " if not bit else (chr(0x2800 + bit) if fine else marks.past) for bit in line]
            for line in bits.tolist()
        ]

    def cone_cells(self, columns: int, span: tuple[float, float], marks: Marks) -> list[list[str]]:
        """Cells of the cone: each shows the innermost band its middle lies in."""
        ahead = self.ahead(columns)
        cells = [[" "] * columns for _ in range(self.height)]
        for nominal, mark in ((95, marks.outer), (68, marks.inner)):
            low, high = (
                place(np.interp(ahead, self.hours, self.cone[level]), span, self.height)
                for level in INTERVALS[nominal]
            )
            for column in range(columns):
                for row in range(high[column], low[column] + 1):
                    cells[row][column] = mark
        median = place(np.interp(ahead, self.hours, self.cone[0.5]), span, self.height)
        for column, row in enumerate(median):
            cells[row][column] = marks.median
        return cells

    def ahead(self, columns: int) -> Floats:
        """Hours ahead of each column, by the square root of time."""
        return np.asarray(self.hours[-1] * (np.arange(1, columns + 1) / columns) ** 2)

    def label(self, row: int, low: float, high: float) -> str:
        """Price of a row, on every fourth one and the last."""
        if row % 4 and row != self.height - 1:
            return " " * LABEL
        value = high - (row + 0.5) / self.height * (high - low)
        return f"{value:{price_form(value)}}"[: LABEL - 1].rjust(LABEL - 1) + " "

    def axis(self, left: int, right: int) -> str:
        """Past, now and horizons under the plot; a label that would overlap is left out."""
        line = [" "] * (LABEL + left + 1 + right)
        if len(self.past):
            put(line, LABEL, f"-{spoken(len(self.past))}".replace(" ", ""))
        put(line, LABEL + left - 1, "now")
        for hours in reversed(self.horizons):
            column = int(np.ceil(right * np.sqrt(hours / self.hours[-1]))) - 1
            text = f"+{spoken(hours)}".replace(" ", "")
            put(line, LABEL + left + 1 + column - len(text) + 1, text)
        return "".join(line).rstrip()

    def legend(self, marks: Marks) -> Text:
        """What the characters mean; the word again where the bars are invented."""
        line = Text(" " * LABEL)
        for mark, meaning in (
            (marks.median, "median"),
            (marks.inner, "68 %"),
            (marks.outer, "95 %"),
        ):
            line.append(mark * 2, style=AMBER)
            line.append(f" {meaning}   ", style="dim")
        if self.simulated:
            line.append(" SIMULATED ", style=WARNING)
        return line


def place(values: Floats, span: tuple[float, float], rows: int) -> list[int]:
    """Row of each price, 0 at the top; -1 where there is none."""
    share = (span[1] - values) / (span[1] - span[0])
    known = np.isfinite(share)
    row = np.clip(np.where(known, share, 0.0) * rows, 0, rows - 1).astype(int)
    return [int(one) for one in np.where(known, row, -1)]


def reach(row: int, before: int) -> range:
    """Rows of a vertical stroke that joins a point to the one before it."""
    if row < 0:
        return range(0)
    if before < 0 or before == row:
        return range(row, row + 1)
    return range(row, before) if before > row else range(before + 1, row + 1)


def put(line: list[str], start: int, text: str) -> None:
    """Write a label where there is room for it and a space on either side."""
    stop = start + len(text)
    room = line[max(start - 1, 0) : stop + 1]
    if start >= 0 and stop <= len(line) and all(sign == " " for sign in room):
        line[start:stop] = text


def fan_chart(
    latest: pl.DataFrame,
    recent: pl.DataFrame,
    *,
    width: int = 72,
    height: int = 16,
    simulated: bool = False,
) -> FanChart:
    """Fan chart of one symbol, for ``console.print``.

    Parameters
    ----------
    latest : DataFrame
        The forecast, one row per horizon: ``symbol, as_of, horizon_hours, price`` and quantiles.
    recent : DataFrame
        Hourly bars, ``as_of, close``; null where the bar is missing. The last week is shown.
    width, height : int
        Columns in all, rows of the plot; narrower where the terminal is.
    simulated : bool
        Whether the bars are invented.

    Returns
    -------
    chart : FanChart
        Degrades by itself: characters where there is no Unicode, no colour where there is none.
    """
    rows = latest.sort("horizon_hours")
    hours, cone = hourly_cone(rows)
    past = recent.sort("as_of").tail(PAST_HOURS)["close"].cast(pl.Float64).fill_null(np.nan)
    title = "no forecast"
    if not rows.is_empty():
        title = f"{rows['symbol'][0]}  {rows['as_of'][0]:%Y-%m-%d %H:%M} UTC"
    return FanChart(
        past=past.to_numpy(),
        hours=hours.astype(np.float64),
        cone=cone,
        horizons=tuple(rows["horizon_hours"].to_list()),
        title=title,
        width=width,
        height=height,
        simulated=simulated,
    )
