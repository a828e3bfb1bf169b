"""One forecast from warm features: variance and quantiles of all horizons (wanted: 5 ms).

The flagship is walked to the last bar once; then its last row is answered from what it has
learnt, and the answer must be the walk-forward's own.

Run: ``python -m benchmarks.bench_forecast`` from the repository's folder.
"""

import time

import numpy as np
from benchmarks.market import panel, timed

from barograph.models.barograph import FLAGSHIP
from barograph.models.har import HarX
from barograph.models.live import warm

REPEATS = 5000


def main() -> None:
    """Walk once, then answer many times."""
    made = panel({})
    outputs = {"har_x": HarX().forecast(made, 0, len(made))}
    (output, held, row), walked = timed(lambda: warm(FLAGSHIP, made, outputs), 2)
    answer = held.answer(row)
    if output.quantiles is None or answer.quantiles is None:
        raise SystemExit("the flagship gave no quantiles")
    apart = np.abs(answer.quantiles[0] - output.quantiles[-1]).max()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        held.answer(row)
        seconds.append(time.perf_counter() - began)
    middle, slow = np.percentile(seconds, [50, 99])
    print(
        f"warm forecast, {len(made.horizons)} horizons: {1e3 * middle:.2f} ms median, "
        f"{1e3 * slow:.2f} ms at the 99th percentile (wanted 5); walking {len(made):,} hours to "
        f"it took {walked:.1f} s; farthest from the walk-forward's answer {apart:.1e}"
    )
    if not apart < 1e-9:
        raise SystemExit("the warm answer is not the walk-forward's")


if __name__ == "__main__":
    main()
