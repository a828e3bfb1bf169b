"""Exact refits of the log-HAR per second on one core, beside least squares solved anew.

Six horizons, every hourly origin; the coefficients at each are the exact ridge fit to everything
matured by then. The plain way, ``numpy.linalg.lstsq`` per origin and horizon, is timed on origins
spread over the history and must give the same coefficients.

Run: ``python -m benchmarks.bench_rls`` from the repository's folder.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from benchmarks.market import panel, timed

from barograph.core.types import Floats
from barograph.models.har import WINDOWS
from barograph.models.har_design import plain_design
from barograph.models.rls import rls_forecast

ROWS = 77_000
RIDGE = 1.0
SAMPLED = 40


def stretched(values: Floats, rows: int) -> Floats:
    """The same rows, repeated from the start up to a number."""
    return np.concatenate([values] * (rows // len(values) + 1))[:rows]


def solved(x: Floats, y: Floats, row: int, horizon: int) -> float:
    """Forecast of one origin by least squares on all pairs matured by then."""
    past, known = x[: row - horizon + 1], y[: row - horizon + 1]
    held = np.isfinite(known) & np.isfinite(past).all(axis=1)
    width = x.shape[1]
    ridge = np.sqrt(RIDGE * horizon) * np.eye(width)
    left, right = np.vstack([past[held], ridge]), np.concatenate([known[held], np.zeros(width)])
    coefficients = np.linalg.lstsq(left, right, rcond=None)[0]
    return float(np.sum(x[row] * coefficients))


def main() -> None:
    """Time both and compare their forecasts."""
    made = panel({})
    design = plain_design(made, WINDOWS)
    x, y = stretched(design.common, ROWS), stretched(design.outcomes(made), ROWS)
    (found, _), ours = timed(lambda: rls_forecast(x, y, made.horizons, ridge=RIDGE), 4)
    refits = int(np.isfinite(found).sum())
    print(
        f"{ROWS:,} hours, {len(made.horizons)} horizons: {refits:,} exact refits in {ours:.3f} s, "
        f"{refits / ours / 1e6:.1f} million a second on one core (wanted 1)"
    )
    usable = np.flatnonzero(np.isfinite(found).all(axis=1))
    origins = usable[np.linspace(len(usable) // 20, len(usable) - 1, SAMPLED).astype(int)]

    def plain() -> Floats:
        return np.array(
            [[solved(x, y[:, k], i, h) for k, h in enumerate(made.horizons)] for i in origins]
        )

    again, theirs = timed(plain)
    apart = np.abs(again - found[origins]).max()
    each = theirs / again.size
    print(
        f"numpy.linalg.lstsq: {1e3 * each:.2f} ms a refit over {again.size} of them, ratio "
        f"{each / (ours / refits):,.0f}; forecasts agree to {apart:.1e}"
    )
    if not apart < 1e-6:
        raise SystemExit("the recursion and least squares disagree")


if __name__ == "__main__":
    main()
