"""Whether forecasts graded higher are better, and what follows a bar beyond five sigma.

Interval scores of the 68 % band by grade, in basis points and relative to the market's own
volatility, with the share of resampled weeks in which the order holds; then coverage in the hours
after a shock, and how much wider the forecast has become. About a minute; ``BAROGRAPH_DATA`` names
the real data.

    python -m benchmarks.study_confidence
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np
from benchmarks.walked import START, Walked, parser, walk

from barograph.calibration.confidence import (
    NOMINAL,
    SHOCK_SIZE,
    confidence,
)
from barograph.calibration.filters import exponential_mean
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.types import Bools, Floats, Ints

LOW, HIGH = (LEVELS.index(level) for level in INTERVALS[68])
OUTER_LOW, OUTER_HIGH = (LEVELS.index(level) for level in INTERVALS[95])
SLOW: Final = 180 * 24.0
EARLY: Final = datetime(2019, 1, 1, tzinfo=UTC)
RESAMPLES: Final = 1000
AFTER: Final = ((0, 0), (1, 3), (4, 11), (12, 23), (24, 71))
"""Hours after a shock, counted from the forecast made at its close."""


def scores(walked: Walked) -> Floats:
    """Winkler score of the 68 % band, log return, shape ``(n, H)``."""
    low, high = walked.quantiles[:, :, LOW], walked.quantiles[:, :, HIGH]
    came = walked.panel.target_return
    missed = np.maximum(low - came, 0.0) + np.maximum(came - high, 0.0)
    scored: Floats = (high - low) + 2.0 / (1.0 - NOMINAL) * missed
    return scored


def grades(walked: Walked) -> Ints:
    """Grade of every forecast, shape ``(n, H)``."""
    low, high = walked.quantiles[:, :, LOW], walked.quantiles[:, :, HIGH]
    return confidence(low, high, walked.panel.target_return, walked.panel.horizons)


def grade_means(score: Floats, grade: Ints, week: Ints) -> tuple[Floats, Floats]:
    """Mean score of each grade, and the share of resampled weeks that keep their order.

    ``score``, ``grade`` and ``week`` have one entry for each forecast; shapes ``(3,)`` and ``()``.
    """
    place = week - week.min()
    cells, weeks = 3 * place + grade, place.max() + 1
    pair = [np.bincount(cells, by, minlength=3 * weeks) for by in (score, np.ones(len(score)))]
    sums = np.stack(pair, axis=1).reshape(weeks, 3, 2)
    drawn = np.random.default_rng(7).integers(len(sums), size=(RESAMPLES, len(sums)))
    many = np.stack([sums[rows].sum(axis=0) for rows in drawn])
    means = many[..., 0] / np.maximum(many[..., 1], 1.0)
    ordered = (np.diff(means, axis=1) < 0.0).all(axis=1).mean()
    total = sums.sum(axis=0)
    return total[:, 0] / np.maximum(total[:, 1], 1.0), ordered


def monotone(walked: Walked, asked: Bools) -> None:
    """Print share, score and coverage of each grade at each horizon."""
    score, grade = scores(walked), grades(walked)
    slow = np.sqrt(exponential_mean(walked.panel.log_return**2, SLOW))
    week = walked.panel.hours // 168
    print("| hours | share, % | score, bp | relative | order kept | 68 % band held, % |")
    print("|---|---|---|---|---|---|")
    for place, horizon in enumerate(walked.panel.horizons):
        rows = np.flatnonzero(asked & np.isfinite(score[:, place]))
        own, said = grade[rows, place], score[rows, place]
        relative = said / (slow[rows] * np.sqrt(horizon))
        share = 100.0 * np.bincount(own, minlength=3) / len(rows)
        means, kept = grade_means(said, own, week[rows])
        ratio, kept_ratio = grade_means(relative, own, week[rows])
        low, high = walked.quantiles[rows, place, LOW], walked.quantiles[rows, place, HIGH]
        came = walked.panel.target_return[rows, place]
        held = [100.0 * ((low <= came) & (came <= high))[own == code].mean() for code in range(3)]
        print(
            f"| {horizon} | {joined(share, 0)} | {joined(1e4 * means, 0)} | {joined(ratio, 2)} | "
            f"{100 * kept:.0f} %, {100 * kept_ratio:.0f} % | {joined(np.array(held), 1)} |"
        )


def joined(values: Floats, digits: int) -> str:
    """Numbers of the three grades beside each other."""
    return " / ".join(f"{value:.{digits}f}" for value in values)


def shocks(walked: Walked) -> Ints:
    """Rows whose bar moved more than five half widths of what the hour before had expected."""
    half = (walked.quantiles[:, 0, HIGH] - walked.quantiles[:, 0, LOW]) / 2.0
    move = np.abs(walked.panel.log_return)
    beyond = np.concatenate(([False], move[1:] > SHOCK_SIZE * half[:-1]))
    return np.flatnonzero(beyond & walked.since())


def aftermath(walked: Walked) -> None:
    """Print coverage after shocks, and how much wider the forecast became."""
    rows = shocks(walked)
    horizons = walked.panel.horizons
    episodes = 1 + int((np.diff(rows) > 24).sum())
    width = walked.quantiles[:, :, HIGH] - walked.quantiles[:, :, LOW]
    wider = np.nanmedian(width[rows] / width[rows - 1], axis=0)
    print(f"{walked.symbol}: {len(rows)} bars beyond {SHOCK_SIZE:.0f}σ in {episodes} episodes;")
    print("intervals wider than an hour before, median: ", end="")
    print(", ".join(f"{h} h ×{f:.2f}" for h, f in zip(horizons, wider, strict=True)))
    print("| hours after | n | " + " | ".join(f"{h} h" for h in horizons) + " |")
    print("|---" * (len(horizons) + 2) + "|")
    for first, last in AFTER:
        near = np.unique(np.concatenate([rows + lag for lag in range(first, last + 1)]))
        near = near[near < len(width)]
        cells = [covered(walked, near, place) for place in range(len(horizons))]
        print(f"| {first}–{last} | {len(near)} | " + " | ".join(cells) + " |")


def covered(walked: Walked, rows: Ints, place: int) -> str:
    """Coverage of the 1σ and 2σ bands at one horizon, %."""
    q, came = walked.quantiles[rows, place], walked.panel.target_return[rows, place]
    known = np.isfinite(q).all(axis=1) & np.isfinite(came)
    bands = ((LOW, HIGH), (OUTER_LOW, OUTER_HIGH))
    held = [((q[:, a] <= came) & (came <= q[:, b]))[known].mean() for a, b in bands]
    return f"{100 * held[0]:.1f} / {100 * held[1]:.1f}"


def main() -> None:
    """Run and print the tables."""
    options = parser(__doc__).parse_args()
    for symbol in options.symbols:
        walked = walk(symbol)
        print(f"{symbol} since {START:%Y}: low / medium / high")
        monotone(walked, walked.since())
        print(f"{symbol} {EARLY:%Y} to {START:%Y}: low / medium / high")
        monotone(walked, walked.since(EARLY) & ~walked.since())
        aftermath(walked)
        print(flush=True)


if __name__ == "__main__":
    main()
