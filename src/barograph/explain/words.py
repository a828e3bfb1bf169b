"""Reasons in words: what each contribution is about, with the numbers of the hour.

Every sentence is a fact (a statistic of bars) and an effect (a contribution). The two are read from
different numbers, so each is true by itself; where they lean apart the sentence says so.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from barograph.explain.wording import (
    NEAR,
    SMALL,
    against,
    change,
    effect,
    joined,
    moved,
    percent,
    span,
    tilt,
    title,
)

Facts: TypeAlias = Mapping[str, float]
Sentence: TypeAlias = Callable[[Facts, float, int], str]

USUAL: Final = "volatility_4320h"
"""What facts are held against: the half-year, as contributions are."""
LARGE: Final = 2.0
SLIGHT: Final = 1.0
"""Standard deviations of the half-year from which a move is called large, and below which not."""
SPANS: Final = {1: "in the last hour", 24: "in a day", 72: "in three days"}
"""Moves that the path of the price is told by: the most unusual of them."""


def volatility_sentence(group: str, value: float, facts: Facts, horizon: int) -> str:
    """Why a group contributes what it does to log volatility.

    Parameters
    ----------
    group : str
        Name of the part.
    value : float
        Contribution, log units; for ``base`` the log volatility of an ordinary hour.
    facts : Mapping of str to float
        Of the hour, by name; one that is missing or NaN is not quoted.
    horizon : int
        Hours ahead.

    Returns
    -------
    sentence : str
    """
    if not math.isfinite(value):
        return f"{title(group)}: unknown."
    writer = _SENTENCES.get(group)
    if writer is None:
        return f"{title(group)} {effect(value)}."
    return writer(facts, value, horizon)


def odds_sentence(group: str, value: float, p_up: float) -> str:
    """Why a group contributes what it does to the log-odds of a rise."""
    if not math.isfinite(value):
        return f"{title(group)}: unknown."
    if group == "base":
        return "Before anything is known, a rise is as likely as a fall."
    return f"{_ODDS.get(group, title(group))} {tilt(value, p_up)}."


def ratio(facts: Facts, name: str, against_name: str) -> float | None:
    """One fact over another; None where either is unknown."""
    top, bottom = facts.get(name, math.nan), facts.get(against_name, math.nan)
    return top / bottom if math.isfinite(top) and math.isfinite(bottom) and bottom > 0.0 else None


def lean(value: float) -> float:
    """Which way a ratio leans; zero where it is close to usual."""
    return 0.0 if abs(value - 1.0) <= NEAR else math.log(max(value, 1e-12))


def _base(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001 - one form for all
    usual = percent(math.exp(value), 2)
    return f"With nothing out of the ordinary, {span(horizon)} would have a volatility of {usual}."


def _seasonality(facts: Facts, value: float, horizon: int) -> str:
    factor = facts.get(f"season_{horizon}h", math.nan)
    if not math.isfinite(factor):
        return f"{title('seasonality')} {effect(value)}."
    hours = "The coming hour of the week is" if horizon == 1 else "The hours of the week ahead are"
    if abs(factor - 1.0) <= SMALL:
        return joined(f"{hours} usually as volatile as any", 0.0, value)
    side = "more" if factor > 1.0 else "less"
    usual = f"usually {percent(abs(factor - 1.0), 0)} {side} volatile than the average"
    return joined(f"{hours} {usual}", factor - 1.0, value)


def _recent(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001
    hour, day = (ratio(facts, f"volatility_{h}h", USUAL) for h in (1, 24))
    move = facts.get("move_1h", math.nan)
    if hour is None or day is None or not math.isfinite(move):
        return f"{title('recent_volatility')} {effect(value)}."
    fact = (
        f"The price {moved(move)} in the last hour, whose range was "
        f"{against(hour, 'the 180-day mean')}; the last day was {against(day, 'it')}"
    )
    leans = lean(hour), lean(day)
    agreed = leans[1] if leans[0] * leans[1] >= 0.0 else 0.0
    return joined(fact, agreed or (leans[0] if leans[1] == 0.0 else 0.0), value)


def _long(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001
    week, month = (ratio(facts, f"volatility_{h}h", USUAL) for h in (168, 720))
    if week is None or month is None:
        return f"{title('long_volatility')} {effect(value)}."
    fact = (
        f"The last week was {against(week, 'the 180-day volatility')}, "
        f"the last month {against(month, 'it')}"
    )
    both = lean(week), lean(month)
    return joined(fact, sum(both) if both[0] * both[1] >= 0.0 else 0.0, value)


def _trend(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001
    usual = facts.get(USUAL, math.nan)
    moves = {hours: facts.get(f"move_{hours}h", math.nan) for hours in SPANS}
    unusual = {
        hours: abs(move) / (usual * math.sqrt(hours))
        for hours, move in moves.items()
        if math.isfinite(move) and usual > 0.0
    }
    if not unusual:
        return f"{title('trend')} {effect(value)}."
    hours = max(unusual, key=lambda name: unusual[name])
    sigmas = unusual[hours]
    size = "a large move" if sigmas > LARGE else "no large move" if sigmas < SLIGHT else "a move"
    fact = f"The price {moved(moves[hours])} {SPANS[hours]}, {size}"
    leans = 1.0 if sigmas > LARGE else -1.0 if sigmas < SLIGHT else 0.0
    return joined(f"{fact} ({sigmas:.1f} standard deviations)", leans, value)


def _volume(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001
    day = facts.get("volume_24h", math.nan)
    if not math.isfinite(day):
        return f"{title('volume')} {effect(value)}."
    return joined(f"Volume of the last day was {against(day, 'the 30-day mean')}", lean(day), value)


def _calendar(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001
    return f"Which weekdays lie ahead {effect(value)}, as returns on such days have shown."


def _calibration(facts: Facts, value: float, horizon: int) -> str:  # noqa: ARG001
    return f"Shape of returns, pooling with the long run and calibration: this {effect(value)}."


_SENTENCES: Final[Mapping[str, Sentence]] = {
    "base": _base,
    "seasonality": _seasonality,
    "recent_volatility": _recent,
    "long_volatility": _long,
    "trend": _trend,
    "volume": _volume,
    "calendar": _calendar,
    "calibration": _calibration,
}
_ODDS: Final = {
    "drift": "The long-run drift of returns",
    "volatility_state": "The skew of returns in hours as volatile as this one",
    "direction": "The direction model",
    "seasonality": "Calibration by time of day",
    "calibration": "Calibration against the outcomes so far",
}


def changed_sentence(group: str, now: float, before: float) -> str:
    """What one group adds now and added an hour before."""
    difference = now - before
    if group == "base":
        verb = "rose" if difference > 0.0 else "fell"
        return f"What is usual {verb} by {percent(abs(change(difference)))}."
    verb = "more" if difference > 0.0 else "less"
    return (
        f"{title(group)}: {percent(abs(change(difference)))} {verb} expected volatility than an "
        f"hour before (its part was {signed(before)}, is {signed(now)})."
    )


def signed(log_effect: float) -> str:
    """A log effect in per cent, with its sign."""
    text = percent(change(log_effect))
    return text if text.startswith("−") or text == "0.0 %" else f"+{text}"


def level_sentence(now: float, before: float, horizon: int) -> str:
    """How the published volatility moved; both as log volatility."""
    was, is_ = math.exp(before), math.exp(now)
    if percent(was, 2) == percent(is_, 2):
        return f"Expected volatility over {span(horizon)} stayed at {percent(is_, 2)}."
    verb = "rose" if is_ > was else "fell"
    said = f"from {percent(was, 2)} to {percent(is_, 2)}"
    return f"Expected volatility over {span(horizon)} {verb} {said}."
