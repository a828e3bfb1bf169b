"""A mind that walks the whole history again at every hour: slow, and what others are held to."""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from barograph.calibration.confidence import NAMES, confidence
from barograph.cone.season import seasons
from barograph.core.hashing import value_hash
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.time import HOUR
from barograph.core.types import Floats, Ints
from barograph.evaluation.compare import FLAGSHIP
from barograph.features.regime import REGIMES
from barograph.live.answer import Beside
from barograph.live.minds import Past, Thought
from barograph.metrics.distribution import moments
from barograph.models.base import Output
from barograph.pipelines.append import LiveLake, Made
from barograph.pipelines.dataset import Dataset, load
from barograph.pipelines.experts import answers, describe
from barograph.pipelines.forecast import words
from barograph.pipelines.frames import forecast_frame
from barograph.store.beliefs import Layout

KEPT: Final = 24 * 14
"""Hours that can be asked for again."""


class RereadMind:
    """One symbol, forecast by a walk over everything the lake holds.

    Parameters
    ----------
    lake : LiveLake
        Where bars lie.
    symbol : str
        What is forecast.
    """

    def __init__(self, lake: LiveLake, symbol: str) -> None:
        self.lake, self._symbol = lake, symbol
        self._at: datetime
        self._walk(None)

    @property
    def symbol(self) -> str:
        """What it forecasts."""
        return self._symbol

    @property
    def venue(self) -> str:
        """Whose bars it has learnt from."""
        return self._dataset.venue

    @property
    def at(self) -> datetime:
        """The hour it is at."""
        return self._at

    @property
    def layout(self) -> Layout:
        """Names of the parts of its beliefs."""
        return Layout(self._dataset.panel.horizons, ("base",), ("base",), ())

    def step(self) -> Thought | None:
        """Walk again, up to the next hour."""
        hour = self._at + HOUR
        self._walk(hour)
        self._at = hour
        return self.thought(hour)

    def thought(self, as_of: datetime) -> Thought | None:
        """Forecast of an hour it has passed."""
        row = self._dataset.panel.row(as_of)
        panel = self._dataset.panel
        if row >= len(panel) or panel.moment(row) != as_of or not panel.present[row]:
            return None
        frame = forecast_frame(panel, FLAGSHIP, self._outputs[FLAGSHIP], np.array([row]))
        if frame.height < len(panel.horizons):
            return None
        names = [NAMES[code] for code in self._grade[row]]
        regime = REGIMES[int(self._regime[row])] if self._regime[row] >= 0 else "unknown"
        said = {name: words(output, row) for name, output in sorted(self._bare.items())}
        made = Made(
            symbol=self._symbol,
            venue=self.venue,
            as_of=as_of,
            frame=frame.with_columns(
                price=pl.lit(panel.close[row]),
                regime=pl.lit(regime),
                confidence=pl.Series(names),
            ),
            model_hash=value_hash(
                {"recipes": describe(self.lake.settings, panel.names), "said": said}
            ),
        )
        return Thought(made, self.past().belief(row), Beside(self._seasons[row]))

    def past(self) -> Past:
        """What was believed at every hour."""
        panel, flagship = self._dataset.panel, self._outputs[FLAGSHIP]
        quantiles = flagship.quantiles
        assert quantiles is not None  # noqa: S101 - the flagship always gives quantiles
        shape = quantiles.shape[:2]
        law = moments(quantiles.reshape(-1, quantiles.shape[2]))
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.log(law.vol).reshape(*shape, 1)
            odds = np.log(law.p_up / (1.0 - law.p_up)).reshape(*shape, 1)
        return Past(
            panel.hours, panel.close, self._regime, self._grade, flagship.variance, quantiles,
            terms, odds, np.empty((len(panel), 0)),
        )  # fmt: skip

    def _walk(self, as_of: datetime | None) -> None:
        settings = self.lake.settings
        dataset = load(self.lake.lake, settings, self._symbol, self.lake.features, as_of)
        outputs = answers(dataset.panel, settings)
        quantiles = outputs[FLAGSHIP].quantiles
        assert quantiles is not None  # noqa: S101 - the flagship always gives quantiles
        low, high = (LEVELS.index(level) for level in INTERVALS[68])
        panel = dataset.panel
        self._dataset: Dataset = dataset
        self._outputs: dict[str, Output] = outputs
        self._bare = {
            name: output if name == FLAGSHIP else Output(output.variance, debiased=output.debiased)
            for name, output in outputs.items()
        }
        self._grade: Ints = confidence(
            quantiles[:, :, low], quantiles[:, :, high], panel.target_return, panel.horizons
        )
        code = panel.columns(("regime",))[:, 0]
        self._regime: Ints = np.where(np.isfinite(code), code, -1).astype(np.int64)
        self._seasons: Floats = seasons(panel.hours, panel.variance)
        self._at = panel.moment(len(panel) - 1)
