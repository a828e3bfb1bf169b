"""The trades: long and short, how long, how they ended."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format
from barograph.trading.record import trades
from barograph.trading.report.inputs import ReportInputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Trades"
LISTED = 5


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Sums by side, the spread of profits, the best and the worst."""
    made = trades(inputs.record, inputs.market.hours, inputs.market.symbols)
    if made.is_empty():
        return [b.Note("No trade was closed.", "say")]
    made = made.with_columns(
        share=pl.col("profit") / (pl.col("quantity") * pl.col("entry_price")),
    )
    return [
        b.Note(sentence(made), "say"),
        drawing(made),
        sides(made),
        extremes(made),
        b.Note(
            "A trade is from flat to flat, or to the other side; a position still open at the end "
            "is none. Its profit is net of fees, without funding. Its return is of the largest "
            "value held. All of them are in trades.parquet."
        ),
    ]


def sentence(made: pl.DataFrame) -> str:
    """How the mean trade went."""
    won = made.filter(pl.col("profit") > 0)
    mean = b.percent(made["share"].mean(), "+.2f").text  # type: ignore[arg-type]
    hours = float(np.median(made["hours"].to_numpy()))
    return (
        f"Of {made.height:,} trades {won.height:,} won. The mean trade returned {mean} of what it "
        f"held, and half of them were over within {hours:,.0f} hours."
    )


def sides(made: pl.DataFrame) -> b.Table:
    """Long, short and by how they ended."""
    groups = [("all", made)]
    for column, label in (("side", "{}"), ("ended", "ended by {}"), ("symbol", "{}")):
        kinds = made[column].unique().sort()
        if len(kinds) > 1 or column == "side":
            groups += [(label.format(kind), made.filter(pl.col(column) == kind)) for kind in kinds]
    rows = tuple(_group(name, rows) for name, rows in groups)
    columns = ("trades", "count", "won", "mean return", "mean profit", "sum", "mean hours", "fees")
    return b.Table(columns, rows, "By side, by how they ended, by symbol")


def _group(name: str, rows: pl.DataFrame) -> tuple[b.Cell, ...]:
    profit = rows["profit"]
    total = float(profit.sum())
    return (
        b.words(name, "head"),
        b.number(rows.height, ",d"),
        b.percent(float((profit > 0).cast(pl.Float64).mean()), ".0f"),  # type: ignore[arg-type]
        b.percent(rows["share"].mean(), "+.2f"),  # type: ignore[arg-type]
        b.number(profit.mean(), "+,.1f"),  # type: ignore[arg-type]
        b.number(total, "+,.0f", kind="up" if total > 0 else "down"),
        b.number(rows["hours"].mean(), ",.0f"),  # type: ignore[arg-type]
        b.number(float(rows["fees"].sum()), ",.0f"),
    )


def extremes(made: pl.DataFrame) -> b.Table:
    """The best and the worst."""
    ordered = made.sort("profit", descending=True)
    some = ordered if made.height <= 2 * LISTED else pl.concat(
        [ordered.head(LISTED), ordered.tail(LISTED)]
    )  # fmt: skip
    rows = tuple(
        (
            b.words(f"{row['entered']:%Y-%m-%d %H:%M}", "head"),
            b.words(row["symbol"]),
            b.words(row["side"]),
            b.number(row["hours"], ",d"),
            b.price(row["entry_price"]),
            b.price(row["exit_price"]),
            b.percent(row["share"], "+.2f"),
            b.number(row["profit"], "+,.1f", kind="up" if row["profit"] > 0 else "down"),
            b.words(row["ended"]),
        )
        for row in some.iter_rows(named=True)
    )
    columns = (
        "entered, UTC", "symbol", "side", "hours", "in at", "out at", "return", "profit",
        "ended by",
    )  # fmt: skip
    return b.Table(columns, rows, "The best and the worst", folded=True)


def drawing(made: pl.DataFrame) -> Drawing:
    """Histogram of returns, long and short."""
    share = 100 * made["share"].to_numpy()
    ends = np.quantile(share, (0.01, 0.99))
    inside = made.with_columns(shown=np.clip(share, *ends))
    values = {
        side: inside.filter(pl.col("side") == side)["shown"].to_numpy()
        for side in ("long", "short")
    }

    def draw(figure: "Figure", form: Format) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        known = {side: found for side, found in values.items() if len(found)}
        axes.hist(
            list(known.values()), bins=min(48, 8 + made.height // 6), stacked=True,
            color=[LIGHT["up" if side == "long" else "amber"] for side in known],
            label=list(known), alpha=0.75,
        )  # fmt: skip
        axes.axvline(0, color=LIGHT["soft"], linewidth=0.9)
        axes.legend(loc="upper right")
        axes.set_xlabel("return of the trade, %; the outermost bars hold all beyond")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        if form == "narrow":
            axes.locator_params(axis="x", nbins=5)

    return Drawing(
        "trades",
        "Returns of trades",
        "Histogram of the return of each trade, long and short; sums are in the table.",
        draw,
        (2.4, 2.6),
    )
