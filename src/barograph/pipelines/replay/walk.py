"""Every forecast of one symbol's past, each made of what was known at its hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from barograph.calibration.confidence import NAMES, confidence
from barograph.core.errors import InputError, NotEnoughDataError, SettingsError
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.core.types import Floats, Ints
from barograph.evaluation.walk_forward import PLAIN, Runner
from barograph.features.base import Feature
from barograph.features.extension import own
from barograph.features.regime import REGIMES
from barograph.lake.lake import Lake
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.models.catalogue import recipes
from barograph.models.random_walk import MODELS as RANDOM_WALKS
from barograph.pipelines.dataset import Dataset, Reader, choose_venue, load
from barograph.pipelines.experts import answers
from barograph.pipelines.frames import forecast_frame

AGAINST: Final = RANDOM_WALKS[0].name
"""The model that skill is told against."""
REGIME: Final = "regime"
LOW, HIGH = (LEVELS.index(level) for level in INTERVALS[68])


@dataclass(frozen=True, slots=True)
class Walk:
    """The flagship and a random walk over all of one symbol's history.

    Attributes
    ----------
    lake : Lake
    settings : Settings
        The run file, with the models that were walked alone.
    features : Mapping[str, Feature]
        The whole catalogue, which tells entries of the ledger apart.
    dataset : Dataset
        What it was made from.
    flagship, against : Output
        Answers of every row; NaN where there is none.
    grade : Ints
        Confidence, index into ``calibration.confidence.NAMES``, shape ``(n, H)``.
    """

    lake: Lake
    settings: Settings
    features: Mapping[str, Feature]
    dataset: Dataset
    flagship: Output
    against: Output
    grade: Ints

    @property
    def panel(self) -> Panel:
        """Hours and prices."""
        return self.dataset.panel

    @property
    def quantiles(self) -> Floats:
        """Of the flagship, shape ``(n, H, 13)``."""
        found = self.flagship.quantiles
        assert found is not None  # noqa: S101 - the flagship always gives quantiles
        return found

    @property
    def first(self) -> int:
        """Row of the first forecast."""
        return int(np.isfinite(self.quantiles).all(axis=(1, 2)).argmax())

    def regime(self, row: int) -> str:
        """Regime at an hour, in words."""
        code = self.panel.columns((REGIME,))[row, 0]
        return REGIMES[int(code)] if np.isfinite(code) else "unknown"

    def frame(self, row: int) -> pl.DataFrame:
        """Forecast of an hour exactly as ``barograph forecast`` would have published it.

        A row per horizon; none where there was no forecast, or not of every horizon.
        """
        found = forecast_frame(self.panel, FLAGSHIP.name, self.flagship, np.array([row]))
        if found.height < len(self.panel.horizons):
            return found.clear()
        return found.with_columns(
            price=pl.lit(self.panel.close[row]),
            regime=pl.lit(self.regime(row)),
            confidence=pl.Series([NAMES[code] for code in self.grade[row]]),
        )


def walk(
    lake: Lake,
    settings: Settings,
    symbol: str,
    features: Mapping[str, Feature],
    until: datetime | None = None,
    runner: Runner = PLAIN,
) -> Walk:
    """Walk a symbol's history with what the flagship is made of.

    Parameters
    ----------
    lake, settings, symbol, features
        As for ``pipelines.forecast.forecast``.
    until : datetime or None
        Nothing that became known later is read; all there is when None.
    runner : Runner
        How the work is run.

    Raises
    ------
    SettingsError
        If the run file's windows depend on where history ends.
    NotEnoughDataError
        If the lake has too few bars of the symbol for a forecast.
    """
    check(settings)
    chosen = settings.model_copy(update={"models": (AGAINST, *pooled(settings))})
    dataset = load(lake, chosen, symbol, read(chosen, features), until)
    panel = dataset.panel
    outputs = answers(panel, chosen, runner)
    flagship, against = outputs[FLAGSHIP.name], outputs[AGAINST]
    quantiles = flagship.quantiles
    assert quantiles is not None  # noqa: S101 - the flagship always gives quantiles
    if not np.isfinite(quantiles).all(axis=(1, 2)).any():
        raise NotEnoughDataError(
            f"no forecast of {symbol} up to {panel.moment(len(panel) - 1):%Y-%m-%d %H:%M}: "
            f"{len(panel) / 24:.0f} days of bars are too few; the models need about "
            f"{settings.walk_forward.train_days + 90} days before a forecast"
        )
    grade = confidence(
        quantiles[:, :, LOW], quantiles[:, :, HIGH], panel.target_return, panel.horizons
    )
    return Walk(lake, chosen, features, dataset, flagship, against, grade)


def check(settings: Settings) -> None:
    """Refuse windows that are cut from the end: a forecast would depend on what came later.

    Raises
    ------
    SettingsError
        Naming what to take.
    """
    if settings.walk_forward.folds is not None:
        raise SettingsError(
            f"folds is {settings.walk_forward.folds}: which hours are forecast would depend on "
            "where history ends; take folds null to replay"
        )


def pooled(settings: Settings) -> tuple[str, ...]:
    """Models of the run file that the flagship is made of, and those that they read."""
    known, wanted = recipes(), {*FLAGSHIP.experts, FLAGSHIP.size, FLAGSHIP.direction}
    wanted &= set(settings.models)
    wanted |= {base for name in wanted for base in known[name].after}
    return tuple(name for name in settings.models if name in wanted)


def read(settings: Settings, features: Mapping[str, Feature]) -> dict[str, Feature]:
    """Features that the models of a run file read, the user's own, and the regime."""
    known = recipes()
    names = {REGIME, *(name for model in settings.models for name in known[model].inputs)}
    if any(hasattr(known[model], "extra") for model in settings.models):
        names |= set(own(features))
    return {name: feature for name, feature in features.items() if name in names}


def check_venue(found: Walk, since: datetime) -> None:
    """Refuse a stretch over which the forecasts would have changed to another venue's bars.

    Raises
    ------
    InputError
        Naming both venues.
    """
    dataset = found.dataset
    then = choose_venue(Reader(found.lake, since, None), found.settings, dataset.symbol)
    if then != dataset.venue:
        last = found.panel.moment(len(found.panel) - 1)
        raise InputError(
            f"as of {since:%Y-%m-%d %H:%M} {dataset.symbol} was forecast from {then}, as of "
            f"{last:%Y-%m-%d %H:%M} from {dataset.venue}; replay fewer hours, or name one venue "
            "in a run file: --config"
        )
