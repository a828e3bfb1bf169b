"""A mind driven by the engine: warm once, then an hour in milliseconds.

What it says of an hour is, to the bit, what a walk over the lake as of that hour says; so
``barograph audit`` makes again what it published.
"""

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from barograph.calibration.confidence import NAMES, confidence, evidence, latest
from barograph.cone.season import seasons
from barograph.core.hashing import value_hash
from barograph.core.levels import INTERVALS, LEVELS
from barograph.core.panel import Panel
from barograph.core.payload import SeriesKey
from barograph.core.types import Floats, Ints
from barograph.explain.facts import LOOKBACK
from barograph.features.build import build
from barograph.features.regime import REGIMES
from barograph.lake.grid import hourly_grid
from barograph.live.answer import Beside
from barograph.live.minds import Past, Thought
from barograph.live.state import (
    KEPT,
    ROWS,
    Bar,
    Hour,
    State,
    Tail,
    code_hash,
    data_hash,
    restore,
    save,
)
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.models.live import Answers, Engine
from barograph.pipelines.append import LiveLake, Made
from barograph.pipelines.dataset import Dataset, load
from barograph.pipelines.engine import bar as one_bar
from barograph.pipelines.experts import describe
from barograph.pipelines.explain import Explained, explain, first_answered, layout
from barograph.pipelines.forecast import words
from barograph.pipelines.frames import forecast_frame
from barograph.store.beliefs import Belief, Layout

LOG: Final = logging.getLogger(__name__)
LOW, HIGH = (LEVELS.index(level) for level in INTERVALS[68])
REGIME: Final = "regime"


class Seen(NamedTuple):
    """What an hour is besides what the engine answers; see ``Hour``."""

    price: float
    regime: int
    grade: Ints
    reasons: tuple[str, ...]
    season: Floats


class EngineMind:
    """One symbol.

    Parameters
    ----------
    lake : LiveLake
        Where bars lie.
    symbol, venue : str
        What is forecast, from whose bars.
    state : State
        Where it is.
    past : Past or None
        What it believed at every hour of the walk it comes from; None where it was restored.

    Notes
    -----
    It must be made of the bars that the lake holds at that moment: from then on it notices where
    they change behind its back.
    """

    def __init__(
        self, lake: LiveLake, symbol: str, venue: str, state: State, past: Past | None = None
    ) -> None:
        self.lake, self._symbol, self._venue = lake, symbol, venue
        self._state = state
        self._learnt = self._known()
        self.past = past
        self.panel: Panel | None = None
        self._recipes = describe(lake.settings, tuple(lake.features))

    @classmethod
    def warm(cls, lake: LiveLake, symbol: str) -> "EngineMind":
        """Walk over everything the lake has.

        Raises
        ------
        NotEnoughDataError
            If it has no hourly bars of the symbol.
        """
        regime = {REGIME: lake.features[REGIME]}
        dataset = load(lake.lake, lake.settings, symbol, regime)
        panel = dataset.panel
        answers, engine = Engine.warm(panel, first_answered(panel, lake.settings))
        explained, usual = explain(panel, answers)
        past = _past(dataset, answers, explained)
        tail = Tail(
            panel.hours[-ROWS:],
            np.stack((panel.open, panel.close, panel.volume, panel.variance), axis=1)[-ROWS:],
            past.quantiles[-ROWS:, :, LOW],
            past.quantiles[-ROWS:, :, HIGH],
        )
        state = State(engine, usual, tail, _hours(panel, past, answers))
        mind = cls(lake, symbol, dataset.venue, state, past)
        mind.panel = replace(panel, names=(), features=np.zeros((len(panel), 0)))
        return mind

    @classmethod
    def restored(cls, lake: LiveLake, symbol: str, venue: str, folder: Path) -> "EngineMind | None":
        """Go on from a file of the same code and the same bars; None where there is none."""
        found = restore(folder, symbol, code_hash())
        if found is None:
            return None
        state, data = found
        rows = lake.rows(SeriesKey("bars", venue, symbol, "1h"))
        if data_hash(rows, state.engine.hour) != data:
            LOG.info("the bars of %s are not those its state has learnt from", symbol)
            return None
        return cls(lake, symbol, venue, state)

    def save(self, folder: Path) -> None:
        """Keep the state in a file, unless it has learnt from other bars than the lake has now."""
        if self.outdated:
            return
        data = data_hash(self._rows(), self._state.engine.hour)
        save(folder, self._symbol, self._state, code_hash(), data)

    @property
    def symbol(self) -> str:
        """What it forecasts."""
        return self._symbol

    @property
    def venue(self) -> str:
        """Whose bars it has learnt from."""
        return self._venue

    @property
    def at(self) -> datetime:
        """The hour it is at."""
        return _moment(self._state.engine.hour)

    @property
    def outdated(self) -> bool:
        """Whether the lake's bars up to ``at`` are no longer those it has learnt from."""
        return self._known() != self._learnt

    @property
    def layout(self) -> Layout:
        """Names of the parts of its beliefs."""
        return layout(self.lake.settings.horizons)

    def step(self) -> Thought | None:
        """Learn the next hour and answer for it; if this raises, nothing has changed."""
        began = time.perf_counter()
        hour = self._state.engine.hour + 1
        sound = not self.outdated
        self._state = self._after(hour, *self._bar(hour))
        if sound:
            self._learnt = self._known()
        LOG.debug("%s stepped in %.1f ms", self._symbol, 1e3 * (time.perf_counter() - began))
        return self.thought(self.at)

    def rehearse(self) -> None:
        """Go through a step and a publication without effect, so that the first is quick."""
        hour = self._state.engine.hour
        bar, regime = self._bar(hour)
        self._after(hour + 1, bar, regime)
        self.lake.citing.cite(self.lake.settings, self._symbol, self._venue, self.at)

    def _after(self, hour: int, bar: Bar | None, regime: int) -> State:
        """The state one hour on."""
        state = self._state
        answers, engine = state.engine.step(hour, None if bar is None else bar._asdict())
        quantiles = _quantiles(answers.outputs[FLAGSHIP.name])[0]
        missing = Bar(np.nan, np.nan, np.nan, np.nan)
        tail = state.tail.with_hour(hour, bar or missing, quantiles[:, LOW], quantiles[:, HIGH])
        horizons = engine.horizons
        panel = tail.panel(self._symbol, horizons, LOOKBACK)
        explained, usual = explain(panel, answers, state.usual)
        after = replace(state, engine=engine, usual=usual, tail=tail)
        if bar is None or not np.isfinite(quantiles).all():
            return after
        grade, reasons = latest(tail.lower, tail.upper, tail.outcomes(horizons), horizons)
        seen = Seen(bar.close, regime, grade, reasons, answers.season)
        return after.with_hour(_hour(answers, explained, 0, seen))

    def thought(self, as_of: datetime) -> Thought | None:
        """Forecast of an hour it has passed; None where there was none, or it is too long ago."""
        hour = int(as_of.timestamp()) // 3600
        said = self._state.hours.get(hour)
        if said is None and self.past is not None:
            said = self._walked(hour)
        if said is None:
            return None
        horizons = self._state.engine.horizons
        belief = Belief(
            said.price, said.regime, said.confidence, said.variances[FLAGSHIP.name],
            said.quantiles, said.terms, said.odds, said.inputs,
        )  # fmt: skip
        reasons = dict(zip(horizons, said.reasons, strict=True))
        return Thought(self._made(said), belief, Beside(said.season, None, reasons))

    def _made(self, said: Hour) -> Made:
        """What the ledger is given, as ``pipelines.forecast.latest`` makes it."""
        horizons = self._state.engine.horizons
        outputs = {
            name: Output(values[None], said.quantiles[None] if name == FLAGSHIP.name else None)
            for name, values in said.variances.items()
        }
        nothing = np.full(1, np.nan)
        panel = Panel(
            symbol=self._symbol, hours=np.array([said.hour]), horizons=horizons, names=(),
            features=np.zeros((1, 0)), open=nothing, close=np.array([said.price]), volume=nothing,
            variance=nothing, target_return=np.full((1, len(horizons)), np.nan),
            target_variance=np.full((1, len(horizons)), np.nan),
        )  # fmt: skip
        frame = forecast_frame(panel, FLAGSHIP.name, outputs[FLAGSHIP.name], np.array([0]))
        spoken = {name: words(output, 0) for name, output in sorted(outputs.items())}
        return Made(
            symbol=self._symbol,
            venue=self._venue,
            as_of=_moment(said.hour),
            frame=frame.with_columns(
                price=pl.lit(said.price),
                regime=pl.lit(REGIMES[said.regime] if said.regime >= 0 else "unknown"),
                confidence=pl.Series([NAMES[code] for code in said.confidence]),
            ),
            model_hash=value_hash({"recipes": self._recipes, "said": spoken}),
        )

    def _bar(self, hour: int) -> tuple[Bar | None, int]:
        """Bar that ends at an hour and the regime then; None and -1 where it is missing."""
        end = _moment(hour)
        feature = self.lake.features[REGIME]
        since = end - timedelta(hours=feature.lookback + 2)
        rows = self._rows().filter(pl.col("close_time") <= end, pl.col("close_time") > since)
        if rows.is_empty() or rows["close_time"][-1] != end:
            return None, -1
        grid = hourly_grid(rows)
        last = grid.select("open", "high", "low", "close", "volume").row(-1)
        code = build(grid, {REGIME: feature})[REGIME][-1]
        bar = Bar(**one_bar(*last))
        return bar, -1 if code is None else int(code)

    def _rows(self) -> pl.DataFrame:
        return self.lake.rows(self._key)

    @property
    def _key(self) -> SeriesKey:
        return SeriesKey("bars", self._venue, self._symbol, "1h")

    def _known(self) -> tuple[int, int]:
        """Generation of the hourly bars, and how many of them end by the hour it is at."""
        held = self.lake.growing.held(self._key)
        count = held.rows["close_time"].search_sorted(self.at, side="right")
        return held.generation, int(count)

    def _walked(self, hour: int) -> Hour | None:
        """An hour of the walk that lies further back than what a state keeps."""
        past = self.past
        assert past is not None  # noqa: S101 - asked for only then
        row = hour - int(past.hours[0])
        if not 0 <= row < len(past.hours) or not np.isfinite(past.quantiles[row]).all():
            return None
        variances = {name: values[row] for name, values in past.others.items()}
        return Hour(
            hour, float(past.price[row]), int(past.regime[row]), past.confidence[row],
            ("",) * past.confidence.shape[1], variances, past.quantiles[row], past.terms[row],
            past.odds[row], past.inputs[row], past.season,
        )  # fmt: skip


def _past(dataset: Dataset, answers: Answers, explained: Explained) -> Past:
    panel, quantiles = dataset.panel, _quantiles(answers.outputs[FLAGSHIP.name])
    grade = confidence(
        quantiles[:, :, LOW], quantiles[:, :, HIGH], panel.target_return, panel.horizons
    )
    code = panel.columns((REGIME,))[:, 0]
    return Past(
        hours=panel.hours,
        price=panel.close,
        regime=np.where(np.isfinite(code), code, -1).astype(np.int64),
        confidence=grade,
        variance=answers.outputs[FLAGSHIP.name].variance,
        quantiles=quantiles,
        terms=explained.terms,
        odds=explained.odds,
        inputs=explained.inputs,
        others={name: output.variance for name, output in answers.outputs.items()},
        season=answers.season,
    )


def _hours(panel: Panel, past: Past, answers: Answers) -> dict[int, Hour]:
    """The last forecasts of a walk."""
    count = min(KEPT, len(panel))
    rows = slice(-min(ROWS, len(panel)), None)
    found = evidence(
        past.quantiles[rows, :, LOW],
        past.quantiles[rows, :, HIGH],
        panel.target_return[rows],
        panel.horizons,
    )
    pattern = seasons(panel.hours, panel.variance)[-count:]
    explained = Explained(past.terms, past.odds, past.inputs)
    hours = {}
    for back in range(count, 0, -1):
        row = len(panel) - back
        if np.isfinite(past.quantiles[row]).all() and np.isfinite(past.price[row]):
            reasons = tuple(found.reason(-back, k) for k in range(len(panel.horizons)))
            seen = Seen(
                float(past.price[row]), int(past.regime[row]), past.confidence[row], reasons,
                pattern[-back],
            )  # fmt: skip
            hours[int(panel.hours[row])] = _hour(answers, explained, row, seen)
    return hours


def _hour(answers: Answers, explained: Explained, row: int, seen: Seen) -> Hour:
    """One row, copied so that it does not hold the whole walk in memory."""
    return Hour(
        hour=int(answers.hours[row]),
        price=seen.price,
        regime=seen.regime,
        confidence=seen.grade.copy(),
        reasons=seen.reasons,
        variances={name: out.variance[row].copy() for name, out in answers.outputs.items()},
        quantiles=_quantiles(answers.outputs[FLAGSHIP.name])[row].copy(),
        terms=explained.terms[row].copy(),
        odds=explained.odds[row].copy(),
        inputs=explained.inputs[row].copy(),
        season=seen.season.copy(),
    )


def _quantiles(output: Output) -> Floats:
    if output.quantiles is None:
        raise ValueError("the flagship gave no quantiles")
    return output.quantiles


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)
