"""Tables of scores, of the lake and of features, for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
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
        yield honesty(f"{mark}{symbol}: {FLAGSHIP} against the best baseline", mine, skill)


def score_table_of(title: str, rows: pl.DataFrame, metric: str, scale: float, form: str) -> Table:
    """One row a model, one column a horizon; the best of each column in bold."""
    picked = rows.filter((pl.col("metric") == metric) & pl.col("score").is_not_null())
    horizons = picked["horizon_hours"].unique().sort().to_list()
    score = {
        (row["model"], row["horizon_hours"]): row["score"] for row in picked.iter_rows(named=True)
    }
    models = sorted({model for model, _ in score}, key=lambda name: (name == FLAGSHIP, name))
    best = {h: min(v for (_, k), v in score.items() if k == h) for h in horizons}
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
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


def honesty(title: str, rows: pl.DataFrame, skill: pl.DataFrame) -> Table:
    """Skill with its interval against the strongest baseline, coverage, direction, price R²."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("horizon", "best baseline", "skill % [95 %]", "DM p"):
        table.add_column(name, justify="left" if name == "best baseline" else "right")
    for nominal in COVERED:
        table.add_column(f"cover {nominal}", justify="right")
    for name in ("right way %", "R² price", "R² naive"):
        table.add_column(name, justify="right")
    mine = {
        (row["horizon_hours"], row["metric"]): row["score"]
        for row in rows.filter(pl.col("model") == FLAGSHIP).iter_rows(named=True)
    }
    ranked = skill.filter(pl.col("metric") == "pinball").sort("horizon_hours", "skill")
    for h in sorted({h for h, _ in mine}):
        rivals = ranked.filter(pl.col("horizon_hours") == h)
        row = rivals.row(0, named=True) if rivals.height else {}
        table.add_row(
            f"{h} h",
            str(row.get("baseline", "–")),
            interval(row),
            spoken(row.get("dm_statistic") and row.get("p_value"), ".3f"),
            *(spoken(mine.get((h, f"coverage_{nominal}")), ".1f", 100) for nominal in COVERED),
            spoken(mine.get((h, "direction_accuracy")), ".1f", 100),
            spoken(mine.get((h, "r2_price")), ".4f"),
            spoken(mine.get((h, "r2_price_naive")), ".4f"),
        )
    return table


def interval(row: Mapping[str, Any]) -> str:
    """Skill in percent with its interval."""
    if row.get("skill") is None:
        return "–"
    low, high = spoken(row["ci_low"], "+.2f", 100), spoken(row["ci_high"], "+.2f", 100)
    return f"{row['skill'] * 100:+.2f} [{low}, {high}]"


def spoken(value: float | None, form: str, scale: float = 1.0) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else format(value * scale, form)


def lake_table(found: "Sequence[tuple[Quality, int | None]]") -> Table:
    """Series of the lake."""
    table = Table(title="the lake", title_justify="left", box=None, pad_edge=False)
    for name in (
        "series",
        "rows",
        "from",
        "to",
        "gaps",
        "missing",
        "flagged",
        "quarantined",
        "version",
    ):
        table.add_column(name, justify="left" if name in {"series", "from", "to"} else "right")
    for state, version in found:
        table.add_row(
            state.series,
            f"{state.rows:,}",
            f"{state.first:%Y-%m-%d %H:%M}" if state.first else "–",
            f"{state.last:%Y-%m-%d %H:%M}" if state.last else "–",
            str(len(state.gaps)),
            f"{sum(gap.bars for gap in state.gaps):,}",
            str(state.flagged),
            str(sum(state.quarantined.values())),
            str(version),
        )
    return table


def feature_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The generated feature table."""
    table = Table(title=f"{len(rows)} features", title_justify="left", box=None, pad_edge=False)
    names = list(rows[0]) if rows else []
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(row[name]) for name in names))
    return table
