"""Which conformal: the flagship's pooled quantiles before calibration and after each kind.

One expert (har_x), BTCUSDT, origins of 2021-01-01 to 2025-06-30: gaps between measured and nominal
coverage, overall, in the worst regime x session and in the worst year, and pinball loss. The table
is printed only; what it led to is in docs/explanation/calibration.md.

    python -m benchmarks.bench_calibration
    python -m benchmarks.bench_calibration --window 2160    # hours the rolling kinds look back
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from benchmarks.bench_walk_forward import CONFIG, END, START
from benchmarks.market import panel, timed

from barograph.calibration.conformal import online_conformal
from barograph.calibration.cqr import conformal_quantile_regression
from barograph.calibration.split_conformal import split_conformal
from barograph.core.levels import level_array
from barograph.core.panel import Panel
from barograph.core.settings import load_settings
from barograph.core.types import Floats
from barograph.evaluation.scores import score_table
from barograph.evaluation.walk_forward import walk_forward
from barograph.features.catalogue import features
from barograph.metrics.catalogue import metrics
from barograph.models.barograph import FLAGSHIP, cells
from barograph.models.base import Output
from barograph.models.catalogue import pick
from barograph.models.har_design import rich_design
from barograph.pipelines.experts import distribution
from barograph.pipelines.frames import forecast_frame, outcome_frame, rows_between

EXPERT = "har_x"
NOMINAL = (68, 80, 90, 95)
METRICS = (*(f"coverage_{nominal}" for nominal in NOMINAL), "pinball")


class Pooled(NamedTuple):
    """What calibration is given."""

    variance: Floats
    quantiles: Floats
    scale: Floats
    relative: Floats


def pooled(made: Panel) -> Pooled:
    """The flagship up to its last step, and the scale and height that step is told."""
    plan = load_settings(Path(CONFIG / "small.yaml")).walk_forward
    expert = walk_forward(made, pick((EXPERT,)), plan)[EXPERT]
    outputs = {EXPERT: distribution(made, expert)}
    untracked = replace(FLAGSHIP, gain=0.0, cell_gain=0.0).combine(made, outputs)
    if untracked.quantiles is None:
        raise SystemExit("the flagship gave no quantiles")
    variance = FLAGSHIP.variance(made, outputs)
    base = 0.5 * np.log(variance)
    relative = 2.0 * (base - np.where(np.isfinite(base), FLAGSHIP.slow(made), np.nan))
    rich = FLAGSHIP.rich_scale(made, rich_design(made), base, relative)
    return Pooled(variance, untracked.quantiles, np.exp(rich), relative)


def calibrated(made: Panel, before: Pooled, window: int) -> dict[str, Floats]:
    """Quantiles after each kind of calibration."""
    levels, outcome = level_array(), made.target_return
    groups = cells(made.hours, made.horizons, before.relative)
    hours = np.array(made.horizons)
    gain, cell_gain = FLAGSHIP.gain, FLAGSHIP.cell_gain
    kinds: dict[str, Callable[[], Floats]] = {
        "split": partial(
            split_conformal, before.scale, outcome, made.horizons, levels, window, window // 8
        ),
        "CQR": partial(
            conformal_quantile_regression,
            before.quantiles,
            outcome,
            made.horizons,
            levels,
            window,
            window // 8,
        ),
        "adaptive": lambda: online_conformal(
            before.quantiles, before.scale, outcome, hours, levels, groups, gain, cell_gain
        )[0],
    }
    found = {"none": before.quantiles}
    for name, work in kinds.items():
        found[name], seconds = timed(work, 3)
        print(f"  {name}: {seconds:.2f} s for {len(made):,} hours x {len(hours)} horizons")
    return found


def scores(made: Panel, before: Pooled, found: dict[str, Floats]) -> pl.DataFrame:
    """Coverage and pinball of every kind on the origins all of them answer, overall and by cell."""
    rows = rows_between(made, START, END)
    if not len(rows):  # made-up bars end earlier
        rows = rows_between(made, made.moment(len(made) // 3), made.moment(len(made) - 1))
    answered = np.logical_and.reduce([np.isfinite(q).all(axis=2) for q in found.values()])
    regime = made.columns(("volatility_regime",))[:, 0]
    outcomes = outcome_frame(made, rows, regime).filter(pl.col("regime") != "unknown")
    frames = [
        forecast_frame(
            made,
            name,
            Output(before.variance, np.where(answered[:, :, None], quantiles, np.nan)),
            rows,
        )
        for name, quantiles in found.items()
    ]
    scored = pl.concat(frames).join(outcomes, on=["as_of", "horizon_hours"], how="inner")
    chosen = [metrics()[name] for name in METRICS]
    return score_table(scored, chosen, ("all", "regime_session", "year"))


def main() -> None:
    """Run and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--window", type=int, default=365 * 24, help="hours looked back over")
    asked = parser.parse_args()
    made = panel(features())
    before = pooled(made)
    found = calibrated(made, before, asked.window)
    table = scores(made, before, found)
    report(made, table, tuple(found))


def report(made: Panel, table: pl.DataFrame, kinds: tuple[str, ...]) -> None:
    """Print gaps in points by horizon, the worst cell, and pinball loss."""
    print(f"gap to nominal coverage in points at {' / '.join(map(str, NOMINAL))} %;")
    print("the largest at any of these in a cell of 3 regimes x 3 sessions, and in a year;")
    print("pinball loss x 1e6, and its change from none\n")
    head = ("hours", "calibration", "gap", "cell", "year", "pinball", "change")
    print("{:>5}  {:12} {:28} {:>6} {:>6}  {:>8} {:>8}".format(*head))
    for horizon in made.horizons:
        plain = float("nan")
        for name in kinds:
            of = table.filter(model=name, horizon_hours=horizon)
            overall = dict(of.filter(slice="all").select("metric", "score").iter_rows())
            gaps = [points(f"coverage_{c}", overall[f"coverage_{c}"]) for c in NOMINAL]
            cell, year = worst(of, "regime_session"), worst(of, "year")
            loss = 1e6 * overall["pinball"]
            plain = loss if name == "none" else plain
            shown = " / ".join(f"{gap:+.1f}" for gap in gaps)
            print(
                f"{horizon:5}  {name:12} {shown:28} {cell:+6.1f} {year:+6.1f}  {loss:8.1f} "
                f"{100 * (loss / plain - 1):+7.2f}%"
            )


def worst(scored: pl.DataFrame, part: str) -> float:
    """Largest gap of any interval in any cell of a slice, in percentage points."""
    rows = scored.filter(pl.col("slice") == part, pl.col("metric") != "pinball")
    gaps = [points(metric, score) for metric, score in rows.select("metric", "score").iter_rows()]
    return max(gaps, key=abs)


def points(metric: str, score: float) -> float:
    """Measured less nominal coverage, in percentage points."""
    target = metrics()[metric].target
    if target is None:
        raise ValueError(f"{metric} has no target")
    return 100 * (score - target)


if __name__ == "__main__":
    main()
