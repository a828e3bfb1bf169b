"""Bars that the stream did not bring, asked for by REST, page after page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from barograph.core.payload import Payload
from barograph.core.progress import Listener, silent
from barograph.live.book import Hole, Series
from barograph.live.clock import MarketClock
from barograph.sources import binance_klines
from barograph.sources.http import HttpGet
from barograph.sources.request import Manner, Wanted
from barograph.sources.retry import Retry

PATIENT: Final = Retry(attempts=4, first_wait=0.25, longest_wait=30.0)
"""A stream waits meanwhile, and the whole is tried again later."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The exchange's REST interface.

    Attributes
    ----------
    get : HttpGet
        Transport.
    url : str
        Scheme, host and port.
    venue : str
        Under which the bars are kept.
    clock : MarketClock
        The present at the exchange.
    retry : Retry
        How failures are met.
    """

    get: HttpGet
    url: str
    venue: str
    clock: MarketClock
    retry: Retry = PATIENT

    def since(self, series: Series, start: int, tell: Listener = silent) -> Iterator[Payload]:
        """Closed bars of a series from an opening time (ms since 1970) to the present.

        Raises
        ------
        SourceError
            If the exchange fails after every retry.
        """
        return self._fetch(series, start, None, tell)

    def inside(self, hole: Hole) -> Iterator[Payload]:
        """Bars of a hole, as far as the exchange has them.

        Raises
        ------
        SourceError
            If the exchange fails after every retry.
        """
        return self._fetch(hole.series, hole.start, hole.end, silent)

    def _fetch(
        self, series: Series, start: int, end: int | None, tell: Listener
    ) -> Iterator[Payload]:
        symbol, interval = series
        wanted = Wanted(symbol, interval, moment(start), None if end is None else moment(end))
        manner = Manner(self.retry, self.clock, tell)
        for page in binance_klines.fetch(self.get, wanted, self.url, manner):
            yield replace(page, key=replace(page.key, venue=self.venue))


def moment(millis: int) -> datetime:
    """Milliseconds since 1970 as a moment."""
    return datetime.fromtimestamp(millis / 1000, UTC)
