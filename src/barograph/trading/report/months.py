"""Month by month."""

from calendar import month_abbr

import polars as pl

from barograph.core.types import Floats
from barograph.page import blocks as b
from barograph.page.style import Drawing
from barograph.trading.monthly import monthly, yearly
from barograph.trading.report.derive import held_equity
from barograph.trading.report.inputs import ReportInputs

TITLE = "Month by month"
MONTH, YEAR = 0.10, 0.50
"""A month and a year of this return have the deepest tint."""


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """The table funds report, tinted by size."""
    table = months_of(inputs.record.equity, inputs)
    known = table.drop_nulls("total_return")
    if known.is_empty():
        return [b.Note("There is no month to report.", "warn")]
    if (known["total_return"] == 0.0).all():
        return [b.Note("No month gained or lost anything.", "say"), heat(inputs)]
    up, down = (known.filter(sign * known["total_return"] > 0).height for sign in (1, -1))
    best, worst = (known.sort("total_return").row(k, named=True) for k in (-1, 0))
    return [
        b.Note(
            f"Of {known.height} months {up} gained and {down} lost. The best was {month(best)}, "
            f"the worst {month(worst)}.",
            "say",
        ),
        heat(inputs),
    ]


def months_of(equity: Floats, inputs: ReportInputs) -> pl.DataFrame:
    """Months from the first close on: nothing can have been traded before it."""
    return monthly(equity[1:], inputs.market.hours[1:], inputs.capital)


def month(row: dict[str, float]) -> str:
    """A month and its return."""
    size = b.percent(row["total_return"], "+.1f").text
    return f"{month_abbr[int(row['month'])]} {row['year']:.0f} ({size})"


def heat(inputs: ReportInputs) -> b.Table:
    """A row a year, a column a month; the year and holding at the end."""
    table = months_of(inputs.record.equity, inputs)
    years = dict(yearly(table).iter_rows())
    held = dict(yearly(months_of(held_equity(inputs), inputs)).iter_rows())
    value = {(year, month): found for year, month, found in table.iter_rows()}
    rows = tuple(
        (
            b.words(str(year), "head"),
            *(cell(value.get((year, k))) for k in range(1, 13)),
            cell(years[year], YEAR, strong=True),
            cell(held[year], YEAR),
        )
        for year in years
    )
    names = tuple(month_abbr[k] for k in range(1, 13))
    return b.Table(("", *names, "year", "holding"), rows, "Returns in percent, after all costs")


def cell(value: float | None, deep: float = MONTH, *, strong: bool = False) -> b.Cell:
    """A return with its tint; a dash where there is none."""
    if value is None:
        return b.words("", "num")
    shade = max(-1.0, min(value / deep, 1.0))
    return b.number(100 * value, "+.1f", kind="total" if strong else "", shade=shade or None)
