"""Do 68 of 100 outcomes fall into the 68 % band, everywhere."""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from barograph.core.levels import INTERVALS, LEVELS
from barograph.evaluation.report.derive import half_width, known, level_histogram, scores
from barograph.evaluation.report.inputs import ReportInputs
from barograph.metrics.reliability import reliability_curve
from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format, grid, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Calibration: are the odds honest?"
TARGETS: Final = {24: 0.01, 10_000: 0.02}
"""Largest deviation wanted, by horizon: one point to a day, two beyond."""
CELL_BAND: Final = 0.05
REGIMES: Final = ("low", "normal", "high")
SESSIONS: Final = ("Asia", "Europe", "US")


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Coverage, reliability, PIT and the cells of regime and session."""
    rows = known(inputs.scored, inputs.flagship)
    if rows.is_empty():
        return [b.Note("No outcome is known yet, so nothing can be said of calibration.", "warn")]
    observed = reliability_curve(rows)
    return [
        b.Note(sentence(inputs), "say"),
        coverage_table(inputs),
        reliability_drawing(observed, inputs.symbols[0]),
        pit_drawing(observed, inputs.symbols[0]),
        b.Note(
            "Reliability: of all forecasts, the share of outcomes at or below a quantile should "
            "equal its level; the right panel shows the same as a deviation, the grey area "
            "being what chance alone may do at one day. PIT: each bar is the share of outcomes "
            "between two neighbouring quantiles over the share asked for; flat at 1 is perfect, "
            "a U means bands too narrow, a hump too wide; chance alone "
            "stays between the thin steps 95 times in 100."
        ),
        *cells(inputs),
    ]


def tolerance(hours: int) -> float:
    """Largest deviation of coverage wanted at a horizon."""
    return next(limit for last, limit in TARGETS.items() if hours <= last)


def sentence(inputs: ReportInputs) -> str:
    """Coverage at a day in words, and how many entries of the table are off target."""
    table = _coverage(inputs)
    off = sum(
        abs(score - _target(nominal)) > tolerance(hours)
        for hours, nominal, score in table.select("horizon_hours", "nominal", "score").iter_rows()
    )
    near = table.sort((pl.col("horizon_hours") - 24).abs()).head(len(INTERVALS))
    held = {row["nominal"]: row["score"] for row in near.iter_rows(named=True)}
    said = [
        f"the {nominal} % band held {b.percent(held[nominal], '.1f').text} of outcomes"
        for nominal in (68, 95)
        if nominal in held
    ]
    where = b.horizon(int(near["horizon_hours"][0])) if len(near) else ""
    return (
        f"At {where} {b.join(said)}; {off} of {table.height} entries of the table miss the target "
        "(1 point up to a day, 2 points beyond)."
        if said
        else "Coverage was not scored in this run."
    )


def _target(nominal: int) -> float:
    low, high = INTERVALS[nominal]
    return high - low


def _coverage(inputs: ReportInputs) -> pl.DataFrame:
    parts_ = [
        scores(inputs.metrics, f"coverage_{nominal}")
        .filter(pl.col("model") == inputs.flagship)
        .with_columns(nominal=pl.lit(nominal))
        for nominal in INTERVALS
    ]
    return pl.concat(parts_).drop_nulls("score").sort("horizon_hours", "nominal")


def coverage_table(inputs: ReportInputs) -> b.Table:
    """Nominal levels across, horizons down; off-target cells are marked."""
    rows = []
    for (hours,), part in _coverage(inputs).group_by("horizon_hours", maintain_order=True):
        held = dict(part.select("nominal", "score").iter_rows())
        cells_ = [
            _heat(held.get(nominal), _target(nominal), tolerance(int(hours)))
            for nominal in INTERVALS
        ]
        count = b.number(part["n"].max(), ",d")  # type: ignore[arg-type]
        rows.append((b.words(b.horizon(int(hours)), "head"), *cells_, count))
    asked = ", ".join(f"{_target(n):.1%}".replace("%", " %") for n in INTERVALS)
    return b.Table(
        ("horizon", *(f"{nominal} %" for nominal in INTERVALS), "outcomes"),
        tuple(rows),
        f"Share of outcomes inside each central band (asked for exactly: {asked}). "
        "▲ too many, ▼ too few beyond the target.",
    )


def _heat(value: float | None, target: float, limit: float) -> b.Cell:
    if value is None:
        return b.number(None)
    gap = value - target
    mark = "" if abs(gap) <= limit else (" ▲" if gap > 0 else " ▼")
    text = f"{100 * value:.1f}{mark}"
    title = f"{value!r}: {100 * gap:+.2f} points from {100 * target:.1f} %"
    kind = "num off" if mark else "num"
    return b.Cell(text, title, kind, shade=float(np.clip(gap / (2 * CELL_BAND), -1, 1)))


def cells(inputs: ReportInputs) -> list[b.Block]:
    """Heat table of coverage by regime and session, one per nominal level of the cone."""
    tables: list[b.Block] = []
    for nominal in (68, 95):
        frame = scores(inputs.metrics, f"coverage_{nominal}", "regime_session").filter(
            pl.col("model") == inputs.flagship
        )
        if frame.is_empty():
            continue
        hours = frame["horizon_hours"].unique().sort().to_list()
        held = {
            (h, v): s for h, v, s in frame.select("horizon_hours", "value", "score").iter_rows()
        }
        rows = tuple(
            (
                b.words(regime, "head"),
                b.words(session, "head"),
                *(
                    _heat(held.get((hour, f"{regime}/{session}")), _target(nominal), CELL_BAND)
                    for hour in hours
                ),
            )
            for regime in REGIMES
            for session in SESSIONS
        )
        caption = (
            f"Coverage of the {nominal} % band by volatility regime and session. ▲▼ and a frame "
            "mark cells more than 5 points off."
        )
        columns = ("regime", "session", *(b.horizon(hour) for hour in hours))
        tables.append(b.Table(columns, rows, caption))
    return tables


def shades(count: int) -> list[float]:
    """Opacities from the shortest to the longest horizon."""
    return np.linspace(0.35, 1.0, count).tolist() if count > 1 else [1.0]


def reliability_drawing(observed: pl.DataFrame, symbol: str) -> Drawing:
    """The curve and its deviation."""
    hours = observed["horizon_hours"].unique().sort().to_list()

    def draw(figure: "Figure", form: Format) -> None:
        left, right = figure.subplots(*((1, 2) if form == "wide" else (2, 1)))
        left.plot([0, 100], [0, 100], color=LIGHT["soft"], linewidth=0.8, linestyle=(0, (3, 3)))
        right.axhline(0, color=LIGHT["soft"], linewidth=0.8, linestyle=(0, (3, 3)))
        _chance(right, observed, min(hours, key=lambda hour: abs(hour - 24)))
        for hour, alpha in zip(hours, shades(len(hours)), strict=True):
            part = observed.filter(pl.col("horizon_hours") == hour)
            level, share = 100 * part["level"].to_numpy(), 100 * part["observed"].to_numpy()
            style = {"color": LIGHT["amberink"], "alpha": alpha, "marker": "o", "markersize": 2.6}
            left.plot(level, share, linewidth=1.2, **style)
            right.plot(level, share - level, linewidth=1.2, label=b.horizon(hour), **style)
        left.set_title("observed against nominal")
        right.set_title("deviation, points")
        for axes in (left, right):
            axes.set_xlabel("nominal level, %")
        left.set_ylabel("observed, %")
        figure.legend(loc="outside lower center", ncols=6 if form == "wide" else 3)

    return Drawing(
        f"reliability-{symbol}",
        "Reliability",
        "Observed share of outcomes below each quantile against its nominal level, by horizon, "
        "and the deviation in percentage points.",
        draw,
        (3.6, 6.0),
    )


def _chance(axes: "Axes", observed: pl.DataFrame, hours: int) -> None:
    count = observed.filter(pl.col("horizon_hours") == hours)["n"][0]
    level = np.linspace(0.005, 0.995, 100)
    half = 100 * half_width(level, count, hours)
    axes.fill_between(100 * level, -half, half, color=LIGHT["grey"], alpha=0.14, linewidth=0)


def pit_drawing(observed: pl.DataFrame, symbol: str) -> Drawing:
    """One histogram a horizon."""
    hours = observed["horizon_hours"].unique().sort().to_list()

    def draw(figure: "Figure", form: Format) -> None:
        for axes, hour in zip(grid(figure, len(hours), form), hours, strict=True):
            _histogram(axes, observed.filter(pl.col("horizon_hours") == hour), hour)
        figure.supxlabel("where the outcome fell within its forecast, %", fontsize=8)

    return Drawing(
        f"pit-{symbol}",
        "Where outcomes fell (PIT)",
        "Histograms of the probability integral transform by horizon; flat at one is perfect.",
        draw,
        (0.3 + 1.5 * rows_of(len(hours), "wide"), 0.3 + 1.5 * rows_of(len(hours), "narrow")),
    )


def _histogram(axes: "Axes", part: pl.DataFrame, hours: int) -> None:
    edges, density = level_histogram(part["observed"].to_numpy())
    width = np.diff(edges)
    half = half_width(width, part["n"][0], hours) / width
    axes.bar(
        100 * edges[:-1],
        density,
        100 * width,
        align="edge",
        color=LIGHT["amber"],
        alpha=0.75,
        edgecolor=LIGHT["card"],
        linewidth=0.6,
    )
    for limit in (np.maximum(1 - half, 0), 1 + half):
        axes.stairs(limit, 100 * edges, color=LIGHT["soft"], linewidth=0.9, baseline=None)
    axes.axhline(1, color=LIGHT["ink"], linewidth=0.9, linestyle=(0, (3, 3)))
    axes.set_title(b.horizon(hours))
    axes.set_ylim(0, max(1.6, min(float(density.max()) * 1.1, 2.5)))
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 100 * LEVELS[4], 50, 100 * LEVELS[8], 100], ["0", "16", "50", "84", "100"])
    axes.grid(visible=False, axis="x")
