"""One published cone (wanted: 2 ms), paths, the grade of one hour, and 39,000 cones at once.

python -m benchmarks.bench_cone
"""

from datetime import UTC, datetime

import numpy as np
from benchmarks.market import timed
from tests.unit.calibration.test_confidence import market
from tests.unit.cone.cones import HOURS, forecast, season

from barograph.calibration.confidence import confidence, latest
from barograph.cone.paths import paths
from barograph.cone.published import published_cone
from barograph.cone.recalibrate import reach
from barograph.core.time import HORIZONS

ORIGINS = 39_000
THREE = (1, 24, 168)


def main() -> None:
    """Run and print."""
    quantiles, pattern = forecast(), season()
    as_of = datetime(2024, 3, 1, 14, tzinfo=UTC)
    _, first = timed(lambda: published_cone(62_000.0, as_of, quantiles, HORIZONS, pattern))
    _, cone = timed(lambda: published_cone(62_000.0, as_of, quantiles, HORIZONS, pattern), 50)
    print(f"both engines' cone of one hour: {1e3 * cone:.2f} ms; the first, which draws the ")
    print(f"Brownian engine's 10,000 paths once for all: {1e3 * first:.0f} ms")
    _, drawn = timed(lambda: paths(quantiles, HORIZONS, np.exp(pattern), 10_000), 3)
    print(f"10,000 stratified paths of {HOURS} hours: {1e3 * drawn:.0f} ms")
    half, outcome = market(20_000)
    (grade, _), one = timed(lambda: latest(-half, half, outcome, THREE), 10)
    batch, every = timed(lambda: confidence(-half, half, outcome, THREE), 3)
    if not np.array_equal(grade, batch[-1]):
        raise SystemExit("the grade of one hour is not that of the whole history")
    print(f"grade of one hour: {1e3 * one:.1f} ms; of all {len(half):,}: {1e3 * every:.0f} ms")
    rng = np.random.default_rng(1)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.006, ORIGINS)))
    many, ahead = np.tile(quantiles, (ORIGINS, 1, 1)), np.ones((ORIGINS, HOURS))
    _, whole = timed(lambda: reach(many, HORIZONS, ahead, close))
    print(f"{ORIGINS:,} cones of {HOURS} hours held against what came: {whole:.1f} s")


if __name__ == "__main__":
    main()
