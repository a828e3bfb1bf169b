"""What each command does: read the request, call a pipeline, say what came of it."""

from collections.abc import Mapping
from pathlib import Path

from barograph.cli.options import Request
from barograph.cli.say import Voice
from barograph.core.errors import InputError
from barograph.core.payload import SeriesKey
from barograph.core.settings import Settings
from barograph.core.time import interval_length, now, parse_moment
from barograph.features.base import Feature
from barograph.lake.lake import Lake


def run(request: Request, extension: Path | None) -> None:
    """Ingest, walk forward, calibrate, forecast, report."""
    _walk("run", request, None, extension)


def evaluate(request: Request, preset: str | None, extension: Path | None) -> None:
    """Walk forward and score what the lake holds; nothing is published."""
    _walk("evaluate", request, preset, extension)


def _walk(command: str, request: Request, preset: str | None, extension: Path | None) -> None:
    from barograph.pipelines.prepare import runner_of, span_of
    from barograph.pipelines.publish import check_folder
    from barograph.pipelines.run import Job
    from barograph.pipelines.run import run as do

    voice = Voice(as_json=request.as_json)
    publish = command == "run"
    span = span_of(request.start, request.end)
    settings, catalogue = _agreed(request, preset, extension)
    check_folder(request.out)
    lake = Lake(request.lake)
    _filled(lake, request, settings, voice, fresh=publish)
    with voice.progress() as tell:
        job = Job(command, settings, catalogue, span, request.out, publish)
        done = do(lake, job, runner_of(lake, request.workers, tell))
    voice.walked(done)


def train(request: Request, extension: Path | None) -> None:
    """Fit everything up to the last bar and remember the fits."""
    from barograph.pipelines.dataset import load
    from barograph.pipelines.experts import answers
    from barograph.pipelines.forecast import latest
    from barograph.pipelines.prepare import FITS, runner_of

    voice = Voice(as_json=request.as_json)
    settings, catalogue = _agreed(request, None, extension)
    lake = Lake(request.lake)
    _filled(lake, request, settings, voice, fresh=True)
    made = []
    with voice.progress() as tell:
        for symbol in settings.symbols:
            dataset = load(lake, settings, symbol, catalogue)
            outputs = answers(dataset.panel, settings, runner_of(lake, request.workers, tell))
            made.append(latest(dataset, settings, outputs))
    voice.trained(made, lake.root / FITS)


def forecast(request: Request, as_of: str | None, extension: Path | None, publish: bool) -> None:
    """Forecast from the last bar known, and publish it."""
    from barograph.pipelines.forecast import forecast as make
    from barograph.pipelines.outcomes import issue
    from barograph.pipelines.prepare import origin_of, runner_of

    voice = Voice(as_json=request.as_json)
    moment = origin_of(as_of, now())
    settings, catalogue = _agreed(request, None, extension)
    lake = Lake(request.lake)
    _filled(lake, request, settings, voice, fresh=moment is None)
    with voice.progress() as tell:
        runner = runner_of(lake, request.workers, tell)
        made = [
            make(lake, settings, symbol, catalogue, moment, None, runner)
            for symbol in settings.symbols
        ]
    entries = issue(lake, settings, catalogue, made, now()) if publish else ()
    voice.forecasts(made, entries)


def audit(
    folder: Path,
    workers: int,
    as_json: bool,
    extension: Path | None,
    *,
    last: bool,
    sequence: int | None,
    every: bool,
) -> None:
    """Verify the chain, rebuild forecasts."""
    from barograph.evaluation.walk_forward import Runner
    from barograph.pipelines.audit import audit as check
    from barograph.pipelines.audit import choose
    from barograph.pipelines.prepare import catalogue_of

    voice = Voice(as_json=as_json)
    lake = Lake(folder, create=False)
    with voice.progress() as tell:
        # Nothing remembered is used: an audit makes everything again.
        verified, entries = check(
            lake,
            lambda: choose(lake, last=last, sequence=sequence, every=every),
            catalogue_of(extension),
            Runner(workers, tell=tell),
        )
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
    from barograph.pipelines.ingest import require_sound

    voice = Voice(as_json=as_json)
    key = series_named(venue, symbols, interval)
    with voice.listening() as listener:
        done = from_files(Lake(folder), paths, symbols, key, progress=listener)
    voice.ingested(done, is_result=True)
    require_sound(done)


def series_named(
    venue: str | None, symbols: list[str] | None, interval: str | None
) -> SeriesKey | None:
    """Series of a file whose name does not say it; None where its name does.

    Raises
    ------
    InputError
        If not all three are told, or one of them cannot be.
    """
    from barograph.lake.lake import SAFE_NAME
    from barograph.sources.names import plain_symbol

    if venue is None and interval is None:
        return None
    if venue is None or not symbols or len(symbols) != 1:
        raise InputError("--venue, --symbol and --interval name one series; give all three")
    interval_length(interval or "1h")
    if not SAFE_NAME.fullmatch(venue):
        raise InputError(f"{venue!r} cannot name a venue; wanted letters, digits and _ only")
    return SeriesKey("bars", venue, plain_symbol(symbols[0]), interval or "1h")


def data(
    folder: Path,
    as_json: bool,
    *,
    fetch: Path | None,
    symbols: list[str] | None,
    intervals: list[str] | None,
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
    if intervals:
        for interval in intervals:
            interval_length(interval)
        asked["intervals"] = tuple(dict.fromkeys(intervals))
    if start is not None:
        asked["start"] = parse_moment(start)
    if end is not None:
        asked["end"] = parse_moment(end)
    with voice.listening() as listener, web() as get:
        plan = Plan(**asked)  # type: ignore[arg-type]
        files = fetch_history(fetch, get, plan, manner=Manner(listener=listener))
    voice.fetched(files)


def features(request: Request, extension: Path | None, *, build: bool) -> None:
    """List features, or build gold."""
    from barograph.pipelines.prepare import catalogue_of

    voice = Voice(as_json=request.as_json)
    catalogue = catalogue_of(extension)
    if not build:
        voice.features(catalogue)
        return
    from barograph.pipelines.dataset import keep_gold, load
    from barograph.pipelines.prepare import settings_of

    settings = settings_of(request.size, request.config, request.symbols)
    lake = Lake(request.lake, create=False)
    built = []
    for symbol in settings.symbols:
        dataset = load(lake, settings, symbol, catalogue)
        built.append((dataset, keep_gold(lake, dataset, catalogue)))
    voice.built(built)


def _agreed(
    request: Request, preset: str | None, extension: Path | None
) -> tuple[Settings, Mapping[str, Feature]]:
    """Run file and features of the request, refused where they cannot work together."""
    from barograph.pipelines.prepare import catalogue_of, check_features, check_windows, settings_of

    settings = settings_of(request.size, request.config, request.symbols, preset)
    catalogue = catalogue_of(extension)
    check_features(settings, catalogue)
    check_windows(settings, catalogue, preset)
    return settings, catalogue


def _filled(lake: Lake, request: Request, settings: Settings, voice: Voice, *, fresh: bool) -> None:
    """Bring the lake up to date and say what came in."""
    from barograph.pipelines.ingest import require_sound
    from barograph.pipelines.prepare import Source, fill

    with voice.listening() as listener:
        done = fill(lake, settings, Source(request.data, fresh, listener, voice.warn))
    if done is not None:
        voice.ingested(done)
        if request.data is not None:
            require_sound(done)
