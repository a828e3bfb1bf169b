"""How often each regime is, how it moves on, and what it does to scale and drift of what comes.

The multipliers of ``cone.regimes.MEASURED`` are printed here, with the intervals they come from,
and what they and the proposed prior do to a Brownian cone's coverage, beside the calibrated cone.
About a minute; ``BAROGRAPH_DATA`` names the real data.

    python -m benchmarks.study_regimes
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np
from benchmarks.walked import START, Walked, parser, walk

from barograph.calibration.filters import exponential_mean
from barograph.cone.bands import PLACES, cone
from barograph.cone.recalibrate import NOMINAL
from barograph.cone.regimes import MEASURED, NONE, PRIOR, Adjustment
from barograph.core.types import Floats, Ints
from barograph.features.regime import REGIMES
from barograph.metrics.distribution import moments, normal_scores

DAY: Final = 24
HOURS: Final = (1, 4, 8, 24, 72, 168)
RESAMPLES: Final = 2000
SLOW: Final = 180 * 24.0
YEARS: Final = range(2021, 2026)

Table = Mapping[str, Adjustment]


class Surprise(NamedTuple):
    """Day-ahead outcomes in units of what was forecast, on the rows of a study.

    ``score`` is the return less its mean over its volatility; ``slow`` the same over the rms
    return of a half year; ``week`` counts weeks since 1970.
    """

    rows: Ints
    score: Floats
    slow: Floats
    week: Ints
    regime: Floats


def day_law(walked: Walked, rows: Ints) -> tuple[Floats, Floats]:
    """Mean and volatility of the log return over a day as forecast, per hour."""
    law = moments(walked.quantiles[rows, walked.panel.horizons.index(DAY)])
    return law.mean / DAY, law.vol / np.sqrt(DAY)


def slow_vol(walked: Walked) -> Floats:
    """Root mean square hourly return of a half year, shape ``(n,)``."""
    rooted: Floats = np.sqrt(exponential_mean(walked.panel.log_return**2, SLOW))
    return rooted


def surprises(walked: Walked, since: datetime) -> Surprise:
    """Standardised outcomes of every origin whose day has passed."""
    place = walked.panel.horizons.index(DAY)
    came = walked.panel.target_return[:, place]
    rows = np.flatnonzero(walked.since(since) & np.isfinite(came) & np.isfinite(walked.regime))
    mean, vol = day_law(walked, rows)
    off = came[rows] - DAY * mean
    return Surprise(
        rows=rows,
        score=off / (vol * np.sqrt(DAY)),
        slow=off / (slow_vol(walked)[rows] * np.sqrt(DAY)),
        week=walked.panel.hours[rows] // 168,
        regime=walked.regime[rows],
    )


def weekly_sums(parts: list[Surprise], value: Callable[[Surprise], Floats], name: str) -> Floats:
    """Sum and count of a value in a regime by week, all symbols together, shape ``(w, 2)``."""
    first = min(part.week.min() for part in parts)
    weeks = max(part.week.max() for part in parts) - first + 1
    total = np.zeros((weeks, 2))
    for part in parts:
        inside = part.regime == REGIMES.index(name)
        at = part.week[inside] - first
        np.add.at(total[:, 0], at, value(part)[inside])
        np.add.at(total[:, 1], at, 1.0)
    return total


def interval(total: Floats, final: Callable[[Floats], Floats], seed: int = 7) -> Floats:
    """Estimate and its 95 % interval by resampling weeks, shape ``(3,)``."""
    drawn = np.random.default_rng(seed).integers(len(total), size=(RESAMPLES, len(total)))
    sums = total[drawn].sum(axis=1)
    means = final(sums[:, 0] / np.maximum(sums[:, 1], 1.0))
    middle = final(total[:, 0].sum() / total[:, 1].sum())
    return np.array([middle, *np.quantile(means, [0.025, 0.975])])


def measured(parts: list[Surprise]) -> dict[str, Adjustment]:
    """Scale of each regime; its drift where the interval does not hold zero."""
    table = {}
    for name in REGIMES:
        square = weekly_sums(parts, lambda part: part.score**2, name)
        drift = interval(weekly_sums(parts, lambda part: part.score, name), lambda mean: mean)
        if not square[:, 1].any():
            continue
        scale = float(np.sqrt(square[:, 0].sum() / square[:, 1].sum()))
        certain = drift[1] * drift[2] > 0.0
        table[name] = Adjustment(vol=scale, drift=float(drift[0]) if certain else 0.0)
    return table


def multipliers(parts: list[Surprise]) -> None:
    """Print scale and drift by regime with intervals."""
    print("| regime | prior scale, drift | scale of forecast | drift | scale of a half year's |")
    print("|---|---|---|---|---|")
    for name in REGIMES:
        scale = interval(weekly_sums(parts, lambda part: part.score**2, name), np.sqrt)
        drift = interval(weekly_sums(parts, lambda part: part.score, name), lambda mean: mean)
        slow = interval(weekly_sums(parts, lambda part: part.slow**2, name), np.sqrt)
        prior = PRIOR[name]
        print(
            f"| {name} | {prior.vol:.1f}, {prior.drift:+.1f} | {said(scale)} | "
            f"{said(drift, '+')} | {said(slow)} |"
        )


def said(found: Floats, sign: str = "") -> str:
    """Estimate and interval in words."""
    return f"{found[0]:{sign}.2f} [{found[1]:{sign}.2f}, {found[2]:{sign}.2f}]"


def frequencies(walked: Walked) -> None:
    """Print share, mean stay and next regimes of each label."""
    rows = np.flatnonzero(walked.since() & np.isfinite(walked.regime))
    code = walked.regime[rows].astype(int)
    following = code[1:][np.diff(rows) == 1]
    current = code[:-1][np.diff(rows) == 1]
    print(f"{walked.symbol}: {len(rows):,} hours")
    print("| regime | share, % | stays | mean stay, h | next, % of leavings |")
    print("|---|---|---|---|---|")
    for place, name in enumerate(REGIMES):
        left = following[(current == place) & (following != place)]
        stay = (code == place).sum() / max(len(left), 1)
        after = np.bincount(left, minlength=len(REGIMES)) / max(len(left), 1)
        words = ", ".join(
            f"{REGIMES[i]} {100 * after[i]:.0f}" for i in np.argsort(-after)[:3] if after[i] > 0.0
        )
        share = 100.0 * np.mean(code == place)
        print(f"| {name} | {share:.1f} | {len(left)} | {stay:.0f} | {words} |")


def adjusted(walked: Walked, rows: Ints, tables: Mapping[int, Table]) -> Floats:
    """Scale and drift of the regime of each row by the table of its year, shape ``(m, 2)``."""
    stamps = walked.panel.hours[rows].astype("datetime64[h]")
    year = stamps.astype("datetime64[Y]").astype(np.int64) + 1970
    found = np.tile([NONE.vol, NONE.drift], (len(rows), 1))
    for one, table in tables.items():
        for name, adjustment in table.items():
            inside = (year == one) & (walked.regime[rows] == REGIMES.index(name))
            found[inside] = adjustment.vol, adjustment.drift
    return found


def gbm_bands(mean: Floats, vol: Floats, change: Floats, hours: tuple[int, ...]) -> Floats:
    """Closed-form bands of many Brownian motions, shape ``(m, len(hours), 4)``: ±2σ, ±1σ."""
    z = normal_scores(np.array([0.023, 0.977, 0.159, 0.841]))
    t = np.array(hours, dtype=float)[None, :, None]
    trend = (mean + change[:, 1] * vol / np.sqrt(DAY))[:, None, None]
    bands: Floats = trend * t + (vol * change[:, 0])[:, None, None] * np.sqrt(t) * z
    return bands


def engines(walked: Walked, tables: Mapping[int, Table]) -> None:
    """Print coverage and interval score of each engine at the model's horizons."""
    rows = np.flatnonzero(walked.since() & np.isfinite(walked.regime))
    mean, vol = day_law(walked, rows)
    slow = slow_vol(walked)[rows]
    log_price = np.concatenate([np.log(walked.panel.close), np.full(HOURS[-1], np.nan)])
    came = log_price[rows[:, None] + np.array(HOURS)] - log_price[rows, None]
    at = np.array(HOURS) - 1
    own = [
        cone(walked.quantiles[part][:, :, PLACES], walked.panel.horizons, walked.weights[part])
        for part in np.array_split(rows, 20)
    ]
    calibrated = np.concatenate([bands[:, at][:, :, [0, 4, 1, 3]] for bands in own])
    none = np.tile([1.0, 0.0], (len(rows), 1))
    prior = adjusted(walked, rows, dict.fromkeys(YEARS, PRIOR))
    kinds = {
        "calibrated": calibrated,
        "GBM, the forecast's volatility": gbm_bands(mean, vol, none, HOURS),
        "the same with the prior": gbm_bands(mean, vol, prior, HOURS),
        "the same, measured on years before": gbm_bands(
            mean, vol, adjusted(walked, rows, tables), HOURS
        ),
        "GBM, a half year's volatility": gbm_bands(0.0 * mean, slow, none, HOURS),
        "half a year's with the prior": gbm_bands(0.0 * mean, slow, prior, HOURS),
    }
    day = HOURS.index(DAY)
    best = None
    print(f"{walked.symbol}: 1σ / 2σ coverage, %, at each horizon; of 1σ at a day by regime")
    print("| engine | " + " | ".join(f"{t} h" for t in HOURS) + " | by regime | score, 24 h |")
    print("|---" * (len(HOURS) + 3) + "|")
    for name, bands in kinds.items():
        held = [
            np.where(
                np.isfinite(came), (bands[..., a] <= came) & (came <= bands[..., a + 1]), np.nan
            )
            for a in (2, 0)
        ]
        cells = [
            f"{100 * one:.1f} / {100 * two:.1f}"
            for one, two in zip(*(np.nanmean(h, axis=0) for h in held), strict=True)
        ]
        by = [100 * np.nanmean(held[0][walked.regime_is(regime)[rows], day]) for regime in REGIMES]
        low, high, y = bands[:, day, 2], bands[:, day, 3], came[:, day]
        missed = np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0)
        score = float(np.nanmean(high - low + 2.0 / (1.0 - NOMINAL[0]) * missed))
        best = best or score
        span = f"{min(by):.0f}–{max(by):.0f}"
        print(
            f"| {name} | " + " | ".join(cells) + f" | {span} | {100 * (score / best - 1):+.1f} % |"
        )


def main() -> None:
    """Run and print the tables."""
    options = parser(__doc__).parse_args()
    every = [walk(symbol) for symbol in options.symbols]
    for walked in every:
        frequencies(walked)
    parts = [surprises(walked, START) for walked in every]
    multipliers(parts)
    print("in force:", {name: (one.vol, one.drift) for name, one in MEASURED.items()})
    early = datetime(2017, 1, 1, tzinfo=UTC)
    whole = [surprises(walked, early) for walked in every]
    tables = {year: measured([before(part, year) for part in whole]) for year in YEARS}
    for walked in every:
        engines(walked, tables)


def before(part: Surprise, year: int) -> Surprise:
    """Outcomes that had come by the end of the year before."""
    hour = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() // 3600)
    known = (part.week + 1) * 168 + DAY < hour
    return Surprise(
        part.rows[known], part.score[known], part.slow[known], part.week[known], part.regime[known]
    )


if __name__ == "__main__":
    main()
