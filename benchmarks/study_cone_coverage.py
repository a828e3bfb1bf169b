"""Coverage of the cone's bands at every hour ahead, 2021 to mid-2025, as it is and recalibrated.

Walks BTC and ETH forward (har, har_x and the flagship, as the live run file does), draws the cone
of every hour, and counts how many outcomes each band held at each of its 168 hours. Some two
minutes and 2 GiB; ``BAROGRAPH_DATA`` names the real data.

    python -m benchmarks.study_cone_coverage
    python -m benchmarks.study_cone_coverage --figure docs/explanation/cone-coverage.svg
"""

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from benchmarks.market import timed
from benchmarks.walked import Walked, monthly_error, parser, walk

from barograph.cone.bands import PLACES, cone
from barograph.cone.recalibrate import NOMINAL, reach, weekly_factors
from barograph.core.types import Floats, Ints

SHOWN: Final = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 36, 48, 60, 72, 96, 120, 144, 168)
SCORED: Final = (2, 3, 6, 12, 16, 20, 36, 48, 60, 96, 120, 144)
EVERY: Final = 5
"""Origins apart at which interval scores are taken."""


def inside(reached: Floats, factors: Floats) -> Floats:
    """Whether each outcome was inside: 1, 0 or NaN, the shape of ``reached``."""
    held: Floats = np.where(np.isfinite(reached), reached <= factors, np.nan)
    return held


def interval_scores(walked: Walked, rows: Ints, factors: Floats) -> Floats:
    """Mean Winkler score of both bands at the hours ``SCORED``, shape ``(2, len(SCORED))``."""
    at = np.array(SCORED) - 1
    horizons = walked.panel.horizons
    bands = cone(walked.quantiles[rows][:, :, PLACES], horizons, walked.weights[rows])[:, at]
    log_price = np.concatenate([np.log(walked.panel.close), np.full(horizons[-1], np.nan)])
    came = log_price[rows[:, None] + at + 1] - log_price[rows, None]
    middle, found = bands[..., 2], []
    for k, (low, high) in enumerate(((1, 3), (0, 4))):
        factor = factors[rows][:, at, k]
        lower = middle + (bands[..., low] - middle) * factor
        upper = middle + (bands[..., high] - middle) * factor
        missed = np.maximum(lower - came, 0.0) + np.maximum(came - upper, 0.0)
        score = (upper - lower) + 2.0 / (1.0 - NOMINAL[k]) * missed
        found.append(np.nanmean(score, axis=0))
    return np.array(found)


def study(walked: Walked) -> dict[str, Floats]:
    """Gaps to nominal coverage in points, as it is and recalibrated, shape ``(T, 2)``."""
    horizons, hours = walked.panel.horizons, walked.panel.hours
    reached = reach(walked.quantiles, horizons, walked.weights, walked.panel.close)
    factors, took = timed(lambda: weekly_factors(reached, hours, horizons))
    rows = np.flatnonzero(walked.since())
    nominal = 100.0 * np.array(NOMINAL)
    plain = 100.0 * inside(reached[rows], np.ones(2))
    weekly = 100.0 * inside(reached[rows], factors[rows])
    error = monthly_error(plain, hours[rows].astype(float))
    gaps = {"plain": np.nanmean(plain, axis=0) - nominal, "error": error}
    gaps["weekly"] = np.nanmean(weekly, axis=0) - nominal
    report(walked, gaps, len(rows))
    even = reach(walked.quantiles, horizons, np.ones_like(walked.weights), walked.panel.close)
    flat = 100.0 * np.nanmean(inside(even[rows], np.ones(2)), axis=0) - nominal
    print(f"on a clock of equal hours: largest {largest(flat)}")
    years = hours[rows].astype("datetime64[h]").astype("datetime64[Y]").astype(int) + 1970
    for year in np.unique(years):
        gap = np.nanmean(plain[years == year], axis=0) - nominal
        print(f"{year}: largest {largest(gap)}")
    some = rows[::EVERY]
    before = interval_scores(walked, some, np.ones_like(factors))
    change = 100.0 * (interval_scores(walked, some, factors) / before - 1.0)
    print(f"weekly factors ({took:.1f} s): between {factors.min():.3f} and {factors.max():.3f};")
    print(f"change of the interval score, %, at {' '.join(f'{t}h' for t in SCORED)}:")
    for name, line in zip(("1σ", "2σ"), change, strict=True):
        print(f"  {name} " + " ".join(f"{value:+.2f}" for value in line))
    print(flush=True)
    return gaps


def report(walked: Walked, gaps: dict[str, Floats], count: int) -> None:
    """Print the table of some hours, and the largest and mean gaps of all."""
    horizons = walked.panel.horizons
    print(f"{walked.symbol}: {count:,} origins; gap to 68.2 / 95.4 % in points, ± its error")
    print("| hour | 1σ | 2σ | 1σ weekly | 2σ weekly |\n|---|---|---|---|---|")
    for t in SHOWN:
        plain, error, weekly = (gaps[name][t - 1] for name in ("plain", "error", "weekly"))
        name = f"**{t}**" if t in horizons else f"{t}"
        cells = [f"{gap:+.1f} ± {se:.1f}" for gap, se in zip(plain, error, strict=True)]
        print(f"| {name} | " + " | ".join(cells + [f"{gap:+.1f}" for gap in weekly]) + " |")
    for name in ("plain", "weekly"):
        mean = np.abs(gaps[name]).mean(axis=0)
        print(f"{name}: largest {largest(gaps[name])}; mean {mean.round(2)}")


def largest(gaps: Floats) -> str:
    """The largest gaps of both bands, up to a day ahead and beyond."""
    gap = np.abs(gaps)
    return f"to a day {gap[:24].max(axis=0).round(2)}, beyond {gap[24:].max(axis=0).round(2)}"


def draw(found: dict[str, dict[str, Floats]], horizons: tuple[int, ...], path: Path) -> None:
    """Two panels of gap over hour: plain as a line, weekly as dots, tolerance shaded."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams |= {"svg.hashsalt": "cone", "svg.fonttype": "none"}
    figure, axes = plt.subplots(2, 1, figsize=(8, 5), sharex=True, layout="constrained")
    hours = np.arange(1, horizons[-1] + 1)
    for k, (axis, name) in enumerate(zip(axes, ("1σ (68.2 %)", "2σ (95.4 %)"), strict=True)):
        limit = np.where(hours <= 24, 1.0, 2.0)
        axis.fill_between(hours, -limit, limit, color="0.93", lw=0, step="mid")
        for symbol, colour in zip(found, ("#1f6fb4", "#d1701c"), strict=False):
            gaps = found[symbol]
            axis.plot(hours, gaps["plain"][:, k], color=colour, lw=1.6, label=symbol)
            axis.plot(hours, gaps["weekly"][:, k], ":", color=colour, lw=1.0)
        for horizon in horizons:
            axis.axvline(horizon, color="0.8", lw=0.6, zorder=0)
        axis.axhline(0.0, color="0.4", lw=0.6)
        axis.set(ylim=(-2.2, 2.2), ylabel=f"{name}: points off")
        axis.set_xscale("log", base=2)
        axis.set_xticks(horizons, [str(horizon) for horizon in horizons])
        axis.minorticks_off()
    axes[0].legend(frameon=False, ncols=2, loc="lower left")
    axes[1].set_xlabel("hours ahead (dotted: with weekly factors; grey: tolerance)")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Run and print the tables."""
    asked = parser(__doc__)
    asked.add_argument("--figure", type=Path, help="where to draw the gaps, an SVG file")
    options = asked.parse_args()
    found: dict[str, dict[str, Floats]] = {}
    for symbol in options.symbols:
        walked, took = timed(partial(walk, symbol))
        print(f"walk-forward of {symbol}: {took:.1f} s", flush=True)
        found[symbol] = study(walked)
    if options.figure:
        draw(found, walked.panel.horizons, options.figure)


if __name__ == "__main__":
    main()
