"""A serving folder made ready: for a replay, what was known at its beginning and nothing later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from barograph.core.columns import BAR_VALUES
from barograph.core.errors import InputError, LakeError, NotEnoughDataError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.progress import Listener, silent
from barograph.lake.lake import Lake, silver_table
from barograph.live.rooms import LAKE
from barograph.pipelines.ingest import ingest
from barograph.sources.catalogue import layouts

MARKET: Final = "market.json"
"""Says which market a serving folder belongs to."""
MARKETS: Final = {
    "recorded": "a recorded market",
    "invented": "an invented market",
    "live": "a live market",
}
BEFORE_THE_END: Final = timedelta(days=30)
VENUE: Final = "binance_spot"


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded market, and where it is taken up.

    Attributes
    ----------
    source : Lake
        What is replayed.
    symbols, intervals : tuple of str
        Whose bars.
    begin : datetime or None
        Where to begin; None for 30 days before the end. A serving folder that has bars already is
        gone on with behind them.
    """

    source: Lake
    symbols: tuple[str, ...]
    intervals: tuple[str, ...]
    begin: datetime | None = None


def claim(serving: Path, kind: str) -> None:
    """Mark a serving folder as one market's; a folder of another market is refused.

    Raises
    ------
    InputError
        If it belongs to another kind of market: prices must not mix.
    LakeError
        If it cannot be written.
    """
    path = serving / MARKET
    try:
        serving.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(orjson.dumps({"kind": kind}))
        held = orjson.loads(path.read_bytes()).get("kind")
    except (OSError, orjson.JSONDecodeError, AttributeError) as error:
        raise LakeError(f"cannot use {serving}: {error}; name another --serving") from error
    if held != kind:
        raise InputError(
            f"{serving} holds {MARKETS.get(held, held)}, and this is {MARKETS.get(kind, kind)}; "
            f"name another folder with --serving, or delete {serving} to begin anew"
        )


def seed(serving: Path, replay: Replay, tell: Listener = silent) -> datetime:
    """Give a serving folder what was known at the beginning of a replay; return where it begins.

    Raises
    ------
    InputError
        If the beginning lies outside of the recording, or before what the folder has seen.
    LakeError
        If a lake cannot be read or written.
    """
    first, last = span(replay)
    own = Lake(serving / LAKE)
    held = end_of(own, replay)
    if held is not None:
        return _go_on(serving, replay, held, last)
    begin = last - BEFORE_THE_END if replay.begin is None else replay.begin
    if not first < begin < last:
        raise InputError(
            f"--from {begin:%Y-%m-%d %H:%M} is outside of the recording, "
            f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        )
    payloads = [payload for key in keys(replay) if (payload := known_at(replay.source, key, begin))]
    ingest(own, payloads, layouts(), lambda: begin, tell)
    return begin


def span(replay: Replay) -> tuple[datetime, datetime]:
    """First and last close of the hours all symbols have.

    Raises
    ------
    NotEnoughDataError
        If a symbol has no hourly bars.
    """
    firsts, lasts = [], []
    for symbol in replay.symbols:
        ends = _ends(replay.source, SeriesKey("bars", VENUE, symbol, "1h"))
        if ends is None:
            raise NotEnoughDataError(
                f"no hourly bars of {symbol} from {VENUE} in {replay.source.root}; name a --data "
                "folder or a --lake that has them"
            )
        firsts.append(ends[0])
        lasts.append(ends[1])
    return max(firsts), max(lasts)


def keys(replay: Replay) -> list[SeriesKey]:
    """Series of the recording that are served, and the funding rates beside them."""
    bars = [
        SeriesKey("bars", VENUE, symbol, interval)
        for symbol in replay.symbols
        for interval in replay.intervals
    ]
    wanted = {f"funding_rate_{symbol}" for symbol in replay.symbols}
    beside = [key for key in replay.source.series("observations") if key.symbol in wanted]
    return [key for key in (*bars, *beside) if replay.source.exists(silver_table(key))]


def known_at(source: Lake, key: SeriesKey, moment: datetime) -> Payload | None:
    """A series as it was known at a moment, as a file of our own; None where nothing was."""
    known = pl.col("available_at") <= moment
    rows = source.read(silver_table(key), None, None, known)
    if rows.is_empty():
        return None
    if key.kind == "bars":
        table, layout = rows.select(*BAR_VALUES).sort("open_time"), "bars_parquet"
    else:
        newest = rows.sort("event_time", "revision").group_by("event_time", maintain_order=True)
        table = newest.last().select(ts="event_time", funding_rate="value")
        layout = "observations_parquet"
    buffer = BytesIO()
    table.write_parquet(buffer)
    name = f"{key.name} as of {moment:%Y-%m-%dT%H:%M}"
    return Payload(key, f"lake:{source.root.name}", name, layout, buffer.getvalue())


def end_of(lake: Lake, replay: Replay) -> datetime | None:
    """Close of the last hour a lake has of any of the symbols; None where it has none."""
    found = [_ends(lake, SeriesKey("bars", VENUE, symbol, "1h")) for symbol in replay.symbols]
    ends = [each[1] for each in found if each is not None]
    return max(ends) if ends else None


def _go_on(serving: Path, replay: Replay, held: datetime, last: datetime) -> datetime:
    begin = held if replay.begin is None else replay.begin
    if begin < held:
        raise InputError(
            f"{serving} has seen bars up to {held:%Y-%m-%d %H:%M}, later than --from "
            f"{begin:%Y-%m-%d %H:%M}; leave --from out to go on, or name another --serving"
        )
    if begin >= last:
        raise InputError(
            f"{serving} is at the end of the recording ({last:%Y-%m-%d %H:%M}); name another "
            "--serving to begin anew"
        )
    return begin


def _ends(lake: Lake, key: SeriesKey) -> tuple[datetime, datetime] | None:
    table = silver_table(key)
    if not lake.exists(table):
        return None
    ends = lake.read(table, None, ["close_time"])["close_time"]
    first, last = ends.min(), ends.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None
    return first, last
