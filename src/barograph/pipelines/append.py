"""A lake that is fed live: bars in at their close, forecasts out, in a fraction of a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version

import polars as pl

from barograph.core.payload import Layout, Payload, SeriesKey
from barograph.core.settings import Settings
from barograph.features.base import Feature
from barograph.features.build import feature_set_hash
from barograph.lake.growing import Growing
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Entry, Ledger, Publication
from barograph.ledger.payload import forecast_payload
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.citing import Citing
from barograph.pipelines.dataset import SIMULATED
from barograph.pipelines.memory import PACKAGES


@cache
def package_versions() -> Mapping[str, str]:
    """Versions a publication names; read from the disk once, they do not change as we run."""
    return {name: version(name) for name in PACKAGES}


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast of the present, ready to be published.

    Attributes
    ----------
    symbol, venue : str
        What was forecast, from whose bars.
    as_of : datetime
        End of the last complete bar it used.
    frame : DataFrame
        As ``pipelines.forecast.Forecast.frame``.
    model_hash : str
        As ``pipelines.forecast.Forecast.model_hash``.
    """

    symbol: str
    venue: str
    as_of: datetime
    frame: pl.DataFrame
    model_hash: str


@dataclass(slots=True)
class LiveLake:
    """The one writer of a lake and its ledger while they are fed live.

    Attributes
    ----------
    lake : Lake
        Where to.
    settings : Settings
        The run file of the forecasts, with all symbols; each publication cites it with its own.
    features : Mapping[str, Feature]
        The catalogue.
    layouts : Mapping[str, Layout]
        Readers of payloads, compressed or not.
    """

    lake: Lake
    settings: Settings
    features: Mapping[str, Feature]
    layouts: Mapping[str, Layout]
    growing: Growing = field(init=False)
    citing: Citing = field(init=False)
    feature_hash: str = field(init=False)

    def __post_init__(self) -> None:
        self.feature_hash = feature_set_hash(self.features)
        self.growing = Growing(self.lake, self.layouts)
        self.citing = Citing(self.growing)

    def append(self, payloads: Sequence[Payload], at: datetime) -> dict[SeriesKey, pl.DataFrame]:
        """Keep payloads of bars; see ``Growing.append``."""
        return self.growing.append(payloads, at)

    def rows(self, key: SeriesKey) -> pl.DataFrame:
        """Silver of a series as it stands, schema ``BARS``, sorted."""
        return self.growing.held(key).rows

    def publish(self, made: Sequence[Made], now: datetime) -> tuple[Entry, ...]:
        """Append forecasts to the ledger; an hour that is there already is returned as it stands.

        An hour is one symbol's origin: what it cites may differ, as it does between two writers.

        Raises
        ------
        LakeError
            If the disk refuses; then none was recorded.
        """
        versions = self.citing.versions() if made else {}
        publications = [self._publication(one, now, versions) for one in made]
        return Ledger(ledger_folder(self.lake)).publish(publications, once=True)

    def tidy(self) -> None:
        """Merge small files, between bars; takes its time."""
        self.growing.tidy()

    def _publication(self, made: Made, now: datetime, versions: Mapping[str, int]) -> Publication:
        settings = self.settings
        cited = self.citing.cite(settings, made.symbol, made.venue, made.as_of, versions)
        return Publication(
            issued_at=now,
            symbol=made.symbol,
            as_of=made.as_of,
            settings=settings.model_dump(mode="json"),
            config_hash=settings.hash,
            data_versions=dict(cited.versions),
            data_hash=cited.data_hash,
            table_hashes=dict(cited.table_hashes),
            feature_set_hash=self.feature_hash,
            model_hash=made.model_hash,
            versions=dict(package_versions()),
            simulated=made.venue == SIMULATED,
            forecast=forecast_payload(made.frame),
        )
