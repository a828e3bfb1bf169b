"""One hour's explanation at one horizon, as the API gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from barograph.core.types import Floats
from barograph.explain.contributions import BASE
from barograph.explain.wording import SMALL, percent, span, title
from barograph.explain.words import (
    changed_sentence,
    level_sentence,
    odds_sentence,
    volatility_sentence,
)

MOST_REASONS: Final = 4
MOST_CHANGES: Final = 3


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour's explanation at one horizon is made of.

    Attributes
    ----------
    terms, odds : Mapping of str to float
        Contributions to log volatility and to the log-odds of a rise by name, ``base`` first.
    facts : Mapping of str to float
        Numbers that reasons quote.
    p_up : float
        Published probability of a rise.
    """

    terms: Mapping[str, float]
    odds: Mapping[str, float]
    facts: Mapping[str, float]
    p_up: float


def explanation(now: Hour, before: Hour | None, horizon: int) -> dict[str, Any]:
    """Sums, reasons and changes.

    Parameters
    ----------
    now : Hour
        The hour explained.
    before : Hour or None
        The hour before; None where its bar or its forecast is missing.
    horizon : int
        Hours ahead.

    Returns
    -------
    explanation : dict
        ``log_volatility`` and ``log_odds_up``, each ``base, total, contributions``; of each
        contribution ``group, name, words, value, before``. ``reasons`` and ``changed``: sentences,
        the weightiest first.

    Raises
    ------
    ValueError
        If there is no forecast to explain.
    """
    if not np.isfinite(sum(now.terms.values()) + sum(now.odds.values())):
        raise ValueError("there is no forecast of this hour to explain")
    said = {
        group: volatility_sentence(group, value, now.facts, horizon)
        for group, value in now.terms.items()
    }
    leanings = {group: odds_sentence(group, v, now.p_up) for group, v in now.odds.items()}
    return {
        "log_volatility": addends(now.terms, None if before is None else before.terms, said),
        "log_odds_up": addends(now.odds, None if before is None else before.odds, leanings),
        "reasons": reasons(now, said, leanings, horizon),
        "changed": changes(now.terms, None if before is None else before.terms, horizon),
    }


def addends(
    now: Mapping[str, float], before: Mapping[str, float] | None, said: Mapping[str, str]
) -> dict[str, Any]:
    """One sum, taken apart; the total is added up of what is listed."""
    return {
        "base": now[BASE],
        "total": sum(now.values()),
        "contributions": [
            {
                "group": group,
                "name": title(group),
                "words": said[group],
                "value": value,
                "before": None if before is None else finite(before.get(group)),
            }
            for group, value in now.items()
            if group != BASE
        ],
    }


def reasons(
    now: Hour, said: Mapping[str, str], leanings: Mapping[str, str], horizon: int
) -> list[str]:
    """The weightiest reasons for the volatility, then the odds and their weightiest reason."""
    weighty = [name for name in ranked(now.terms) if abs(now.terms[name]) >= SMALL]
    found = [said[name] for name in weighty[:MOST_REASONS]]
    if not found:
        found.append(f"Nothing is out of the ordinary over {span(horizon)}.")
    found.append(said[BASE])
    first = next(iter(ranked(now.odds)), None)
    chance = f"A rise is given {percent(now.p_up)}"
    found.append(f"{chance}. {leanings[first]}" if first else f"{chance}.")
    return found


def changes(
    now: Mapping[str, float], before: Mapping[str, float] | None, horizon: int
) -> list[str]:
    """How volatility moved since the hour before, and the groups that moved it most."""
    if before is None or not np.isfinite(sum(before.values())):
        return ["There is no forecast of the hour before to compare with."]
    found = [level_sentence(sum(now.values()), sum(before.values()), horizon)]
    steps = {name: value - before.get(name, 0.0) for name, value in now.items()}
    order = sorted(steps, key=lambda name: -abs(steps[name]))
    found += [
        changed_sentence(name, now[name], before.get(name, 0.0))
        for name in order[:MOST_CHANGES]
        if abs(steps[name]) >= SMALL
    ]
    return found


def ranked(parts: Mapping[str, float]) -> list[str]:
    """Parts but the base, the largest either way first."""
    return sorted((name for name in parts if name != BASE), key=lambda name: -abs(parts[name]))


def named(names: Sequence[str], row: Floats) -> dict[str, float]:
    """One row of numbers by name."""
    return dict(zip(names, row.tolist(), strict=True))


def finite(value: float | None) -> float | None:
    """None for a number that is not known."""
    return None if value is None or not np.isfinite(value) else value
