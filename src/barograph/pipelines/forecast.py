"""One forecast: from what was known at a moment to what is published (R-O1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version

import numpy as np
import polars as pl

from barograph.calibration.confidence import NAMES, confidence
from barograph.core.errors import NotEnoughDataError
from barograph.core.hashing import value_hash
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.settings import Settings
from barograph.core.types import Floats
from barograph.evaluation.compare import FLAGSHIP
from barograph.evaluation.walk_forward import PLAIN, Runner
from barograph.features.base import Feature
from barograph.features.build import feature_set_hash
from barograph.features.regime import REGIMES
from barograph.lake.fingerprint import fingerprint
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Publication
from barograph.ledger.payload import forecast_payload
from barograph.models.base import Output
from barograph.pipelines.dataset import Dataset, load
from barograph.pipelines.experts import answers, describe
from barograph.pipelines.frames import forecast_frame
from barograph.pipelines.memory import PACKAGES

CITED = ("bronze", "silver", "quarantine")
"""Folders of the lake that a published forecast cites."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast and everything needed to make it again.

    Attributes
    ----------
    dataset : Dataset
        What it was made from.
    frame : DataFrame
        One row per horizon: the published columns, and ``price, regime, confidence``.
    model_hash : str
        Hash of the recipes, the packages, and what the models and the calibrated flagship
        said at the origin, to the last bit. What they have learnt is hashed by what it makes of
        this origin: an online model has no fit apart from the history it passed over.
    """

    dataset: Dataset
    frame: pl.DataFrame
    model_hash: str

    @property
    def as_of(self) -> datetime:
        """End of the last complete bar it used."""
        return self.dataset.panel.moment(len(self.dataset.panel) - 1)


def forecast(
    lake: Lake,
    settings: Settings,
    symbol: str,
    features: Mapping[str, Feature],
    as_of: datetime | None = None,
    versions: Mapping[str, int] | None = None,
    runner: Runner = PLAIN,
) -> Forecast:
    """Forecast every horizon from the last bar known at a moment.

    Parameters
    ----------
    lake, settings, symbol, features, as_of, versions
        As for ``dataset.load``.
    runner : Runner
        How the work is run.
    """
    dataset = load(lake, settings, symbol, features, as_of, versions)
    outputs = answers(dataset.panel, settings, runner)
    return latest(dataset, settings, outputs)


def latest(dataset: Dataset, settings: Settings, outputs: Mapping[str, Output]) -> Forecast:
    """Take the forecast of the last origin out of a walk-forward.

    Raises
    ------
    NotEnoughDataError
        If the models have no answer there: too little history.
    """
    panel = dataset.panel
    last = len(panel) - 1
    flagship = outputs[FLAGSHIP]
    frame = forecast_frame(panel, FLAGSHIP, flagship, np.array([last]))
    if frame.height < len(panel.horizons):
        raise NotEnoughDataError(
            f"no forecast of {panel.symbol} as of {panel.moment(last):%Y-%m-%d %H:%M}: "
            f"{last / 24:.0f} days of bars are too few; the models need about "
            f"{settings.walk_forward.train_days + 90} days before a forecast"
        )
    low, high = (LEVELS.index(level) for level in INTERVALS[68])
    quantiles = flagship.quantiles
    assert quantiles is not None  # noqa: S101 - the flagship always gives quantiles
    grade = confidence(
        quantiles[:, :, low], quantiles[:, :, high], panel.target_return, panel.horizons
    )
    # The others' quantiles are made of their variance, and a long run has let go of them by now.
    said = {
        name: words(output if name == FLAGSHIP else replace(output, quantiles=None), last)
        for name, output in sorted(outputs.items())
    }
    return Forecast(
        dataset=dataset,
        frame=frame.with_columns(
            price=pl.lit(panel.close[last]),
            regime=pl.lit(regime_name(dataset)),
            confidence=pl.Series([NAMES[code] for code in grade[last]]),
        ),
        model_hash=value_hash({"recipes": describe(settings, panel.names), "said": said}),
    )


def words(output: Output, row: int) -> dict[str, object]:
    """All that a model said of one origin: variance, quantiles, probability of a rise."""
    parts = {"variance": output.variance, "quantiles": output.quantiles, "p_up": output.p_up}
    return {name: plain(part[row]) for name, part in parts.items() if part is not None}


def plain(values: Floats) -> object:
    """Numbers as JSON values, null where unknown."""
    found = values.astype(object)
    found[~np.isfinite(values)] = None
    return found.tolist()


def regime_name(dataset: Dataset) -> str:
    """Regime at the last origin, in words."""
    code = dataset.panel.columns(("regime",))[-1, 0]
    return REGIMES[int(code)] if np.isfinite(code) else "unknown"


def publication(
    lake: Lake,
    settings: Settings,
    features: Mapping[str, Feature],
    made: Forecast,
    issued_at: datetime,
) -> Publication:
    """What the ledger records of a forecast.

    Raises
    ------
    LakeError
        If a table it cites cannot be read.
    """
    # Silver as it was read, whatever was ingested meanwhile.
    cited = {**cited_versions(lake), **made.dataset.versions}
    return Publication(
        issued_at=issued_at,
        symbol=made.dataset.symbol,
        as_of=made.as_of,
        settings=settings.model_dump(mode="json"),
        config_hash=settings.hash,
        data_versions=cited,
        data_hash=made.dataset.data_hash,
        table_hashes=fingerprint(lake, cited),
        feature_set_hash=feature_set_hash(features),
        model_hash=made.model_hash,
        versions={name: version(name) for name in PACKAGES},
        simulated=made.dataset.simulated,
        forecast=forecast_payload(made.frame),
    )


def cited_versions(lake: Lake) -> dict[str, int]:
    """Current version of every table a published forecast cites."""
    found: dict[str, int] = {}
    for folder in CITED:
        found |= lake.data_versions(folder)
    return found
