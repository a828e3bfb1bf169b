"""The pair's raw bars into clean ones, with a trace of every row and file."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.hashing import digest
from barograph.core.time import Clock, now
from barograph.lake.cleaning import Cleaned
from barograph.lake.report import CleaningReport, Gap
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.prepare import CLEAN, RAW, How, calendar, cleaned, paired
from barograph.pair.workspace import FORMAT, PAIR, SYMBOLS, Workspace, as_csv, read_json, read_table

TRACE: Final = "pair_map.json"
ORIGINS: Final = "download.json"
"""Written beside the raw bars: where they came from."""


def raw_stem(place: Workspace, symbol: str) -> Path:
    """``data/raw/btc_1h_all``, to which ``.csv`` or ``.parquet`` is added."""
    return place.raw / f"{symbol.lower()}_1h_all"


def clean_stem(place: Workspace, symbol: str) -> Path:
    """``data/clean/btc_1h_clean``."""
    return place.clean / f"{symbol.lower()}_1h_clean"


def prepare(place: Workspace, heart: Heartbeat, clock: Clock = now) -> dict[str, Any]:
    """Clean both legs and trace what became of each row.

    Writes ``btc_1h_clean`` and ``eth_1h_clean`` as CSV and Parquet, ``btc_1h_refused.csv`` and
    ``eth_1h_refused.csv``, and last of all ``pair_map.json``: where it is, the rest is whole.

    Parameters
    ----------
    place : Workspace
        With ``data/raw``.
    heart : Heartbeat
        Told how it is getting on.
    clock : Clock
        The present.

    Returns
    -------
    trace : dict
        What ``pair_map.json`` holds.

    Raises
    ------
    InputError
        If raw bars are missing, damaged, or their CSV and Parquet differ.
    NotEnoughDataError
        If a leg has no usable bar, or the legs have no hour in common.
    LakeError
        If another run holds the workspace, or the disk says no.
    """
    with place.held():
        return prepare_held(place, heart, clock)


def prepare_held(place: Workspace, heart: Heartbeat, clock: Clock = now) -> dict[str, Any]:
    """As ``prepare``, for a run that holds the workspace already."""
    origins = _origins(place)
    legs: dict[str, pl.DataFrame] = {}
    traces: dict[str, dict[str, Any]] = {}
    with heart.stage("prepare") as stage:
        (place.clean / TRACE).unlink(missing_ok=True)
        for count, symbol in enumerate(SYMBOLS, start=1):
            raw, file, batch = _raw(place, symbol)
            origin = origins.get(symbol, {})
            made = cleaned(raw, symbol, str(origin.get("venue", "file")), batch)
            if made.silver.is_empty():
                raise NotEnoughDataError(
                    f"{file} has no usable bar: {dict(made.report.reasons)}; download anew"
                )
            legs[symbol] = made.silver.select(list(CLEAN))
            traces[symbol] = _trace(place, symbol, origin, file, batch, made)
            stage.beat(count / len(SYMBOLS), symbol=symbol, rows=raw.height)
        trace = {
            "format": FORMAT,
            "pair": PAIR,
            "prepared_at": clock().isoformat(),
            "simulated": any(bool(one["source"].get("simulated")) for one in traces.values()),
            "legs": traces,
            "calendar": _plain(calendar(legs)),
        }
        place.write_json(place.clean / TRACE, trace)
    return trace


def load(place: Workspace, how: How = "inner") -> tuple[pl.DataFrame, dict[str, Any]]:
    """Both prepared legs side by side, and their trace.

    Parameters
    ----------
    place : Workspace
        Prepared.
    how : str
        ``inner`` or ``outer``; see :func:`barograph.pair.prepare.paired`.

    Raises
    ------
    InputError
        If the workspace is not prepared, or a file is not the one that was.
    """
    file = place.clean / TRACE
    if not file.is_file():
        raise InputError(f"{place.root} is not prepared; run `barograph pair prepare` first")
    trace: dict[str, Any] = read_json(file)
    legs = {}
    for symbol in SYMBOLS:
        path = clean_stem(place, symbol).with_suffix(".parquet")
        wanted = trace["legs"][symbol]["files"][path.name]
        if not path.is_file() or digest(path.read_bytes()) != wanted:
            raise InputError(f"{path} is not what was prepared; run `barograph pair prepare` again")
        legs[symbol] = read_table(path, CLEAN)
    return paired(legs, how), trace


def lines(trace: dict[str, Any]) -> tuple[str, ...]:
    """A trace in words."""
    said = [account(trace["legs"][symbol]).lines() for symbol in SYMBOLS]
    days = trace["calendar"]
    mark = "SIMULATED bars. " if trace["simulated"] else ""
    both = (
        f"{mark}{days['hours_both']:,} hours of both legs, {days['first_common'][:16]} to "
        f"{days['last_common'][:16]} UTC; BTC alone {days['hours_btc_only']:,}, "
        f"ETH alone {days['hours_eth_only']:,}, neither {days['hours_neither']:,}"
    )
    changed = [
        f"  {symbol}: the raw file is not the one that was downloaded"
        for symbol in SYMBOLS
        if trace["legs"][symbol]["source"]["changed_since"]
    ]
    return (*said[0], *said[1], *changed, both)


def account(leg: dict[str, Any]) -> CleaningReport:
    """Cleaning report of a leg of a trace."""
    rows = leg["rows"]
    gaps = tuple(
        Gap(datetime.fromisoformat(start), datetime.fromisoformat(end), bars)
        for start, end, bars in leg["gaps"]
    )
    return CleaningReport(
        leg["series"], rows["read"], rows["kept"], rows["duplicates"], rows["quarantined"],
        rows["flagged"], leg["reasons"], gaps,
    )  # fmt: skip


def _origins(place: Workspace) -> dict[str, dict[str, Any]]:
    """Where raw bars came from; nothing where somebody put them there himself."""
    file = place.raw / ORIGINS
    if not file.is_file():
        return {}
    found: dict[str, dict[str, Any]] = read_json(file)["legs"]
    return found


def _raw(place: Workspace, symbol: str) -> tuple[pl.DataFrame, Path, str]:
    """Raw bars of a leg, the file they are from, and its hash."""
    stem = raw_stem(place, symbol)
    there = [
        path for path in (stem.with_suffix(".parquet"), stem.with_suffix(".csv")) if path.is_file()
    ]
    if not there:
        raise InputError(
            f"no {stem.name}.parquet or .csv in {place.raw}; run `barograph pair download` first"
        )
    tables = [read_table(path, RAW) for path in there]
    if len(tables) == 2 and not tables[0].equals(tables[1]):
        raise InputError(
            f"{there[0].name} and {there[1].name} in {place.raw} hold different bars; remove the "
            "one that is wrong, or download anew"
        )
    return tables[0], there[0], digest(there[0].read_bytes())


def _trace(
    place: Workspace, symbol: str, origin: dict[str, Any], file: Path, batch: str, made: Cleaned
) -> dict[str, Any]:
    """Write a leg, and say what was done."""
    told = {"changed_since": batch not in origin.get("written", {}).values()}
    files = place.write_table(clean_stem(place, symbol), made.silver.select(list(CLEAN)))
    refused = place.clean / f"{symbol.lower()}_1h_refused.csv"
    files[refused.name] = place.write(refused, as_refused(made.quarantine))
    report = made.report
    return {
        "series": report.series,
        "source": {**origin, **told},
        "raw": {"file": file.name, "sha256": batch},
        "files": files,
        "rows": {
            "read": report.read,
            "kept": report.silver,
            "duplicates": report.duplicates,
            "quarantined": report.quarantined,
            "flagged": report.flagged,
        },
        "reasons": dict(report.reasons),
        "first": made.silver["open_time"].min().isoformat(),  # type: ignore[union-attr]
        "last": made.silver["open_time"].max().isoformat(),  # type: ignore[union-attr]
        "missing": report.missing,
        "gaps": [[gap.start.isoformat(), gap.end.isoformat(), gap.bars] for gap in report.gaps],
    }


def as_refused(quarantine: pl.DataFrame) -> bytes:
    """Refused rows as CSV, their reason first."""
    return as_csv(quarantine.select("reason", "row", *BAR_NAMES, "ingested_at"))


BAR_NAMES: Final = tuple("open_time" if name == "ts" else name for name in list(RAW)[:-2])


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
