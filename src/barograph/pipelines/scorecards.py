"""The record at each horizon, as the API shows it: coverage, reliability, skill, with intervals.

One card sums up the forecasts of one symbol at one horizon whose outcome is known. The formulas are
those of ``metrics``, the intervals those of ``evaluation.significance``, which allow for targets
that overlap; where fewer than 30 outcomes do not overlap, shares have Wilson's interval of that
many, since a long-run variance cannot be estimated from them.

The baseline is an exponentially weighted variance with the empirical shape of the last year
(``ewma``): it is made in a second from bars alone. It is no straw man: at 1 to 24 h a GARCH(1,1)-t
with filtered historical shape is within half a per cent of it.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from barograph.core.levels import INTERVALS, LEVELS, column
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints
from barograph.evaluation.compare import FLAGSHIP, known, pointwise
from barograph.evaluation.significance import Mean, mean_test, skill
from barograph.ledger.forecasts import Entry
from barograph.ledger.outcomes import Outcome
from barograph.metrics.catalogue import metrics
from barograph.metrics.reliability import pit
from barograph.models.base import Output
from barograph.models.ewma import Ewma
from barograph.pipelines.experts import distribution
from barograph.pipelines.frames import forecast_frame, outcome_frame

BASELINE: Final = Ewma()
BINS: Final = 10
BUCKET: Final = 20
"""Fewest forecasts in a bucket of the reliability curve."""
FEW: Final = 30
"""Outcomes that do not overlap, below which a long-run variance is not trusted."""
NORMAL_95: Final = 1.959963984540054


def baseline(panel: Panel) -> Output:
    """Distribution that skill is measured against, for every row."""
    return distribution(panel, BASELINE.forecast(panel, 0, len(panel)))


def walk_forward(
    panel: Panel, output: Output, baseline: Output, start: datetime | None = None
) -> list[dict[str, Any]]:
    """Cards of a walk-forward, one a horizon.

    Parameters
    ----------
    panel : Panel
        Origins and outcomes.
    output, baseline : Output
        Answers of the flagship and of ``baseline``, of the panel's length.
    start : datetime or None
        First origin counted; None counts every origin that has an answer.

    Returns
    -------
    cards : list of dict
        Fields of the API's ``Scorecard``, by horizon.
    """
    rows = np.flatnonzero(panel.present)
    rows = rows[rows >= (0 if start is None else panel.row(start))]
    truth = outcome_frame(panel, rows, np.full(len(panel), np.nan))
    keys = ["as_of", "horizon_hours"]
    ours = forecast_frame(panel, FLAGSHIP, output, rows).join(truth, on=keys)
    theirs = forecast_frame(panel, BASELINE.name, baseline, rows).join(truth, on=keys)
    losses = theirs.select(*keys, rival=losses_of("pinball"))
    return cards(ours, losses, panel.horizons, "walk_forward")


def live(
    entries: Iterable[Entry],
    outcomes: Iterable[Outcome],
    horizons: tuple[int, ...],
    losses: pl.DataFrame | None = None,
) -> list[dict[str, Any]]:
    """Cards of what was published and has come to pass, one a horizon.

    Parameters
    ----------
    entries : iterable of Entry
        Of the ledger, one symbol.
    outcomes : iterable of Outcome
        Of the same ledger; others than the entries' are left out, and so are those whose target
        time had come when the forecast was issued.
    horizons : tuple of int
        Hours ahead; one without an outcome has an empty card.
    losses : DataFrame or None
        ``as_of, horizon_hours, rival``: pinball of a baseline at the same origins; None measures
        no skill.

    Returns
    -------
    cards : list of dict
        Fields of the API's ``Scorecard``, by horizon.
    """
    said = {entry.entry_hash: entry.published for entry in entries}
    found: dict[tuple[datetime, int], dict[str, Any]] = {}
    for outcome in sorted(outcomes, key=lambda one: one.forecast_sequence):
        published = said.get(outcome.forecast_hash)
        if published is None or outcome.retrospective or outcome.realised_return is None:
            continue
        row = next(r for r in published.forecast if r["horizon_hours"] == outcome.horizon_hours)
        # What was said first is what counts: a second publication of an origin saw no more.
        found.setdefault(
            (outcome.as_of, outcome.horizon_hours),
            {
                **{name: row[name] for name in SAID},
                "as_of": outcome.as_of,
                "realised_return": outcome.realised_return,
                "realised_variance": outcome.realised_variance,
            },
        )
    frame = pl.DataFrame(list(found.values()), schema=SCHEMA)
    return cards(frame, losses, horizons, "live")


SAID: Final = ("horizon_hours", "variance", "p_up", *map(column, LEVELS))
SCHEMA: Final[dict[str, pl.DataType]] = {
    "as_of": pl.Datetime("us", "UTC"),
    "horizon_hours": pl.Int64(),
    **{name: pl.Float64() for name in (*SAID[1:], "realised_return", "realised_variance")},
}


def losses_of(metric: str) -> pl.Expr:
    """A metric's score of each forecast."""
    return pointwise(metric).terms[0]


def cards(
    scored: pl.DataFrame, losses: pl.DataFrame | None, horizons: Sequence[int], source: str
) -> list[dict[str, Any]]:
    """Cards of scored forecasts of one symbol and model."""
    done = scored.filter(pl.col("realised_return").is_not_null()).sort("as_of")
    rivals = losses if losses is not None else pl.DataFrame(schema=RIVAL)
    return [
        card(
            done.filter(pl.col("horizon_hours") == hours),
            rivals.filter(pl.col("horizon_hours") == hours),
            int(hours),
            source,
        )
        for hours in horizons
    ]


RIVAL: Final[dict[str, pl.DataType]] = {
    "as_of": pl.Datetime("us", "UTC"),
    "horizon_hours": pl.Int64(),
    "rival": pl.Float64(),
}


def card(scored: pl.DataFrame, rivals: pl.DataFrame, horizon: int, source: str) -> dict[str, Any]:
    """The record at one horizon.

    Parameters
    ----------
    scored : DataFrame
        Forecasts with outcomes, ascending by ``as_of``.
    rivals : DataFrame
        ``as_of, rival``: the baseline's pinball.
    horizon : int
        Hours ahead.
    source : str
        ``walk_forward`` or ``live``.
    """
    origins = hours_of(scored)
    apart = not_overlapping(origins, horizon)
    gain = advantage(scored, rivals, horizon)
    return {
        "horizon_hours": horizon,
        "source": source,
        "first": moment(scored, 0),
        "last": moment(scored, -1),
        "count": len(scored),
        "effective_count": float(apart),
        "coverage": [
            {
                "nominal": metrics()[f"coverage_{nominal}"].target,
                "held": share_of(scored, f"coverage_{nominal}", horizon),
            }
            for nominal in INTERVALS
        ]
        if len(scored)
        else [],
        "reliability_up": reliability(scored),
        "pit": histogram(pit(scored)),
        "pinball": average(scored, "pinball"),
        "qlike": average(scored, "qlike"),
        "skill": gain,
        "baseline": BASELINE.name if gain is not None else None,
        "direction": share_of(scored, "direction_accuracy", horizon),
    }


def average(scored: pl.DataFrame, metric: str) -> float | None:
    """Mean of a metric; None where no forecast has it."""
    mean = scored.select(losses_of(metric).mean()).item()
    return None if mean is None else float(mean)


def advantage(
    scored: pl.DataFrame, rivals: pl.DataFrame, horizon: int
) -> dict[str, float | None] | None:
    """Per cent by which pinball is below the baseline's, where both have a forecast."""
    both = scored.select("as_of", ours=losses_of("pinball")).join(rivals, on="as_of").sort("as_of")
    both = both.drop_nulls()
    if both.is_empty():
        return None
    result = skill(both["ours"].to_numpy(), both["rival"].to_numpy(), hours_of(both), horizon)
    return None if math.isnan(result.value) else interval(result, 100.0)


def share_of(scored: pl.DataFrame, metric: str, horizon: int) -> dict[str, float | None] | None:
    """Share of forecasts a metric counts as right, with its interval; None without any."""
    held = scored.select("as_of", score=losses_of(metric)).drop_nulls()
    if held.is_empty():
        return None
    values, hours = held["score"].to_numpy(), hours_of(held)
    apart = not_overlapping(hours, horizon)
    if apart < FEW:
        return wilson(float(values.mean()), apart)
    found = interval(mean_test(values, hours, horizon))
    low, high = found["low"], found["high"]
    return found | {
        "low": None if low is None else max(low, 0.0),
        "high": None if high is None else min(high, 1.0),
    }


def interval(result: Mean, factor: float = 1.0) -> dict[str, float | None]:
    """A figure with its 95 % interval, as the API's ``Interval``."""
    low, high = known(result.ci_low), known(result.ci_high)
    return {
        "value": factor * result.value,
        "low": None if low is None else factor * low,
        "high": None if high is None else factor * high,
    }


def wilson(share: float, count: int) -> dict[str, float | None]:
    """Wilson's 95 % interval of a share of ``count`` independent outcomes.

    References
    ----------
    .. [1] Wilson (1927), "Probable inference, the law of succession, and statistical inference",
       Journal of the American Statistical Association 22(158), 209-212.
    """
    z = NORMAL_95**2 / count
    middle = (share + z / 2.0) / (1.0 + z)
    reach = math.sqrt(z * (share * (1.0 - share) + z / 4.0)) / (1.0 + z)
    return {"value": share, "low": max(middle - reach, 0.0), "high": min(middle + reach, 1.0)}


def reliability(scored: pl.DataFrame) -> list[dict[str, float | int]]:
    """What happened where a rise was given so much chance: buckets of equal count.

    A return of exactly zero is neither rise nor fall and is left out, as in the direction metrics.
    """
    counted = scored.filter(pl.col("realised_return") != 0.0).sort("p_up", "as_of")
    said = counted["p_up"].to_numpy()
    rose = counted["realised_return"].to_numpy() > 0.0
    number = min(BINS, max(len(said) // BUCKET, 1))
    return [
        {"said": float(part.mean()), "happened": float(up.mean()), "count": len(part)}
        for part, up in zip(np.array_split(said, number), np.array_split(rose, number), strict=True)
        if len(part)
    ]


def histogram(values: Floats) -> list[float]:
    """Shares of ten equal bins of [0, 1]; empty without a value."""
    held = values[np.isfinite(values)]
    if not len(held):
        return []
    counts, _ = np.histogram(held, bins=BINS, range=(0.0, 1.0))
    shares: list[float] = (counts / len(held)).tolist()
    return shares


def not_overlapping(hours: Ints, horizon: int) -> int:
    """How many outcomes can be picked so that no two share an hour, from the first on."""
    following = np.searchsorted(hours, hours + horizon).tolist()
    place, count = 0, 0
    while place < len(following):
        place, count = following[place], count + 1
    return count


def hours_of(frame: pl.DataFrame) -> Ints:
    """Origins as hours since 1970."""
    hours: Ints = (frame["as_of"].dt.epoch("s") // 3600).to_numpy()
    return hours


def moment(scored: pl.DataFrame, place: int) -> str | None:
    """First or last origin in ISO; None where there is none."""
    return None if scored.is_empty() else scored["as_of"][place].isoformat()
