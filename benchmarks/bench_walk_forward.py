"""The whole walk-forward, stage by stage, with its peak memory (small wanted: 20 s on two cores).

Every model of the run file over the whole history, the flagship, then the scores of the origins
from 2021 on. GARCH and trees are fitted anew: nothing is remembered. Medium (wanted: 10 minutes
on two cores, below 4 GiB) runs both its symbols, each the other's peer.

    python -m benchmarks.bench_walk_forward                   # small
    python -m benchmarks.bench_walk_forward --size medium
    python -m benchmarks.bench_walk_forward --workers 1       # no processes beside this one
"""

import argparse
import resource
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl
from benchmarks.market import panel, timed

from barograph.core.panel import Panel
from barograph.core.settings import Settings, load_settings
from barograph.evaluation.compare import comparisons, direction
from barograph.evaluation.scores import score_table
from barograph.evaluation.walk_forward import Runner
from barograph.features.catalogue import features
from barograph.pipelines.experts import answers
from barograph.pipelines.frames import forecast_frame, outcome_frame, rows_between

START, END = datetime(2021, 1, 1, tzinfo=UTC), datetime(2025, 6, 30, tzinfo=UTC)
CONFIG = Path(__file__).parents[1] / "config"


def walked(made: Panel, settings: Settings, workers: int) -> tuple[pl.DataFrame, float]:
    """Scored frame of one symbol, and the seconds of its walk-forward."""
    began = time.perf_counter()
    last = [began]

    def tell(name: str, done: int, total: int) -> None:
        now = time.perf_counter()
        if now - last[0] > 1.0 or done == total:
            print(f"    {now - began:6.1f} s  {name} ({done} of {total} jobs)", flush=True)
            last[0] = now

    outputs = answers(made, settings, Runner(workers=workers, tell=tell))
    seconds = time.perf_counter() - began
    rows = rows_between(made, START, END)
    if not len(rows):  # made-up bars end earlier
        rows = rows_between(made, made.moment(len(made) // 3), made.moment(len(made) - 1))
    regime = made.columns(("volatility_regime",))[:, 0]
    frames = [forecast_frame(made, name, output, rows) for name, output in outputs.items()]
    outcomes = outcome_frame(made, rows, regime)
    scored = pl.concat(frames).join(outcomes, on=["as_of", "horizon_hours"], how="left")
    return scored, seconds


def peak_gib() -> tuple[float, float]:
    """Peak memory of this process and of the largest of its workers, once they have ended."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    mine, largest = (resource.getrusage(kind).ru_maxrss / 2**20 for kind in kinds)
    return mine, largest


def main() -> None:
    """Run and print the stages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", choices=("small", "medium"), default="small")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    settings = load_settings(CONFIG / f"{asked.size}.yaml")
    frames, total = [], 0.0
    for symbol in settings.symbols:
        peer = next((name for name in settings.peers if name != symbol), None)
        made, loaded = timed(partial(panel, features(), symbol, peer))
        print(f"  grid, {len(made.names)} features, targets of {len(made):,} hours: {loaded:.1f} s")
        scored, seconds = walked(made, settings, asked.workers)
        frames.append(scored)
        total += seconds
        print(
            f"  walk-forward of {symbol}, {len(settings.models)} models and the flagship: "
            f"{seconds:.1f} s"
        )
    everything = pl.concat(frames)
    _, scoring = timed(lambda: score_table(everything))
    _, comparing = timed(lambda: (comparisons(everything, seed=7), direction(everything)))
    mine, largest = peak_gib()
    print(
        f"{asked.size}: walk-forward {total:.1f} s; scores of {everything.height:,} forecasts "
        f"{scoring:.1f} s, comparisons {comparing:.1f} s; peak {mine:.2f} GiB here and at most "
        f"{largest:.2f} GiB in each of {asked.workers} workers"
    )


if __name__ == "__main__":
    main()
