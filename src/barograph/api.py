"""The Python interface: what the commands do, for notebooks and programs.

Results are frozen and hold Polars frames of the same columns as the files that the commands
write. Errors are those of ``barograph.core.errors``. What the user must know (an old last bar, a
SIMULATED market) is a ``UserWarning``.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from barograph.core.time import now, parse_moment

if TYPE_CHECKING:
    from barograph.core.settings import Settings
    from barograph.features.base import Feature
    from barograph.lake.lake import Lake
    from barograph.lake.report import CleaningReport
    from barograph.ledger.audit import Verified
    from barograph.ledger.forecasts import Entry
    from barograph.pipelines.backtest import Backtest, Plan
    from barograph.pipelines.evaluate import Evaluation
    from barograph.pipelines.explain import Account
    from barograph.pipelines.forecast import Forecast
    from barograph.pipelines.run import Done
    from barograph.service.direct import Served
    from barograph.trading.replay import Replay

Place: TypeAlias = str | Path
Symbols: TypeAlias = str | Sequence[str] | None


@dataclass(frozen=True)
class Project:
    """A lake and a run file, and what can be asked of them.

    Attributes
    ----------
    lake : str or Path
        Folder of the lake; made on first use.
    size : str
        Run file by name: ``small``, ``medium`` or ``large``.
    config : str, Path or None
        A run file of your own, instead of ``size``.
    features : str, Path or None
        A Python file ending in ``FEATURES``, used besides the declared ones.
    workers : int
        Processes; results do not depend on it.

    Examples
    --------
    >>> from barograph import Project
    >>> project = Project("lake")
    >>> counts = project.ingest("../data")              # doctest: +SKIP
    >>> forecast = project.forecast("BTCUSDT")          # doctest: +SKIP
    >>> forecast.frame                                  # doctest: +SKIP
    >>> project.evaluate("BTCUSDT", start="2021-01-01").metrics  # doctest: +SKIP
    """

    lake: Place = "lake"
    size: str = "small"
    config: Place | None = None
    features: Place | None = None
    workers: int = 1

    def ingest(self, *where: Place, symbols: Symbols = None) -> "tuple[CleaningReport, ...]":
        """Read files and folders into the lake.

        Parameters
        ----------
        where : str or Path
            Files or folders: CSV, Parquet, JSON, also in gz or zip.
        symbols : str, sequence of str or None
            Only these; all when None.

        Returns
        -------
        reports : tuple of CleaningReport
            For every series that was brought up to date: rows read = silver + duplicates +
            quarantined.

        Raises
        ------
        InputError
            If there is nothing to read, a file cannot be, or a new one holds a row from the
            future or too many bad ones: its good rows are in the lake then.
        """
        from barograph.pipelines.gather import from_files
        from barograph.pipelines.ingest import require_sound

        paths = [Path(place) for place in where]
        done = from_files(self._lake(), paths, _listed(symbols))
        require_sound(done)
        return done.reports

    def forecast(
        self,
        symbol: str | None = None,
        as_of: str | datetime | None = None,
        *,
        publish: bool = True,
    ) -> "Forecast":
        """Forecast every horizon from the last bar of the lake, and publish it.

        Parameters
        ----------
        symbol : str or None
            The run file's first when None.
        as_of : str, datetime or None
            Origin, UTC; the last bar when None.
        publish : bool
            Whether it is appended to the ledger, as ``barograph forecast`` does.

        Returns
        -------
        forecast : Forecast
            ``frame`` has a row per horizon: mean, volatility, P(up), 13 quantiles of the log
            return, price, regime, confidence.

        Raises
        ------
        NotEnoughDataError
            If the lake has too few bars of the symbol.
        """
        from barograph.pipelines.forecast import forecast
        from barograph.pipelines.outcomes import issue
        from barograph.pipelines.prepare import origin_of, runner_of

        lake, settings, catalogue = self._agreed(symbol)
        self._fill(lake, settings)
        moment = origin_of(None if as_of is None else str(as_of), now())
        runner = runner_of(lake, self.workers)
        made = forecast(lake, settings, settings.symbols[0], catalogue, moment, None, runner)
        if publish:
            issue(lake, settings, catalogue, [made], now())
        return made

    def explain(
        self,
        symbol: str | None = None,
        horizon_hours: int = 24,
        as_of: str | datetime | None = None,
    ) -> "Account":
        """Say why the forecast of an hour is what it is; nothing is published.

        Parameters
        ----------
        symbol, as_of
            As for ``forecast``.
        horizon_hours : int
            One of the run file's.

        Returns
        -------
        account : Account
            ``said`` has the contributions to log volatility and to the log-odds of a rise, each
            adding up to its total, and reasons and changes in words.

        Raises
        ------
        SettingsError
            If there is no such horizon, or the run file's flagship has trees in it.
        NotEnoughDataError
            If the lake has too few bars of the symbol.
        """
        from barograph.pipelines.explain import account
        from barograph.pipelines.prepare import origin_of

        lake, settings, catalogue = self._agreed(symbol)
        moment = origin_of(None if as_of is None else str(as_of), now())
        return account(lake, settings, settings.symbols[0], catalogue, horizon_hours, moment)

    def served(self, folder: Place = "serving") -> "Served":
        """Ask a serving folder what the HTTP API answers from it; the same models, no server.

        Parameters
        ----------
        folder : str or Path
            Where ``barograph serve`` keeps what it serves.

        Returns
        -------
        served : Served
            With ``predict``, ``explain``, ``market_data``, ``ghosts`` and ``scores``.
        """
        from barograph.service.direct import Served

        return Served(Path(folder))

    def replay(
        self, date: str | datetime, symbol: str | None = None, hours: int | None = None,
        strategy: str = "threshold", horizon_hours: int = 24,
    ) -> "Replay":  # fmt: skip
        """Begin to walk a past stretch hour by hour, as it would have been.

        Parameters
        ----------
        date, symbol : str, datetime or None
            Hour to begin at, UTC; the run file's first symbol when None.
        hours : int or None
            How many; to the last bar when None.
        strategy, horizon_hours
            What trades which forecasts.

        Returns
        -------
        replay : Replay
            With ``state``, ``step``, ``jump`` and ``play``.
        """
        from barograph.pipelines.prepare import runner_of
        from barograph.pipelines.replay import Ask, Plan, replay, walk

        lake, settings, catalogue = self._agreed(symbol)
        plan, runner = Plan(strategy=strategy, horizon=horizon_hours), runner_of(lake, self.workers)
        ask = Ask(parse_moment(str(date)), hours, plan=plan)
        return replay(walk(lake, settings, settings.symbols[0], catalogue, ask.until, runner), ask)

    def backtest(
        self, plan: "Plan", forecasts: Place | None = "out/forecasts.parquet"
    ) -> "Backtest":
        """Trade forecasts over history; the trial is kept in the ledger.

        Parameters
        ----------
        plan : Plan
            ``barograph.pipelines.backtest.Plan``: symbols, strategy, horizon, costs ...
        forecasts : str, Path or None
            Of ``evaluate`` or ``run``; those of the ledger when None.
        """
        from barograph.pipelines.backtest import backtest

        lake, settings, _ = self._agreed(plan.symbols)
        return backtest(lake, settings, None if forecasts is None else Path(forecasts), plan)

    def evaluate(
        self,
        symbols: Symbols = None,
        start: str | None = None,
        end: str | None = None,
        preset: str | None = None,
    ) -> "Evaluation":
        """Walk forward over history and score every model.

        Parameters
        ----------
        symbols : str, sequence of str or None
            The run file's when None.
        start, end : str or None
            First and last origin, UTC; a date as the end means the whole day.
        preset : str or None
            Windows by name: ``short``, ``optimisation`` or ``long``.

        Returns
        -------
        evaluation : Evaluation
            ``scored`` (forecasts beside what happened), ``metrics``, ``comparisons``,
            ``direction``, ``alarms``.

        Raises
        ------
        NotEnoughDataError
            If no origin lies in the span.
        """
        return self._walk("evaluate", symbols, start, end, preset, None).evaluation

    def run(
        self,
        symbols: Symbols = None,
        start: str | None = None,
        end: str | None = None,
        out: Place = "out",
    ) -> "Done":
        """Do the main job: walk forward, score, forecast, publish, and write files and report.

        Parameters
        ----------
        symbols, start, end
            As for ``evaluate``.
        out : str or Path
            Where ``forecasts.parquet``, ``metrics.parquet``, ``report.html`` ... go.

        Returns
        -------
        done : Done
            ``evaluation``, ``forecasts``, ``entries`` in the ledger, ``page`` of the report.
        """
        return self._walk("run", symbols, start, end, None, Path(out))

    def audit(self, sequence: int | None = None) -> "tuple[Verified, Sequence[Entry]]":
        """Verify the record and make one forecast again, bit for bit.

        One made with features of your own needs them again: ``Project(features=...)``.

        Parameters
        ----------
        sequence : int or None
            Entry to make again; the last one when None.

        Returns
        -------
        verified, entries
            What the record holds, and what was made again.

        Raises
        ------
        AuditError
            At the first disagreement, naming the entry.
        """
        from barograph.evaluation.walk_forward import Runner
        from barograph.pipelines.audit import audit, choose

        lake = self._lake(create=False)
        chosen = partial(choose, lake, last=True, sequence=sequence, every=False)
        return audit(lake, chosen, self._catalogue(), Runner(self.workers))

    def bars(self, symbol: str, interval: str = "1h") -> pl.DataFrame:
        """Clean bars of the lake, from the first venue of the run file that has them.

        Raises
        ------
        NotEnoughDataError
            If there are none.
        """
        from barograph.pipelines.dataset import SIMULATED, real_venues

        lake, settings, _ = self._agreed(symbol)
        venues = (*real_venues(lake, settings), SIMULATED)
        return lake.bars(settings.symbols[0], interval, venues)

    @property
    def ledger(self) -> pl.DataFrame:
        """The record: sequence, symbol, as_of, issued_at, simulated, hash; a row per forecast."""
        from barograph.pipelines.audit import published

        return published(self._lake())

    def _walk(
        self, command: str, symbols: Symbols, start: str | None, end: str | None,
        preset: str | None, out: Path | None,
    ) -> "Done":  # fmt: skip
        from barograph.pipelines.prepare import runner_of, span_of
        from barograph.pipelines.run import Job, run

        span = span_of(start, end)
        lake, settings, catalogue = self._agreed(symbols, preset)
        self._fill(lake, settings)
        job = Job(command, settings, catalogue, span, out, publish=command == "run")
        return run(lake, job, runner_of(lake, self.workers))

    def _lake(self, *, create: bool = True) -> "Lake":
        from barograph.lake.lake import Lake

        return Lake(Path(self.lake), create=create)

    def _catalogue(self) -> "Mapping[str, Feature]":
        from barograph.pipelines.prepare import catalogue_of

        return catalogue_of(None if self.features is None else Path(self.features))

    def _agreed(
        self, symbols: Symbols, preset: str | None = None
    ) -> "tuple[Lake, Settings, Mapping[str, Feature]]":
        """Lake, run file and features, refused where they cannot work together."""
        from barograph.pipelines.prepare import (
            check_features,
            check_windows,
            settings_of,
        )

        config = None if self.config is None else Path(self.config)
        settings = settings_of(self.size, config, _listed(symbols), preset)
        catalogue = self._catalogue()
        check_features(settings, catalogue)
        check_windows(settings, catalogue, preset)
        return self._lake(), settings, catalogue

    @staticmethod
    def _fill(lake: "Lake", settings: "Settings") -> None:
        """Ask the exchanges where the lake has no bars of a symbol, else a simulated market."""
        from barograph.pipelines.prepare import Source, fill

        fill(lake, settings, Source(None, fresh=False, warn=_warn))


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=5)


def _listed(symbols: Symbols) -> list[str] | None:
    if symbols is None:
        return None
    return [symbols] if isinstance(symbols, str) else list(symbols)
