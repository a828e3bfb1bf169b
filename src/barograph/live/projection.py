"""The store made to say what lake and ledger say; whatever is missing is made again from them."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl

from barograph.core.payload import SeriesKey
from barograph.ledger.forecasts import Entry
from barograph.live.answer import body
from barograph.live.candles import Candles, bars_of
from barograph.live.minds import Past, Thought
from barograph.pipelines.append import LiveLake
from barograph.store.beliefs import META, Belief, Layout
from barograph.store.store import BeliefRow, Store

LOG: Final = logging.getLogger(__name__)
CHUNK: Final = 1000
"""Rows a transaction: the heartbeat writes between them."""
SHOWN: Final = {
    "symbol": pl.String,
    "interval": pl.String,
    "open_time": pl.Int64,
    "open": pl.Float64,
    "high": pl.Float64,
    "low": pl.Float64,
    "close": pl.Float64,
    "volume": pl.Float64,
    "quote_volume": pl.Float64,
    "trades": pl.Int64,
    "taker_buy_base": pl.Float64,
    "taker_buy_quote": pl.Float64,
}
"""Columns of a closed bar of the store, as ``store.store.Bar``."""
T = TypeVar("T")
Say = Callable[[str], None]


class Projection:
    """Writes the store.

    Parameters
    ----------
    store : Store
        The read model.
    lake : LiveLake
        The truth.
    candles : Candles
        Told of bars that have closed.
    """

    def __init__(self, store: Store, lake: LiveLake, candles: Candles) -> None:
        self.store, self.lake, self.candles = store, lake, candles
        self._compared: dict[SeriesKey, int] = {}

    def bars(self, keys: Iterable[SeriesKey], say: Say) -> None:
        """Bring the bars of series up to the lake; nothing is written where nothing differs.

        Every bar is held against the lake's once in a run, and again after anything but the end of
        the series has changed; otherwise only what was added is looked at.

        Raises
        ------
        LakeError
            If the disk refuses.
        """
        for key in keys:
            rows = self.lake.rows(key)
            if rows.is_empty():
                continue
            self._drop_open(key)
            generation = self.lake.growing.held(key).generation
            missing = self._missing(key, rows)
            if missing.height:
                LOG.info("%s: %d bars into the store", key.name, missing.height)
            done = 0
            for chunk in chunks(bars_of(missing), CHUNK):
                self.candles.close(self.store, chunk, tell=False)
                done += len(chunk)
                say(f"bars of {key.symbol} {key.interval} ({100 * done // missing.height} %)")
            self._compared[key] = generation

    def closed(self, rows: pl.DataFrame) -> None:
        """Write bars that have just closed, and tell the terminal.

        Raises
        ------
        LakeError
            If the disk refuses.
        """
        self.candles.close(self.store, bars_of(rows), tell=True)

    def beliefs(self, symbol: str, past: Past, layout: Layout, upto: int, say: Say) -> None:
        """Write the beliefs of a walk-forward from behind an hour (since 1970) on.

        Those of another layout are removed first; published ones stay in any case.

        Raises
        ------
        LakeError
            If the disk refuses; what was written stays, and the rest is written next time.
        """
        if self._layout() != layout:
            upto = 0
            with self.store.transaction():
                self.store.connection.execute("DELETE FROM beliefs")
                self.store.put_meta(META, as_json(layout))
        known = np.isfinite(past.quantiles).all(axis=(1, 2)) & (past.hours > upto)
        rows = np.nonzero(known)[0]
        done = 0
        for chunk in chunks(iter(rows.tolist()), CHUNK):
            with self.store.transaction():
                self.store.put_beliefs(
                    BeliefRow(symbol, int(past.hours[i]) * 3600, None, None, past.belief(i).pack())
                    for i in chunk
                )
            done += len(chunk)
            say(f"what was believed of {symbol} ({100 * done // max(len(rows), 1)} %)")

    def forecasts(self, pairs: Sequence[tuple[Entry, Thought]], events: Sequence[Any] = ()) -> None:
        """Write published forecasts in one transaction: belief, answer and event of each.

        Raises
        ------
        LakeError
            If the disk refuses; none was written then.
        """
        rows, answers, seasons = [], [], {}
        for entry, thought in pairs:
            said = entry.published
            rows.append(belief_row(entry, thought.belief))
            answers.append((said.symbol, int(said.as_of.timestamp()), body(entry, thought.beside)))
            seasons[said.symbol] = thought.beside.season.tolist()
        with self.store.transaction():
            self.store.put_beliefs(rows)
            for symbol, season in seasons.items():
                self.store.put_meta(f"cone:{symbol}", {"season": season})
            for symbol, as_of, answer in answers:
                self.store.put_forecast(symbol, as_of, answer)
            self.store.publish(
                [*events, *((f"forecast:{symbol}", answer) for symbol, _, answer in answers)]
            )

    def has(self, entry: Entry) -> bool:
        """Whether the store has an entry of the ledger, belief and answer."""
        said = entry.published
        as_of = int(said.as_of.timestamp())
        belief = self.store.belief(said.symbol, as_of)
        answer = self.store.forecast(said.symbol, as_of)
        return (
            belief is not None
            and belief.sequence == entry.sequence
            and answer is not None
            and answer["sequence"] == entry.sequence
        )

    def _missing(self, key: SeriesKey, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of the lake that the store lacks or has otherwise; what only it has is removed."""
        generation = self.lake.growing.held(key).generation
        whole = self._compared.get(key) == generation
        begin = self._last(key) + 1 if whole else 0
        rows = rows.filter(pl.col("open_time").dt.epoch("ms") >= begin)
        stored = self.store.bars(key.symbol, key.interval, begin, 1 << 60)
        wanted = shown(bars_of(rows))
        held = shown(bar for bar in stored if bar[-1])
        alien = held.join(wanted, on="open_time", how="anti")["open_time"].to_list()
        if alien:
            LOG.warning("%s: %d bars of the store are not in the lake", key.name, len(alien))
            self._remove(key, alien)
        right = held.join(wanted, on=list(SHOWN), how="semi", nulls_equal=True)["open_time"]
        return rows.filter(~pl.col("open_time").dt.epoch("ms").is_in(right.implode()))

    def _last(self, key: SeriesKey) -> int:
        """Opening time of the last closed bar the store has, ms; -1 where it has none."""
        (last,) = self.store.connection.execute(
            "SELECT max(open_time) FROM bars WHERE symbol = ? AND interval = ? AND closed = 1",
            (key.symbol, key.interval),
        ).fetchone()
        return -1 if last is None else int(last)

    def _remove(self, key: SeriesKey, opened: Sequence[int]) -> None:
        with self.store.transaction():
            self.store.connection.executemany(
                "DELETE FROM bars WHERE symbol = ? AND interval = ? AND open_time = ?",
                [(key.symbol, key.interval, at) for at in opened],
            )

    def _drop_open(self, key: SeriesKey) -> None:
        """Remove open bars that an earlier run left; they close, or come again."""
        with self.store.transaction():
            self.store.connection.execute(
                "DELETE FROM bars WHERE symbol = ? AND interval = ? AND closed = 0",
                (key.symbol, key.interval),
            )

    def _layout(self) -> Layout | None:
        said = self.store.meta(META)
        return None if said is None else Layout(**{k: tuple(v) for k, v in said.items()})


def shown(bars: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Closed bars of the store as a table."""
    return pl.DataFrame([bar[:-1] for bar in bars], schema=SHOWN, orient="row")


def belief_row(entry: Entry, belief: Belief) -> BeliefRow:
    """A published belief as a row of the store."""
    said = entry.published
    return BeliefRow(
        said.symbol,
        int(said.as_of.timestamp()),
        entry.sequence,
        int(said.issued_at.timestamp()),
        belief.pack(),
    )


def as_json(layout: Layout) -> dict[str, list[Any]]:
    """The layout as ``meta`` has it."""
    return {
        "horizons": list(layout.horizons),
        "terms": list(layout.terms),
        "odds": list(layout.odds),
        "inputs": list(layout.inputs),
    }


def chunks(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    """Rows in lists of at most ``size``."""
    while chunk := list(islice(rows, size)):
        yield chunk
