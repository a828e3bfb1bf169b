"""What the trees look at, and whether noise looks as good."""

from typing import TYPE_CHECKING, Final

import polars as pl

from barograph.evaluation.importance import noise_is_low
from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Feature importance"
SHOWN: Final = 20


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """The most important features and the noise feature among them."""
    rows = ranked(inputs.importance)
    if rows.is_empty():
        return [b.Note("Too little history before the last test window to rank features on.")]
    return [
        b.Note(sentence(rows), "say"),
        drawing(rows, inputs.symbols[0]),
        table(rows),
        b.Note(
            "A small model of the next day's variance is fitted on the last two years before the "
            "last test window. Importance is the R² lost on their last quarter when a column is "
            "shuffled; features that say the same share it, and below zero the column did harm. "
            "Columns of noise are handed in among the features: what does not rise above them "
            "cannot be told from noise. They rank low if the best of them counts for less than a "
            "tenth of the leading feature."
        ),
    ]


def ranked(importance: pl.DataFrame | None) -> pl.DataFrame:
    """Features by importance with their share and rank; empty without importances."""
    if importance is None or importance.is_empty():
        return pl.DataFrame(schema={"feature": pl.String})
    return (
        importance.drop_nulls("importance")
        .group_by("feature")
        .agg(pl.col("importance").mean(), pl.col("is_noise").any())
        .sort(["importance", "feature"], descending=[True, False])
        .with_columns(
            rank=pl.int_range(1, pl.len() + 1),
            share=pl.col("importance") / pl.col("importance").clip(0.0).sum(),
        )
    )


def sentence(rows: pl.DataFrame) -> str:
    """The leading features, and where noise stands."""
    lead = b.join(rows.filter(~pl.col("is_noise"))["feature"].head(3).to_list())
    noise = rows.filter(pl.col("is_noise"))
    if noise.is_empty():
        return f"The model leans most on {lead}; no noise feature was planted in this run."
    place = int(noise["rank"][0])
    low = noise_is_low(rows)
    verdict = "low, as it must" if low else "too high: the model is fitting noise"
    return (
        f"The model leans most on {lead}; the best planted noise ranks {place} of {rows.height}, "
        f"{verdict}."
    )


def shown(rows: pl.DataFrame) -> pl.DataFrame:
    """The first features, and the noise feature wherever it stands."""
    return rows.filter((pl.col("rank") <= SHOWN) | pl.col("is_noise"))


def table(rows: pl.DataFrame) -> b.Table:
    """Ranks, folded away."""
    cells = tuple(
        (
            b.number(row["rank"], "d"),
            b.words(row["feature"] + (" (noise)" if row["is_noise"] else ""), "head"),
            b.number(row["importance"], "+.4f"),
            b.percent(row["share"], ".2f"),
        )
        for row in rows.iter_rows(named=True)
    )
    columns = ("rank", "feature", "importance", "share")
    return b.Table(columns, cells, f"All {rows.height} features", folded=True)


def drawing(rows: pl.DataFrame, symbol: str) -> Drawing:
    """Bars, noise hatched."""
    part = shown(rows)

    def draw(figure: "Figure", form: Format) -> None:
        axes = figure.subplots()
        for place, row in enumerate(part.iter_rows(named=True)):
            noise = bool(row["is_noise"])
            axes.barh(
                place,
                100 * row["share"],
                0.7,
                color=LIGHT["card"] if noise else LIGHT["amber"],
                edgecolor=LIGHT["down"] if noise else LIGHT["amber"],
                hatch="////" if noise else None,
            )
        names = [
            f"{row['feature']} (rank {row['rank']})" if row["is_noise"] else row["feature"]
            for row in part.iter_rows(named=True)
        ]
        axes.set_yticks(range(part.height), names, fontsize=7.5 if form == "wide" else 6.5)
        axes.set_ylim(part.height - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("share of importance, %")

    height = 0.6 + 0.17 * part.height
    return Drawing(
        f"importance-{symbol}",
        "What the model looks at",
        "Share of importance of the leading features and of the planted noise feature.",
        draw,
        (height, height),
    )
