"""Why a high R² of the price means nothing."""

import polars as pl

from barograph.evaluation.report.derive import scores
from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import Drawing

TITLE = "R² of the price level, beside the naive's"


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """R² of price forecasts beside that of no forecast at all, and of the return."""
    mine = pl.col("model") == inputs.flagship
    frames = [
        scores(inputs.metrics, name)
        .filter(mine)
        .select("horizon_hours", pl.col("score").alias(name))
        for name in ("r2_price", "r2_price_naive", "r2_return")
    ]
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.join(frame, on="horizon_hours", how="full", coalesce=True)
    rows = rows.sort("horizon_hours")
    if rows.is_empty():
        return [b.Note("R² was not scored in this run.", "warn")]
    return [
        b.Note(sentence(rows), "say"),
        table(rows),
        b.Note(
            "The price of the next hour lies close to the price of now, and over years it wanders "
            "far: so “tomorrow equals today” already explains nearly all of its variance. A model "
            "that boasts of R² = 0.99 on prices has shown nothing until it beats the column beside "
            "it. The R² of the return is the honest number, and it is about zero for everyone."
        ),
    ]


def sentence(rows: pl.DataFrame) -> str:
    """The naive's R² at the shortest horizon and the gain over it."""
    row = rows.row(0, named=True)
    return (
        f"At {b.horizon(row['horizon_hours'])} the price forecast has R² "
        f"{b.number(row['r2_price'], '.4f').text}, and repeating the last price has "
        f"{b.number(row['r2_price_naive'], '.4f').text}: a high R² of a price level says nothing."
    )


def table(rows: pl.DataFrame) -> b.Table:
    """Ours, the naive's, the difference, and the R² of the return."""
    cells = []
    for row in rows.iter_rows(named=True):
        ours, naive = row["r2_price"], row["r2_price_naive"]
        gain = None if ours is None or naive is None else ours - naive
        cells.append(
            (
                b.words(b.horizon(row["horizon_hours"]), "head"),
                b.number(ours, ".5f"),
                b.number(naive, ".5f"),
                b.number(gain, "+.5f"),
                b.number(row["r2_return"], "+.5f"),
            )
        )
    columns = ("horizon", "R² price", "R² price, naive", "difference", "R² return")
    return b.Table(columns, tuple(cells))
