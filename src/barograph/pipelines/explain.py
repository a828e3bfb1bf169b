"""Why every hour's forecast was what it was: from the engine's trace to what is kept and shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from barograph.calibration.confidence import NAMES
from barograph.calibration.confidence import latest as graded
from barograph.core.errors import NotEnoughDataError, SettingsError
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.core.types import Floats
from barograph.evaluation.splits import folds
from barograph.explain.answer import Hour, explanation, named
from barograph.explain.contributions import (
    BASE,
    CALIBRATION,
    Usual,
    grouped,
    log_odds_up,
    log_volatility,
)
from barograph.explain.facts import facts, names
from barograph.features.base import Feature
from barograph.lake.lake import Lake
from barograph.metrics.distribution import moments
from barograph.models.barograph import FLAGSHIP
from barograph.models.live import Answers, Engine
from barograph.models.trace import HAR_TERMS, SCALE_TERMS, SHIFTS
from barograph.pipelines.dataset import load
from barograph.pipelines.forecast import regime_name
from barograph.store.beliefs import Layout

HAR_GROUPS: Final = tuple(HAR_TERMS.values())
SCALE_GROUPS: Final = tuple({**SCALE_TERMS, "height": CALIBRATION}.values())
"""The pull to the half-year's variance is no regressor's: it is part of the response."""
TERMS: Final = (
    BASE,
    *dict.fromkeys(g for g in (*HAR_GROUPS, *SCALE_GROUPS) if g not in {BASE, CALIBRATION}),
    CALIBRATION,
)
ODDS: Final = (BASE, "drift", "volatility_state", CALIBRATION, "seasonality")


def layout(horizons: tuple[int, ...]) -> Layout:
    """Names of what is kept of an hour, in the order of ``Explained``."""
    return Layout(horizons, TERMS, ODDS, names(horizons))


@dataclass(frozen=True, slots=True)
class Explained:
    """What explains some hours, as ``store.beliefs.Belief`` keeps it, with a first axis of hours.

    Attributes
    ----------
    terms : Floats
        Contributions to log volatility, shape ``(n, H, K)``, by ``TERMS``.
    odds : Floats
        Contributions to the log-odds of a rise, shape ``(n, H, L)``, by ``ODDS``.
    inputs : Floats
        Facts that reasons quote, shape ``(n, M)``.
    """

    terms: Floats
    odds: Floats
    inputs: Floats


def explain(panel: Panel, answers: Answers, usual: Usual | None = None) -> tuple[Explained, Usual]:
    """Take the flagship's answers apart.

    Parameters
    ----------
    panel : Panel
        Bars whose last rows are the hours answered; ``explain.facts.LOOKBACK`` rows are enough
        for the facts of the last one.
    answers : Answers
        The engine's, of every hour or of the next ones.
    usual : Usual or None
        What an earlier call came to; None where these hours are the first.

    Returns
    -------
    explained : Explained
        NaN where there is no forecast.
    usual : Usual
        Hand it to the call for the hours after these; the sums are then to the bit those of one
        call for all.
    """
    trace, output = answers.trace, answers.outputs[FLAGSHIP.name]
    quantiles = output.quantiles
    if quantiles is None:
        raise ValueError(f"{FLAGSHIP.name} has no quantiles")
    rows, count = quantiles.shape[:2]
    volatility = moments(quantiles.reshape(-1, len(LEVELS))).vol.reshape(rows, count)
    parts = (
        grouped(trace.har_terms, HAR_GROUPS, 0.5),
        grouped(trace.scale_terms, SCALE_GROUPS),
    )
    terms, after = log_volatility(parts, volatility, usual)
    by_level = (
        trace.shifts[:, :, SHIFTS.index("level")] + trace.shifts[:, :, SHIFTS.index("regime")]
    )
    odds = log_odds_up(
        (
            ("drift", trace.unconditional),
            ("volatility_state", trace.conditional),
            (CALIBRATION, trace.conditional + by_level),
            ("seasonality", quantiles),
        )
    )
    if (terms.names, odds.names) != (TERMS, ODDS):
        raise ValueError(f"parts {terms.names}, {odds.names}; wanted {TERMS}, {ODDS}")
    known = facts(panel, ahead_of(panel, trace.season_ahead))[-rows:]
    return Explained(terms.values, odds.values, known), after


def ahead_of(panel: Panel, season_ahead: Floats) -> Floats:
    """Seasonal factors of the hours answered, NaN for the rows of the panel before them."""
    before = np.full((len(panel) - len(season_ahead), season_ahead.shape[1]), np.nan)
    return np.concatenate((before, season_ahead))


@dataclass(frozen=True, slots=True)
class Account:
    """The explanation of one symbol's last hour at one horizon.

    Attributes
    ----------
    symbol : str
    as_of : datetime
        End of the last bar.
    horizon_hours : int
    price, p_up, expected_move, volatility : float
        What was forecast: close, probability of a rise, mean and standard deviation of the log
        return.
    regime, confidence, confidence_reason : str
    simulated : bool
        Whether the bars are invented.
    said : dict
        ``log_volatility``, ``log_odds_up``, ``reasons``, ``changed`` as ``explain.answer`` makes
        them.
    """

    symbol: str
    as_of: datetime
    horizon_hours: int
    price: float
    p_up: float
    expected_move: float
    volatility: float
    regime: str
    confidence: str
    confidence_reason: str
    simulated: bool
    said: dict[str, Any]


def account(
    lake: Lake,
    settings: Settings,
    symbol: str,
    features: Mapping[str, Feature],
    horizon: int,
    as_of: datetime | None = None,
) -> Account:
    """Explain the forecast of the last hour known at a moment.

    Parameters
    ----------
    lake, settings, symbol, features, as_of
        As for ``pipelines.forecast.forecast``.
    horizon : int
        Hours ahead, one of the run file's.

    Raises
    ------
    SettingsError
        If the run file has no such horizon, or pools models that leave no trace.
    NotEnoughDataError
        If there is no forecast: too little history.
    """
    check(settings, horizon)
    dataset = load(lake, settings, symbol, features, as_of)
    panel = dataset.panel
    answers, _ = Engine.warm(panel, first_answered(panel, settings))
    made, _ = explain(panel, answers)
    quantiles = answers.outputs[FLAGSHIP.name].quantiles
    assert quantiles is not None  # noqa: S101 - explain has looked
    last, place = len(panel) - 1, settings.horizons.index(horizon)
    if not np.isfinite(made.terms[last]).all():
        raise NotEnoughDataError(
            f"no forecast of {symbol} as of {panel.moment(last):%Y-%m-%d %H:%M} to explain: "
            f"{last / 24:.0f} days of bars are too few; the models need about "
            f"{settings.walk_forward.train_days + 90} days before a forecast"
        )
    law = moments(quantiles[last, [place]])
    low, high = (LEVELS.index(level) for level in INTERVALS[68])
    grades, why = graded(
        quantiles[:, :, low], quantiles[:, :, high], panel.target_return, panel.horizons
    )
    hour, before = (
        hour_of(made, row, place, panel.horizons, quantiles[row, place]) for row in (last, last - 1)
    )
    return Account(
        symbol=symbol,
        as_of=panel.moment(last),
        horizon_hours=horizon,
        price=float(panel.close[last]),
        p_up=float(law.p_up[0]),
        expected_move=float(law.mean[0]),
        volatility=float(law.vol[0]),
        regime=regime_name(dataset),
        confidence=NAMES[int(grades[place])],
        confidence_reason=why[place],
        simulated=dataset.simulated,
        said=explanation(hour, before if np.isfinite(before.p_up) else None, horizon),
    )


def hour_of(
    made: Explained, row: int, place: int, horizons: tuple[int, ...], quantiles: Floats
) -> Hour:
    """One row and horizon by name."""
    kept = layout(horizons)
    return Hour(
        named(kept.terms, made.terms[row, place]),
        named(kept.odds, made.odds[row, place]),
        named(kept.inputs, made.inputs[row]),
        float(moments(quantiles[None]).p_up[0]),
    )


def check(settings: Settings, horizon: int) -> None:
    """Refuse what cannot be explained.

    Raises
    ------
    SettingsError
        If the run file has no such horizon, pools models that leave no trace, or forgets.
    """
    if horizon not in settings.horizons:
        known = ", ".join(map(str, settings.horizons))
        raise SettingsError(f"horizon {horizon} h is not forecast; those: {known}")
    pooled = {*FLAGSHIP.experts, FLAGSHIP.size, FLAGSHIP.direction} & {*settings.models}
    if pooled != {"har_x"} or settings.walk_forward.scheme != "anchored":
        raise SettingsError(
            f"contributions are known of a flagship made of har_x alone, got "
            f"{', '.join(sorted(pooled)) or 'none of its models'}, "
            f"{settings.walk_forward.scheme}; use --size small"
        )


def first_answered(panel: Panel, settings: Settings) -> int:
    """Row of the first hour that is answered, as in a walk-forward."""
    return folds(len(panel), settings.walk_forward)[0].start
