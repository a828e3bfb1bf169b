"""Better than what, by how much, and is it luck."""

from typing import TYPE_CHECKING

import polars as pl

from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, grid, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Skill against every baseline"
NAMES = {"pinball": "mean pinball loss (the whole distribution)", "qlike": "QLIKE (the variance)"}


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Dots with whiskers, the table, the confidence set."""
    rows = against(inputs, "pinball")
    if rows.is_empty():
        return [b.Note("No baseline was scored beside the flagship in this run.", "warn")]
    return [
        b.Note(sentence(rows), "say"),
        drawing(inputs, "pinball"),
        table(rows),
        confidence_set(inputs, "pinball"),
        b.Note(
            "Skill is one minus our mean score over the baseline's: +2 % means a loss 2 % smaller. "
            "The whisker is a 95 % interval that allows for overlapping horizons; a hollow dot "
            "means that it holds zero. DM is the Diebold–Mariano statistic (below zero in favour "
            "of the flagship), p its two-sided chance if the skills were equal. The Model "
            "Confidence Set keeps the models that cannot be told from the best. At 3 and 7 days "
            "few outcomes are independent, so small gains there are rarely significant."
        ),
    ]


def against(inputs: ReportInputs, metric: str) -> pl.DataFrame:
    """Comparisons of the flagship with every other model."""
    return inputs.comparisons.filter(
        (pl.col("model") == inputs.flagship)
        & (pl.col("baseline") != inputs.flagship)
        & (pl.col("metric") == metric)
    ).sort("horizon_hours", "skill")


def sentence(rows: pl.DataFrame) -> str:
    """How many comparisons are won beyond doubt, and how the hardest stands."""
    won = rows.filter(pl.col("ci_low") > 0).height
    lost = rows.filter(pl.col("ci_high") < 0).height
    judged = rows.drop_nulls("skill")
    if judged.is_empty():
        return "No comparison could be computed: too few outcomes are known."
    worst = judged.sort("skill").row(0, named=True)
    return (
        f"Of {rows.height} comparisons {won} are won and {lost} lost beyond the 95 % interval; "
        f"the hardest is {worst['baseline']} at {b.horizon(worst['horizon_hours'])}, with a skill "
        f"of {b.percent(worst['skill']).text}."
    )


def table(rows: pl.DataFrame) -> b.Table:
    """Every comparison with its interval and test."""
    cells = []
    for row in rows.iter_rows(named=True):
        kind = verdict(row)
        cells.append(
            (
                b.words(b.horizon(row["horizon_hours"]), "head"),
                b.words(row["baseline"]),
                b.percent(row["skill"], kind=kind),
                b.percent(row["ci_low"]),
                b.percent(row["ci_high"]),
                b.number(row["dm_statistic"], "+.2f"),
                b.number(row["p_value"], ".4f"),
                b.words({"up": "better", "down": "worse"}.get(kind, "no difference shown")),
            )
        )
    columns = ("horizon", "baseline", "skill", "95 % from", "to", "DM", "p", "verdict")
    return b.Table(columns, tuple(cells), "All comparisons in numbers", folded=True)


def verdict(row: dict[str, float | None]) -> str:
    """``up`` above zero beyond the interval, ``down`` below, empty in between."""
    low, high = row["ci_low"], row["ci_high"]
    if low is not None and low > 0:
        return "up"
    return "down" if high is not None and high < 0 else ""


def confidence_set(inputs: ReportInputs, metric: str) -> b.Table:
    """Models that cannot be told from the best, per horizon."""
    given = inputs.comparisons if inputs.membership is None else inputs.membership
    kept = (
        given.filter(pl.col("metric") == metric)
        .group_by("horizon_hours", "model")
        .agg(pl.col("in_confidence_set").any(ignore_nulls=False))
        .sort("horizon_hours", "model")
    )
    cells = []
    for (hours,), part in kept.group_by("horizon_hours", maintain_order=True):
        names: dict[bool | None, list[str]] = {True: [], False: [], None: []}
        for name, inside in part.select("model", "in_confidence_set").iter_rows():
            names[inside].append(name)
        cells.append(
            (
                b.words(b.horizon(int(str(hours))), "head"),
                b.words(", ".join(names[True]) or b.MISSING, "up"),
                b.words(", ".join(names[False]) or b.MISSING),
                b.words(", ".join(names[None]) or b.MISSING),
            )
        )
    columns = ("horizon", "in the set", "left out", "too few outcomes")
    return b.Table(columns, tuple(cells), "Model Confidence Set")


def drawing(inputs: ReportInputs, metric: str) -> Drawing:
    """One panel a horizon, one row a baseline."""
    rows = against(inputs, metric)
    hours = rows["horizon_hours"].unique().sort().to_list()
    count = max(rows.group_by("horizon_hours").len()["len"].to_list(), default=1)

    def draw(figure: "Figure", form: Format) -> None:
        for axes, hour in zip(grid(figure, len(hours), form), hours, strict=True):
            _whiskers(axes, rows.filter(pl.col("horizon_hours") == hour), form)
            axes.set_title(b.horizon(hour))
        figure.supxlabel("skill, % (right of zero: the flagship is better)", fontsize=8)

    panel = 0.55 + 0.2 * count
    return Drawing(
        f"skill-{metric}-{inputs.symbols[0]}",
        f"Skill by {NAMES[metric]}",
        "Skill of the flagship against each baseline with 95 percent intervals, one panel per "
        "horizon; the numbers are in the table below.",
        draw,
        (
            0.4 + panel * rows_of(len(hours), "wide"),
            0.4 + panel * rows_of(len(hours), "narrow"),
        ),
    )


def _whiskers(axes: "Axes", rows: pl.DataFrame, form: Format) -> None:
    rows = rows.drop_nulls(["skill", "ci_low", "ci_high"]).sort("skill", descending=True)
    axes.axvline(0, color=LIGHT["soft"], linewidth=0.9)
    for height, row in enumerate(rows.iter_rows(named=True)):
        kind = verdict(row)
        colour = LIGHT[kind or "grey"]
        ends = [100 * row["ci_low"], 100 * row["ci_high"]]
        axes.plot(ends, [height, height], color=colour, linewidth=1.6)
        axes.plot(
            100 * row["skill"],
            height,
            "o",
            markersize=5,
            markerfacecolor=colour if kind else LIGHT["card"],
            markeredgecolor=colour,
            markeredgewidth=1.3,
        )
    size = 7.5 if form == "wide" else 6.5
    axes.set_yticks(range(rows.height), rows["baseline"].to_list(), fontsize=size)
    axes.set_ylim(-0.6, max(rows.height, 1) - 0.4)
    axes.grid(visible=False, axis="y")
