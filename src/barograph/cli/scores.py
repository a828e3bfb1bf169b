"""Tables of scores, of the lake and of features, for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.markup import escape
from rich.table import Table

from barograph.evaluation.compare import FLAGSHIP

if TYPE_CHECKING:
    from barograph.lake.silver import Quality
    from barograph.pipelines.evaluate import Evaluation

SHOWN = (("pinball", "pinball ×10⁻⁶", 1e6, ".1f"), ("qlike", "QLIKE", 1.0, ".4f"))
COVERED = (68, 80, 90, 95)


def summary_tables(evaluation: "Evaluation") -> Iterator[Table]:
    """Per symbol: pinball and QLIKE of every model, skill and its test, coverage, direction."""
    overall = evaluation.metrics.filter(pl.col("slice") == "all")
    for symbol, result in evaluation.results.items():
        mine = overall.filter(pl.col("symbol") == symbol)
        mark = "SIMULATED " if result.dataset.simulated else ""
        for metric, title, scale, form in SHOWN:
            yield score_table_of(
                f"{mark}{symbol}: {title} (lower is better)", mine, metric, scale, form
            )
        skill = evaluation.comparisons.filter(pl.col("symbol") == symbol)
        yield skill_table(f"{mark}{symbol}: {FLAGSHIP} against the strongest other model", skill)
        yield honesty(f"{mark}{symbol}: {FLAGSHIP}'s odds, direction and price level", mine)


def score_table_of(title: str, rows: pl.DataFrame, metric: str, scale: float, form: str) -> Table:
    """One row a model, one column a horizon; the best of each column in bold."""
    picked = rows.filter((pl.col("metric") == metric) & pl.col("score").is_not_null())
    horizons = picked["horizon_hours"].unique().sort().to_list()
    score = {
        (row["model"], row["horizon_hours"]): row["score"] for row in picked.iter_rows(named=True)
    }
    models = sorted({model for model, _ in score}, key=lambda name: (name == FLAGSHIP, name))
    best = {h: min(v for (_, k), v in score.items() if k == h) for h in horizons}
    table = plain_table(title)
    table.add_column("model")
    for h in horizons:
        table.add_column(f"{h} h", justify="right")
    for model in models:
        cells = []
        for h in horizons:
            value = score.get((model, h))
            text = "–" if value is None else format(value * scale, form)
            cells.append(f"[bold]{text}[/bold]" if value == best[h] else text)
        style = "yellow" if model == FLAGSHIP else ""
        table.add_row(model, *cells, style=style)
    return table


def skill_table(title: str, skill: pl.DataFrame) -> Table:
    """Skill in pinball against the strongest other model, with its interval and its test."""
    table = plain_table(title)
    for name in ("horizon", "strongest", "skill %", "95 % interval", "DM p", "in the best set"):
        table.add_column(name, justify="left" if name == "strongest" else "right")
    ranked = skill.filter(pl.col("metric") == "pinball").sort("horizon_hours", "skill")
    for h in ranked["horizon_hours"].unique().sort().to_list():
        row = ranked.filter(pl.col("horizon_hours") == h).row(0, named=True)
        low, high = spoken(row["ci_low"], "+.2f", 100), spoken(row["ci_high"], "+.2f", 100)
        held = row.get("in_confidence_set")
        table.add_row(
            f"{h} h",
            str(row["baseline"]),
            spoken(row["skill"], "+.2f", 100),
            f"{low} to {high}",
            chance(row["p_value"]),
            "–" if held is None else ("yes" if held else "no"),
        )
    return table


def honesty(title: str, rows: pl.DataFrame) -> Table:
    """Coverage of the flagship's bands, how often it leans the right way, price-level R²."""
    table = plain_table(title)
    table.add_column("horizon", justify="right")
    for nominal in COVERED:
        table.add_column(f"in {nominal} %", justify="right")
    for name in ("right way", "R² price", "R² naive"):
        table.add_column(name, justify="right")
    mine = {
        (row["horizon_hours"], row["metric"]): row["score"]
        for row in rows.filter(pl.col("model") == FLAGSHIP).iter_rows(named=True)
    }
    for h in sorted({h for h, _ in mine}):
        table.add_row(
            f"{h} h",
            *(spoken(mine.get((h, f"coverage_{nominal}")), ".1f", 100) for nominal in COVERED),
            spoken(mine.get((h, "direction_accuracy")), ".1f", 100),
            spoken(mine.get((h, "r2_price")), ".4f"),
            spoken(mine.get((h, "r2_price_naive")), ".4f"),
        )
    return table


def plain_table(title: str) -> Table:
    """A table without lines, its title on the left."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        min_width=len(title),
    )


def chance(p_value: float | None) -> str:
    """A p-value; one below a thousandth is not zero."""
    if p_value is None:
        return "–"
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def spoken(value: float | None, form: str, scale: float = 1.0) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else format(value * scale, form)


def lake_table(found: "Sequence[tuple[Quality, int | None]]") -> Table:
    """Series of the lake: rows, months they span, missing bars, refused rows, version."""
    table = plain_table("the lake")
    table.padding = (0, 1, 0, 0)
    table.add_column("series", overflow="fold")
    for name in ("rows", "from … to", "missing", "refused", "version"):
        table.add_column(name, justify="right", no_wrap=True)
    for state, version in found:
        table.add_row(
            state.series.removesuffix("_event"),
            f"{state.rows:,}",
            f"{state.first:%Y-%m}…{state.last:%Y-%m}" if state.first and state.last else "–",
            f"{sum(gap.bars for gap in state.gaps):,}",
            f"{sum(state.quarantined.values()):,}",
            str(version),
        )
    return table


def feature_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The generated feature table; what a feature reads stands below its formula."""
    table = plain_table(f"{len(rows)} features")
    table.padding = (0, 1, 0, 0)
    for name in ("feature", "window", "known at"):
        table.add_column(name, no_wrap=True)
    table.add_column("formula, and what it reads", overflow="fold")
    for row in rows:
        reads = f"[dim]{escape(str(row['inputs']))}, {escape(str(row['source']))}[/dim]"
        table.add_row(
            str(row["feature"]),
            str(row["window"]),
            str(row["available_at"]),
            f"{escape(str(row['formula']))}\n{reads}",
        )
    return table
