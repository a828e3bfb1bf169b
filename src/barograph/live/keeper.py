"""Bars into the lake and the store: from the stream, from REST, and what to do with holes.

Everything here runs on the runner's one worker thread.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from barograph.core.payload import Payload, SeriesKey
from barograph.core.progress import Listener, Progress
from barograph.live.backfill import Rest
from barograph.live.book import Hole, Series
from barograph.live.candles import bars_of
from barograph.live.clock import MarketClock
from barograph.live.guards import lingering, warnings
from barograph.live.projection import Projection
from barograph.pipelines.append import LiveLake
from barograph.sources.streams.messages import Kline, length_of

LOG: Final = logging.getLogger(__name__)
LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
Say = Callable[[str], None]


@dataclass(slots=True)
class Keeper:
    """Keeps bars.

    Attributes
    ----------
    lake : LiveLake
        The truth.
    projection : Projection
        The store.
    rest : Rest
        The exchange's REST interface.
    clock : MarketClock
        The present at the exchange.
    """

    lake: LiveLake
    projection: Projection
    rest: Rest
    clock: MarketClock

    def key(self, series: Series) -> SeriesKey:
        """A series' key in the lake."""
        return SeriesKey("bars", self.rest.venue, *series)

    def next_open(self, series: Series, otherwise: int) -> int:
        """Opening time of the first bar behind those in the lake, ms since 1970."""
        last = self.lake.rows(self.key(series))["open_time"].max()
        if not isinstance(last, datetime):
            return otherwise
        return int(last.timestamp() * 1000) + length_of(series[1])

    def store(self, bars: Sequence[Kline]) -> None:
        """Keep final bars of the stream.

        Raises
        ------
        LakeError
            If the disk refuses; call again with the same bars.
        """
        fresh = [
            bar
            for bar in bars  # REST may have brought it while it waited
            if bar.open_time >= self.next_open((bar.symbol, bar.interval), bar.open_time)
        ]
        self._append(
            [bar.payload(self.rest.venue) for bar in fresh], tell=True, ended=end_of(fresh)
        )

    def progress(self, series: Series, say: Say) -> Listener:
        """Tell how far the fetching of a series has come."""

        def tell(progress: Progress) -> None:
            share = "" if progress.done is None else f" ({100 * progress.done:.0f} %)"
            say(f"fetching {series[0]} {series[1]}{share}")

        return tell

    def take(self, pages: Sequence[Payload]) -> int:
        """Keep pages of REST; returns how many bars came with them.

        Raises
        ------
        LakeError
            If the disk refuses.
        """
        return self._append(pages, tell=len(pages) == 1)

    def follow(self, series: Series, pages: Sequence[Payload], start: int) -> bool:
        """Keep pages that begin at an opening time, unless the stream has brought it meanwhile.

        Raises
        ------
        LakeError
            If the disk refuses.
        """
        if self.next_open(series, start) > start:
            return False
        self.take(pages)
        return True

    def missing(self, span: Hole) -> list[Hole]:
        """What the lake lacks of a span, as holes."""
        length = length_of(span.series[1])
        opened = pl.col("open_time").dt.epoch("ms")
        rows = self.lake.rows(self.key(span.series)).select(opened)["open_time"]
        held = rows.filter((rows >= span.start) & (rows < span.end)).to_list()
        ends = [*held, span.end]
        begins = [span.start, *(at + length for at in held)]
        return [
            Hole(span.series, begin, end)
            for begin, end in zip(begins, ends, strict=True)
            if begin < end
        ]

    def holes(self, series: Series, oldest: int) -> list[Hole]:
        """What is missing between the bars that the lake has from an opening time on."""
        opened = self.lake.rows(self.key(series))["open_time"].dt.epoch("ms")
        held = opened.filter(opened >= oldest)
        if held.is_empty():
            return []
        return self.missing(Hole(series, held[0], held[-1] + length_of(series[1])))

    def settle(self, bars: Sequence[Kline], pages: Sequence[Payload]) -> None:
        """Keep last states that contradict what is held, then what REST says: that one holds.

        Raises
        ------
        LakeError
            If the disk refuses.
        """
        for payload in (*(bar.payload(self.rest.venue) for bar in bars), *pages):
            # One by one: the last to come in holds.
            self._append([payload], tell=True, ended=end_of(bars))

    def distrust(self, symbol: str, as_of: datetime) -> tuple[str, ...]:
        """Why a forecast should not be trusted, in words: its last hour, and flagged bars before.

        Nothing but what the lake holds of the time up to its origin is looked at, so that the same
        is said whenever it is asked.
        """
        series = [self._until(symbol, interval, as_of) for interval in ("1h", "5m")]
        return self.doubts(symbol, as_of) + lingering(series, as_of)

    def doubts(self, symbol: str, end: datetime) -> tuple[str, ...]:
        """What is unusual about the hour that ended at a moment; nothing where it is missing."""
        hours, fine = (self._until(symbol, interval, end) for interval in ("1h", "5m"))
        if not hours.height or hours["close_time"][-1] != end:
            return ()
        inside = fine.filter(pl.col("open_time") >= hours["open_time"][-1]).height
        finer = tuple(words for words in warnings(fine, last=inside) if "traded" not in words)
        return tuple(dict.fromkeys(warnings(hours) + finer))

    def _until(self, symbol: str, interval: str, end: datetime) -> pl.DataFrame:
        return self.lake.rows(self.key((symbol, interval))).filter(pl.col("close_time") <= end)

    def _append(
        self, payloads: Sequence[Payload], *, tell: bool, ended: datetime = LONG_AGO
    ) -> int:
        if not payloads:
            return 0
        # The exchange says that the bar has ended: where our clock lags, it is the clock that errs.
        arrived = max(self.clock(), ended)
        ends = {payload.key: self.lake.growing.held(payload.key) for payload in payloads}
        before = {key: held.generation for key, held in ends.items()}
        heights = {key: held.rows.height for key, held in ends.items()}
        added = self.lake.append(payloads, arrived)
        count = 0
        for key, rows in added.items():
            held = self.lake.growing.held(key)
            count += held.rows.height - heights[key]
            if held.generation != before[key] and heights[key]:
                LOG.warning("%s was made anew: a bar came late or was corrected", key.name)
            if tell and rows.height < 1000:
                self.projection.closed(rows)
            else:
                self.projection.candles.close(self.projection.store, bars_of(rows), tell=False)
        return count


def end_of(bars: Sequence[Kline]) -> datetime:
    """When the last of some final bars ended."""
    last = max((bar.close_time for bar in bars), default=0)
    return datetime.fromtimestamp(last / 1000, UTC)
