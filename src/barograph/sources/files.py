"""Files on disk as payloads: found, named, their layout stated, nothing parsed yet.

1. A file is taken as it is. A folder with ``bars/`` in it is a data folder of our own: its bars and
   the funding rates in ``derivatives/`` are taken; ``raw/`` holds the same bars once more and is
   left out (name it to have it). Any other folder is searched to its depths.
2. The name says which series it is (``names.key_of``), unless a key is passed.
3. The content says which layout it is in, and perhaps its symbol, which must be the same one.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from barograph.core.errors import InputError
from barograph.core.payload import Payload, SeriesKey
from barograph.sources import catalogue, csv_text, names, parquet
from barograph.sources.unpack import unpack

LOG: Final = logging.getLogger(__name__)
SYMBOL_COLUMNS: Final = ("symbol", "ticker", "pair")
SOURCE: Final = "file"


def payloads(
    where: Path,
    symbols: Collection[str] | None = None,
    intervals: Collection[str] | None = None,
    key: SeriesKey | None = None,
) -> Iterator[Payload]:
    """Payloads of a file or a folder, in the order of their paths, read one at a time.

    Parameters
    ----------
    where : Path
        A file or a folder.
    symbols : collection of str, optional
        Only these (``BTCUSDT``); funding rates of these come along. All when None.
    intervals : collection of str, optional
        Only bars of these intervals. All when None.
    key : SeriesKey, optional
        The series of a single file, whatever its name says.

    Raises
    ------
    InputError
        If there is nothing to read, or a file is empty, of another symbol than its name or
        ``symbols`` say, or has a name that says too little; while iterating for a file's content.
    LayoutError
        While iterating: if a file is damaged or in no known layout.
    """
    wanted = None if symbols is None else {names.plain_symbol(symbol) for symbol in symbols}
    if where.is_file():
        found = [(where, key or _key(where))]
        if wanted is not None and base_symbol(found[0][1]) not in wanted:
            raise InputError(
                f"{where} holds {base_symbol(found[0][1])}, asked for {', '.join(sorted(wanted))};"
                " ask for the symbol it holds or name another file"
            )
        return _read_all(found)
    if key is not None:
        raise InputError(f"{where} is no file: a key names one file, a folder's files name theirs")
    found = list(_named_files(where))
    kept = [(path, key) for path, key in found if _is_wanted(key, wanted, intervals)]
    has_bars = any(key.kind == "bars" for _, key in kept)
    if not kept or (wanted is not None and not has_bars):
        raise InputError(_nothing(where, found, symbols, intervals))
    return _read_all(kept)


def payload(path: Path, key: SeriesKey | None = None) -> Payload:
    """One file as a payload.

    Raises
    ------
    InputError, LayoutError
        As in ``payloads``.
    """
    key = key or _key(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    layout = catalogue.detect(content, str(path))
    if layout.kind != key.kind:
        raise InputError(
            f"{path} is named as {key.kind} but holds {layout.kind} ({layout.name}); rename it"
        )
    _check_symbol(path, symbols_in(unpack(content, str(path))), base_symbol(key))
    LOG.info("%s: layout %s, series %s", path, layout.name, key.name)
    return Payload(key, SOURCE, path.name, layout.name, content)


def symbols_in(content: bytes) -> frozenset[str]:
    """Symbols the content itself names, in a column of its own; empty where it names none."""
    columns = parquet.columns(content)
    if columns:
        held = [name for name in columns if name.lower() in SYMBOL_COLUMNS]
        table = parquet.table(content) if held else pl.DataFrame()
    else:
        header = csv_text.header(content)
        held = [name for name in header if name in SYMBOL_COLUMNS]
        table = csv_text.table(csv_text.lines(content)[1:], header) if held else pl.DataFrame()
    if not held:
        return frozenset()
    cells = table[held[0]].cast(pl.String).drop_nulls().unique().to_list()
    return frozenset(names.plain_symbol(cell) for cell in cells if names.plain_symbol(cell))


def base_symbol(key: SeriesKey) -> str:
    """Traded symbol of a series: that of the bars, or of what is observed."""
    return key.symbol.removeprefix("funding_rate_")


def _key(path: Path) -> SeriesKey:
    key = names.key_of(path.name)
    if key is None:
        raise InputError(
            f"the name {path.name!r} does not say which series it holds;"
            " name it venue_SYMBOL_interval (binance_spot_BTCUSDT_1h) or pass its key"
        )
    return key


def _named_files(folder: Path) -> Iterator[tuple[Path, SeriesKey]]:
    if not folder.is_dir():
        raise InputError(f"{folder} is neither a file nor a folder; name one that exists")
    if (folder / "bars").is_dir():
        paths = [*_files(folder / "bars"), *_files(folder / "derivatives", "*_funding_*")]
    else:
        paths = _files(folder)
    for path in paths:
        key = names.key_of(path.name)
        if key is None:
            LOG.warning("%s left out: its name does not say which series it holds", path)
        else:
            yield path, key


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(
        path
        for path in folder.rglob(pattern)
        if path.suffix.lower() in names.SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _is_wanted(
    key: SeriesKey, symbols: Collection[str] | None, intervals: Collection[str] | None
) -> bool:
    right_interval = intervals is None or key.kind != "bars" or key.interval in intervals
    return right_interval and (symbols is None or base_symbol(key) in symbols)


def _nothing(
    where: Path,
    found: Sequence[tuple[Path, SeriesKey]],
    symbols: Collection[str] | None,
    intervals: Collection[str] | None,
) -> str:
    held = sorted({key.name for _, key in found if key.kind == "bars"})
    asked = " ".join(part for part in (_said(symbols), _said(intervals)) if part) or "any symbol"
    there = ", ".join(held[:8]) or "no file named venue_SYMBOL_interval"
    more = f" and {len(held) - 8} more" if len(held) > 8 else ""
    return f"{where} holds no bars of {asked}; it holds {there}{more}"


def _said(wanted: Collection[str] | None) -> str:
    return "" if wanted is None else ", ".join(sorted(wanted))


def _check_symbol(path: Path, held: Collection[str], wanted: str) -> None:
    others = sorted(set(held) - {wanted})
    if others:
        raise InputError(
            f"{path} holds {', '.join(others[:3])} where {wanted} was asked for;"
            " rename the file after what it holds"
        )


def _read_all(found: Sequence[tuple[Path, SeriesKey]]) -> Iterator[Payload]:
    for path, key in found:
        yield payload(path, key)
