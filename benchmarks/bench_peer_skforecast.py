"""The same log-HAR walk-forward here and in skforecast, refitted at every origin.

Ours is timed on the whole of the longest stretch of hours without a gap. skforecast is timed on a
few short runs of consecutive origins, spread over that stretch, all horizons; a refit costs more
the longer the past, so that the mean over the spread stands for the whole, and the total is that
mean times the number of origins. Both are exact ridge fits and must give the same forecasts.

Needs the environment that ``make bench-peers`` makes; run that.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from benchmarks.market import panel, timed

from barograph.core.types import Floats
from barograph.models.har import WINDOWS
from barograph.models.har_design import plain_design
from barograph.models.rls import rls_forecast

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
SCRIPT = ROOT / "benchmarks" / "peers" / "walk_skforecast.py"
COUNT = 8
PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)


def longest_run(rows: Floats) -> slice:
    """Longest stretch of rows without a NaN."""
    whole = np.isfinite(rows).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], whole.astype(int), [0]))))
    begins, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - begins))
    return slice(int(begins[best]), int(ends[best]))


def main() -> None:
    """Walk here and there, compare and print the ratio."""
    if not PEERS.exists():
        print("no .venv-peers: run `make bench-peers`")
        return
    made = panel({})
    design = plain_design(made, WINDOWS)
    outcomes = design.outcomes(made)
    run = longest_run(np.column_stack([design.common, outcomes]))
    x, y = design.common[run], outcomes[run]
    (found, _), ours = timed(lambda: rls_forecast(x, y, made.horizons), 4)
    origins = [int(place * len(x)) for place in PLACES]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.npz"
        np.savez(path, x=x, y=y, horizons=made.horizons, origins=origins, count=COUNT)
        said = subprocess.run([PEERS, SCRIPT, path], capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(said.stderr)
    blocks = json.loads(said.stdout)
    apart = max(
        float(np.abs(found[b["origin"] : b["origin"] + COUNT, b["k"]] - b["found"]).max())
        for b in blocks
    )
    refits = COUNT * len(blocks)
    each = sum(b["seconds"] for b in blocks) / refits
    whole = each * len(x) * len(made.horizons)
    print(
        f"log-HAR, {len(x):,} origins x {len(made.horizons)} horizons, refitted at each: here "
        f"{ours:.3f} s; skforecast {1e3 * each:.1f} ms a refit on {refits} of them, so "
        f"{whole:,.0f} s in all: ratio {whole / ours:,.0f} (wanted 50); "
        f"forecasts agree to {apart:.1e}"
    )
    if not apart < 1e-8:
        sys.exit("the two walk-forwards disagree")


if __name__ == "__main__":
    main()
