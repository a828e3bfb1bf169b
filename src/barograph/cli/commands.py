"""What each command does: read the request, call a pipeline, say what came of it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from barograph.cli.options import Request
from barograph.cli.say import Voice
from barograph.core.errors import InputError, SettingsError, SourceError
from barograph.core.payload import SeriesKey
from barograph.core.settings import Settings, load_settings
from barograph.core.time import HOUR, parse_moment
from barograph.features.base import Feature
from barograph.lake.lake import Lake
from barograph.lake.report import CleaningReport

if TYPE_CHECKING:
    from barograph.evaluation.walk_forward import Runner, Tell
    from barograph.ledger.forecasts import Entry
    from barograph.pipelines.evaluate import Span

SIZES = ("small", "medium", "large")
FITS = "fits"
"""Folder of remembered fits within the lake."""


def run(request: Request) -> None:
    """Ingest, walk forward, calibrate, forecast, report."""
    _walk("run", request, None, None, publish=True)


def evaluate(request: Request, preset: str | None, extension: Path | None) -> None:
    """Walk forward and score; nothing is published."""
    _walk("evaluate", request, preset, extension, publish=False)


def _walk(
    command: str, request: Request, preset: str | None, extension: Path | None, *, publish: bool
) -> None:
    from barograph.pipelines.run import Job
    from barograph.pipelines.run import run as do

    voice = Voice(as_json=request.as_json)
    settings, catalogue = settings_of(request, preset), catalogue_of(extension)
    check_windows(settings, catalogue)
    lake = Lake(request.lake)
    quality = fill(lake, request, settings, voice)
    with voice.progress() as tell:
        job = Job(command, settings, catalogue, span_of(request), request.out, quality, publish)
        done = do(lake, job, runner_of(request, lake, tell))
    voice.walked(done)


def train(request: Request, extension: Path | None) -> None:
    """Fit everything up to the last bar and remember the fits."""
    from barograph.pipelines.dataset import load
    from barograph.pipelines.experts import answers
    from barograph.pipelines.forecast import latest

    voice = Voice(as_json=request.as_json)
    settings, catalogue = settings_of(request, None), catalogue_of(extension)
    check_windows(settings, catalogue)
    lake = Lake(request.lake)
    fill(lake, request, settings, voice)
    made = []
    with voice.progress() as tell:
        for symbol in settings.symbols:
            dataset = load(lake, settings, symbol, catalogue)
            outputs = answers(dataset.panel, settings, runner_of(request, lake, tell))
            made.append(latest(dataset, settings, outputs))
    voice.trained(made, request.lake / FITS)


def forecast(request: Request, as_of: str | None, publish: bool) -> None:
    """Forecast from the last bar known, and publish it."""
    from barograph.core.time import now
    from barograph.ledger.forecasts import Ledger
    from barograph.pipelines.audit import ledger_folder
    from barograph.pipelines.forecast import forecast as make
    from barograph.pipelines.forecast import publication
    from barograph.pipelines.outcomes import mature

    voice = Voice(as_json=request.as_json)
    settings, catalogue = settings_of(request, None), catalogue_of(None)
    lake = Lake(request.lake)
    fill(lake, request, settings, voice)
    moment = None if as_of is None else parse_moment(as_of)
    with voice.progress() as tell:
        runner = runner_of(request, lake, tell)
        made = [
            make(lake, settings, symbol, catalogue, moment, None, runner)
            for symbol in settings.symbols
        ]
    entries: tuple[Entry, ...] = ()
    if publish:
        issued = now()
        entries = Ledger(ledger_folder(lake)).publish(
            [publication(lake, settings, catalogue, one, issued) for one in made]
        )
        mature(lake, issued)
    voice.forecasts(made, entries)


def audit(
    folder: Path, workers: int, as_json: bool, *, last: bool, sequence: int | None, every: bool
) -> None:
    """Verify the chain, rebuild forecasts."""
    from barograph.evaluation.walk_forward import Runner
    from barograph.ledger.audit import verify
    from barograph.pipelines.audit import choose, ledger_folder, rebuild

    voice = Voice(as_json=as_json)
    lake = Lake(folder, create=False)
    verified = verify(ledger_folder(lake))
    entries = choose(lake, last=last, sequence=sequence, every=every)
    with voice.progress() as tell:
        for entry in entries:
            # Nothing remembered is used: an audit makes everything again.
            rebuild(lake, entry, catalogue_of(None), Runner(workers, tell=tell))
    voice.audited(verified, entries)


def ingest(
    paths: list[Path],
    folder: Path,
    as_json: bool,
    *,
    venue: str | None,
    symbols: list[str] | None,
    interval: str | None,
) -> None:
    """Read files into the lake."""
    from barograph.pipelines.gather import from_files

    voice = Voice(as_json=as_json)
    key = None
    if venue is not None:
        if not symbols or len(symbols) != 1:
            raise InputError("--venue names one series; give one --symbol and an --interval too")
        key = SeriesKey("bars", venue, symbols[0], interval or "1h")
    with voice.listening() as listener:
        done = from_files(Lake(folder), paths, symbols, key, progress=listener)
    voice.ingested(done)


def data(
    folder: Path,
    as_json: bool,
    *,
    fetch: Path | None,
    symbols: list[str] | None,
    start: str | None,
    end: str | None,
) -> None:
    """Show the lake, or fetch history."""
    voice = Voice(as_json=as_json)
    if fetch is None:
        voice.lake(Lake(folder, create=False))
        return
    from barograph.pipelines.fetch import Plan, fetch_history
    from barograph.sources.http import web
    from barograph.sources.request import Manner

    asked: dict[str, object] = {}
    if symbols:
        asked["symbols"] = tuple(symbols)
    if start is not None:
        asked["start"] = parse_moment(start)
    if end is not None:
        asked["end"] = parse_moment(end)
    with voice.listening() as listener:
        files = fetch_history(fetch, web, Plan(**asked), manner=Manner(listener=listener))  # type: ignore[arg-type]
    voice.fetched(files)


def features(request: Request, extension: Path | None, *, build: bool) -> None:
    """List features, or build gold."""
    voice = Voice(as_json=request.as_json)
    catalogue = catalogue_of(extension)
    if not build:
        voice.features(catalogue)
        return
    from barograph.pipelines.dataset import keep_gold, load

    settings = settings_of(request, None)
    lake = Lake(request.lake, create=False)
    for symbol in settings.symbols:
        dataset = load(lake, settings, symbol, catalogue)
        voice.built(symbol, dataset.table, keep_gold(lake, dataset, catalogue))


def settings_of(request: Request, preset: str | None) -> Settings:
    """Run file of the request, with symbols and windows from the command line in it.

    Raises
    ------
    SettingsError
        If the size or preset is unknown or the run file makes no sense.
    """
    from barograph.evaluation.splits import PRESETS

    settings = load_settings(request.config or named(request.size))
    if request.symbols:
        settings = settings.model_copy(update={"symbols": tuple(request.symbols)})
    if preset is not None:
        if preset not in PRESETS:
            raise SettingsError(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
        settings = settings.model_copy(update={"walk_forward": PRESETS[preset]})
    return settings


def named(size: str) -> Path:
    """Path of a run file by its name: in the package, or in the project beside it."""
    if size not in SIZES:
        raise SettingsError(f"unknown size {size!r}; known: {', '.join(SIZES)}")
    here = Path(__file__).resolve()
    places = (here.parents[1] / "config", here.parents[3] / "config")
    return next((place / f"{size}.yaml" for place in places if place.is_dir()), places[0])


def catalogue_of(extension: Path | None) -> Mapping[str, Feature]:
    """Every declared feature, and the user's own."""
    from barograph.features.catalogue import features as declared

    if extension is None:
        return declared()
    from barograph.features.extension import extended

    return extended(declared(), extension)


def check_windows(settings: Settings, catalogue: Mapping[str, Feature]) -> None:
    """Refuse windows that cannot work, before anything is read."""
    from barograph.evaluation.splits import check_window

    finite = [f.lookback for f in catalogue.values() if f.tolerance == 0.0]
    check_window(settings.walk_forward, max(finite, default=1))


def span_of(request: Request) -> "Span":
    """Origins to report; a date as the end means the whole day."""
    from barograph.pipelines.evaluate import Span

    start = None if request.start is None else parse_moment(request.start)
    end = None if request.end is None else parse_moment(request.end)
    if end is not None:
        whole_day = request.end is not None and len(request.end.strip()) == len("2025-06-30")
        end += 24 * HOUR if whole_day else HOUR
    if start is not None and end is not None and start >= end:
        raise InputError(f"--start {request.start} is not before --end {request.end}")
    return Span(start, end)


def runner_of(request: Request, lake: Lake, tell: "Tell") -> "Runner":
    """How the work is run: processes, remembered fits, progress."""
    from barograph.evaluation.walk_forward import Runner
    from barograph.pipelines.memory import Memory

    return Runner(request.workers, Memory(lake.root / FITS), tell)


def fill(
    lake: Lake, request: Request, settings: Settings, voice: Voice
) -> tuple[CleaningReport, ...]:
    """Bring the lake up to date: from the folder named, else the exchanges, else simulated.

    Returns
    -------
    reports : tuple of CleaningReport
        What cleaning found.
    """
    from barograph.pipelines.gather import (
        from_exchanges,
        from_files,
        from_simulation,
        holds,
        wanted,
    )

    symbols = wanted(settings)
    with voice.listening() as listener:
        if request.data is not None:
            done = from_files(lake, [request.data], symbols, progress=listener)
        elif os.environ.get("BAROGRAPH_OFFLINE"):
            done = None
        else:
            try:
                done = from_exchanges(lake, symbols, listener)
            except SourceError as error:
                voice.warn(f"no exchange answered ({error})")
                done = None
        if done is None and not holds(lake, settings.symbols):
            voice.warn("no data and no network: using a SIMULATED market")
            done = from_simulation(lake, symbols, settings.seed, progress=listener)
    if done is not None:
        voice.ingested(done)
    return done.reports if done is not None else ()
