"""Numbers in words: sizes, directions and times, always on the side that the number is on."""

from typing import Final

import numpy as np

SMALL: Final = 0.005
"""Log effect below which something is said to change hardly anything: half a per cent."""
NEAR: Final = 0.05
"""Relative distance from the usual within which a fact is called usual."""

TITLES: Final = {
    "base": "An ordinary hour",
    "seasonality": "Time of day and week",
    "recent_volatility": "Volatility of the last day",
    "long_volatility": "Volatility of the last weeks",
    "trend": "Path of the price",
    "volume": "Traded volume",
    "calendar": "Weekdays ahead",
    "funding": "Funding and basis",
    "calibration": "Calibration",
    "drift": "Drift of the long run",
    "volatility_state": "State of volatility",
    "direction": "Direction model",
}
"""What a group is called; one that is not here is called by its name."""


def title(group: str) -> str:
    """What people call a group."""
    return TITLES.get(group, group.replace("_", " ").capitalize())


def percent(share: float, digits: int = 1) -> str:
    """A share in per cent, minus sign and all; never a negative zero."""
    text = f"{100.0 * share:.{digits}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−") + " %"


def change(log_effect: float) -> float:
    """Relative change that a log effect makes."""
    return float(np.expm1(log_effect))


def effect(log_effect: float) -> str:
    """What a contribution does to expected volatility, as a verb phrase."""
    if abs(log_effect) < SMALL:
        return "hardly changes expected volatility"
    verb = "raises" if log_effect > 0.0 else "lowers"
    size = percent(abs(change(log_effect)), 0 if abs(log_effect) >= 0.0995 else 1)
    return f"{verb} expected volatility by {size}"


def points(log_odds: float, p_up: float) -> float:
    """Share of probability that the last ``log_odds`` before ``p_up`` are worth."""
    before = 1.0 / (1.0 + np.exp(log_odds - np.log(p_up) + np.log1p(-p_up)))
    return float(p_up - before)


def tilt(log_odds: float, p_up: float) -> str:
    """What a contribution does to the chance of a rise, as a verb phrase."""
    share = points(log_odds, p_up)
    if abs(share) < SMALL / 10.0:
        return "hardly changes the chance of a rise"
    verb = "raises" if share > 0.0 else "lowers"
    return f"{verb} the chance of a rise by {100.0 * abs(share):.1f} points"


def against(ratio: float, usual: str) -> str:
    """How far from usual a ratio is: ``3.0 times its monthly mean``."""
    if abs(ratio - 1.0) <= NEAR:
        return f"close to {usual}"
    if ratio > 1.0:
        return f"{ratio:.{1 if ratio >= 1.95 else 2}f} times {usual}"
    return f"only {ratio:.2f} of {usual}"


def joined(fact: str, lean: float, log_effect: float) -> str:
    """Fact and effect in one sentence; a fact that leans the other way says so.

    Parameters
    ----------
    fact : str
        A clause.
    lean : float
        Above zero where the fact alone would suggest more volatility, below where less.
    log_effect : float
        What the group does.
    """
    if abs(log_effect) < SMALL:
        return f"{fact}; this {effect(log_effect)}."
    if lean * log_effect < 0.0:
        return f"{fact}; still, against its usual part this {effect(log_effect)}."
    return f"{fact}; this {effect(log_effect)}."


def span(hours: int) -> str:
    """A horizon as people say it."""
    if hours == 1:
        return "the next hour"
    if hours % 24 == 0 and hours > 24:
        return f"the next {hours // 24} days"
    return f"the next {hours} hours"


def moved(log_return: float) -> str:
    """A past move, with its direction."""
    share = change(log_return)
    if abs(share) < SMALL / 10.0:
        return "hardly moved"
    verb = "rose" if share > 0.0 else "fell"
    return f"{verb} {percent(abs(share), 1 if abs(share) >= 0.001 else 2)}"
