"""Too good to be true: what a run must say of itself before anyone believes it.

Hourly returns are close to unpredictable in sign, so a high hit rate is more often a leak than a
discovery. An alarm goes off where the figure is above its limit *and* the interval says that it is
not luck: a short run that is at 55 % by chance is no leak.

- direction: accuracy above the limit of its horizon, the interval wholly above one half. The
  limits are 52.5 % up to 1 h, 54 % up to 4 h, 57 % up to 24 h; beyond a day there is none, since
  too few independent outcomes exist to tell;
- pinball: gain against ``garch_t`` above 8 %, the interval wholly above zero.
"""

from typing import Final

import polars as pl

DIRECTION_LIMITS: Final[dict[int, float]] = {1: 0.525, 4: 0.54, 24: 0.57}
"""Highest believable accuracy up to each horizon, hours."""

GAIN_LIMIT: Final = 0.08
GAIN_BASELINE: Final = "garch_t"
ADVICE: Final = "look for a leak before believing it"


def alarms(directions: pl.DataFrame, comparisons: pl.DataFrame) -> list[str]:
    """Plain sentences, one per implausible figure; empty if all is believable.

    Parameters
    ----------
    directions : DataFrame
        From ``compare.direction``; every model is held to the limits.
    comparisons : DataFrame
        From ``compare.comparisons``.

    Returns
    -------
    sentences : list of str
        In the order of the tables.
    """
    found = [direction_sentence(row) for row in directions.iter_rows(named=True)]
    found += [gain_sentence(row) for row in comparisons.iter_rows(named=True)]
    return [sentence for sentence in found if sentence is not None]


def direction_limit(horizon: int) -> float | None:
    """Highest believable accuracy at a horizon, None beyond a day."""
    return next((limit for hours, limit in DIRECTION_LIMITS.items() if horizon <= hours), None)


def direction_sentence(row: dict[str, object]) -> str | None:
    """Alarm for one model and horizon, if any."""
    horizon, accuracy, low, high = (
        row["horizon_hours"],
        row["accuracy"],
        row["ci_low"],
        row["ci_high"],
    )
    limit = direction_limit(int(str(horizon)))
    if limit is None or not (isinstance(accuracy, float) and isinstance(low, float)):
        return None
    if accuracy <= limit or low <= 0.5:
        return None
    return (
        f"Implausible direction: {row['model']} on {row['symbol']} is right {accuracy:.1%} of the "
        f"time at {horizon} h ({low:.1%} to {high:.1%}), above the limit of {limit:.1%}; {ADVICE}."
    )


def gain_sentence(row: dict[str, object]) -> str | None:
    """Alarm for one comparison, if any."""
    gain, low, high = row["skill"], row["ci_low"], row["ci_high"]
    if row["baseline"] != GAIN_BASELINE or row["metric"] != "pinball":
        return None
    if not (isinstance(gain, float) and isinstance(low, float)):
        return None
    if gain <= GAIN_LIMIT or low <= 0.0:
        return None
    return (
        f"Implausible gain: {row['model']} on {row['symbol']} beats {GAIN_BASELINE} by {gain:.1%} "
        f"in pinball loss at {row['horizon_hours']} h ({low:.1%} to {high:.1%}), above the limit "
        f"of {GAIN_LIMIT:.0%}; {ADVICE}."
    )
