"""What the command line and the Python interface ask for, made into a run."""

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from barograph.core.errors import InputError, SettingsError, SourceError
from barograph.core.progress import Listener, silent
from barograph.core.settings import Settings, load_settings
from barograph.core.time import HOUR, now, parse_moment
from barograph.evaluation.splits import PRESETS, check_window
from barograph.evaluation.walk_forward import Runner, Tell, say_nothing
from barograph.features.availability import require_available
from barograph.features.base import Feature
from barograph.features.catalogue import features as declared
from barograph.features.extension import extended, own
from barograph.lake.lake import Lake
from barograph.models.barograph import FLAGSHIP
from barograph.models.catalogue import pick, recipes
from barograph.pipelines.evaluate import Span
from barograph.pipelines.gather import (
    age,
    from_exchanges,
    from_files,
    from_simulation,
    holds,
    online,
    wanted,
)
from barograph.pipelines.ingest import Ingested
from barograph.pipelines.memory import Memory
from barograph.sources.fallback import Switch
from barograph.sources.names import plain_symbol

SIZES: Final = ("small", "medium", "large")
FITS: Final = "fits"
"""Folder of remembered fits within the lake."""

OLD: Final = timedelta(hours=2)
"""Age of the last bar from which a forecast is no longer of the present."""

DAY: Final = len("2025-06-30")


@dataclass(frozen=True, slots=True)
class Source:
    """Where bars come from, and who is told what.

    Attributes
    ----------
    data : Path or None
        Folder or file to ingest; the exchanges where None.
    fresh : bool
        Whether bars up to the present are wanted where the lake has some already.
    listener : Listener
        Told how ingest is getting on.
    warn : Callable[[str], None]
        Told in a sentence what the user must know.
    """

    data: Path | None
    fresh: bool = True
    listener: Listener = silent
    warn: Callable[[str], None] = print


def settings_of(
    size: str = "small",
    config: Path | None = None,
    symbols: Sequence[str] | None = None,
    preset: str | None = None,
) -> Settings:
    """Run file, with symbols and windows asked for in it.

    Raises
    ------
    SettingsError
        If the size, the preset or a model is unknown, or the run file makes no sense.
    """
    settings = load_settings(config or named(size))
    if symbols:
        settings = settings.model_copy(update={"symbols": plain(symbols)})
    if preset is not None:
        known(preset, tuple(PRESETS), "preset")
        settings = settings.model_copy(update={"walk_forward": PRESETS[preset]})
    pick(settings.models)
    if not set(FLAGSHIP.experts) & set(settings.models):
        raise SettingsError(
            f"models are {', '.join(settings.models)}, but {FLAGSHIP.name} pools "
            f"{' and '.join(FLAGSHIP.experts)}; add {FLAGSHIP.experts[0]}"
        )
    return settings


def plain(symbols: Sequence[str]) -> tuple[str, ...]:
    """Symbols as the lake names them: ``btc/usdt`` is BTCUSDT; each once."""
    return tuple(dict.fromkeys(plain_symbol(symbol) for symbol in symbols))


def named(size: str) -> Path:
    """Path of a run file by its name: in the package, or in the project beside it."""
    known(size, SIZES, "size")
    here = Path(__file__).resolve()
    places = (here.parents[1] / "config", here.parents[3] / "config")
    return next((place / f"{size}.yaml" for place in places if place.is_dir()), places[0])


def known(name: str, names: Sequence[str], what: str) -> None:
    """Refuse a name that is none of those known, with the nearest one.

    Raises
    ------
    SettingsError
        Naming what is known.
    """
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SettingsError(f"unknown {what} {name!r}; {hint}known: {', '.join(names)}")


def catalogue_of(extension: Path | None = None) -> Mapping[str, Feature]:
    """Every declared feature, and the user's own."""
    return declared() if extension is None else extended(declared(), extension)


def check_features(settings: Settings, catalogue: Mapping[str, Feature]) -> None:
    """Refuse features of the user's own that nothing would read, or that are known too late.

    Raises
    ------
    SettingsError
        If no model of the run reads such features.
    LeakError
        If one is known only after ``as_of``.
    """
    added = own(catalogue)
    if added and not any(hasattr(recipe, "extra") for recipe in pick(settings.models)):
        readers = [name for name, recipe in recipes().items() if hasattr(recipe, "extra")]
        raise SettingsError(
            f"no model of the run reads {', '.join(added)}; "
            f"take --size medium, or add {readers[0]} to models"
        )
    require_available(added)


def check_windows(
    settings: Settings, catalogue: Mapping[str, Feature], preset: str | None = None
) -> None:
    """Refuse windows that cannot work, before anything is read.

    A preset asked for by name is as it should be: its features look back into what came before
    its windows. The same windows written into a run file are refused.

    Raises
    ------
    SettingsError
        Naming the nearest window that would work.
    """
    if preset is not None:
        return
    finite = [f.lookback for f in catalogue.values() if f.tolerance == 0.0]
    check_window(settings.walk_forward, max(finite, default=1))


def span_of(start: str | None, end: str | None) -> Span:
    """Origins to report, the end included; a date as the end means the whole day.

    Raises
    ------
    InputError
        If one is no date, or they are not in order.
    """
    first = None if start is None else parse_moment(start)
    last = None if end is None else parse_moment(end)
    if last is not None and end is not None:
        last += 24 * HOUR if len(end.strip()) == DAY else HOUR
    if first is not None and last is not None and first >= last:
        raise InputError(f"--start {start} is not before --end {end}; exchange them")
    return Span(first, last)


def origin_of(as_of: str | None, present: datetime) -> datetime | None:
    """Moment a forecast is made from; None for the last bar.

    Raises
    ------
    InputError
        If it is no date, or still to come.
    """
    if as_of is None:
        return None
    moment = parse_moment(as_of)
    if moment > present:
        raise InputError(
            f"--as-of {as_of} is still to come; name a moment before {present:%Y-%m-%dT%H:%M}"
        )
    return moment


def runner_of(lake: Lake, workers: int, tell: Tell = say_nothing) -> Runner:
    """How the work is run: processes, remembered fits, progress."""
    return Runner(workers, Memory(lake.root / FITS), tell)


def fill(lake: Lake, settings: Settings, source: Source) -> Ingested | None:
    """Bring the lake up to date: from the folder named, else the exchanges, else simulated.

    Returns
    -------
    done : Ingested or None
        What came in; None where nothing was asked for or nobody answered.

    Raises
    ------
    InputError
        If the folder named holds no bars of the symbols.
    """
    if source.data is not None:
        return from_files(lake, [source.data], wanted(settings), progress=source.listener)
    done = None
    if source.fresh or not holds(lake, settings.symbols, real=True):
        done = _ask(lake, settings, source)
        if done is None and not lake.series("bars"):
            source.warn("no data and no network: using a SIMULATED market")
            done = from_simulation(lake, wanted(settings), settings.seed, progress=source.listener)
    _say_state(lake, settings, source)
    return done


def _ask(lake: Lake, settings: Settings, source: Source) -> Ingested | None:
    """Ask the exchanges, for the symbols first; a peer that nobody has is left out."""
    if os.environ.get("BAROGRAPH_OFFLINE"):
        return None
    if not online():
        source.warn("no exchange can be reached")
        return None
    done: Ingested | None = None
    for symbol in wanted(settings):
        switches: list[Switch] = []
        try:
            came = from_exchanges(lake, [symbol], source.listener, on_switch=switches.append)
        except SourceError:
            first = switches[0].reason if switches else "no reason given"
            source.warn(f"no exchange gave bars of {symbol}, the first because: {first}")
            if symbol in settings.symbols:
                return done
            continue
        if switches:
            source.warn(
                f"{', '.join(one.failed for one in switches)} failed for {symbol} "
                f"({switches[0].reason}); bars come from {switches[-1].next}"
            )
        done = came if done is None else _both(done, came)
    return done


def _both(one: Ingested, other: Ingested) -> Ingested:
    return Ingested(one.new + other.new, one.known + other.known, (*one.reports, *other.reports))


def _say_state(lake: Lake, settings: Settings, source: Source) -> None:
    """Say where bars are simulated, and where the last one is not of the present."""
    for symbol in settings.symbols:
        if holds(lake, [symbol]) and not holds(lake, [symbol], real=True):
            source.warn(f"the bars of {symbol} are of a SIMULATED market")
        passed = age(lake, symbol, now())
        if source.fresh and passed is not None and passed >= OLD:
            days = passed / timedelta(days=1)
            ago = f"{days:.0f} days" if days >= 2 else f"{passed / HOUR:.0f} hours"
            source.warn(f"the last bar of {symbol} in the lake is {ago} old")
