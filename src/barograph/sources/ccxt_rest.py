"""Bars from an exchange's REST interface, through ccxt.

1. Ask for a page that begins at the cursor; wait and ask again after a failure that may pass.
2. A page that does not begin at the cursor is a gap, a lie or a hiccup (an empty page, the page
   before once more): ask again until the same answer has come three times, take the earliest.
3. Drop what is before the cursor or not yet complete; sort; drop rows that came twice.
4. Move the cursor behind the last row, or by a page where there was none; stop at the last
   complete bar.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import orjson

from barograph.core.errors import SourceError
from barograph.core.payload import Payload, SeriesKey
from barograph.core.progress import Progress
from barograph.core.time import Clock, interval_length
from barograph.sources.request import USUAL, Manner, Wanted
from barograph.sources.retry import TransientError, asked_wait

Row: TypeAlias = list[Any]
T = TypeVar("T")
LAYOUT: Final = "ccxt_ohlcv_json"
SAME_ANSWERS: Final = 3


class Exchange(Protocol):
    """What of a ccxt exchange is used."""

    @property
    def id(self) -> str:
        """Name in ccxt."""
        ...

    @property
    def has(self) -> Mapping[str, Any]:
        """What it can do."""
        ...

    def load_markets(self) -> object:
        """Fetch the list of markets."""
        ...

    def fetch_time(self) -> int | None:
        """Present moment at the exchange, epoch in ms."""
        ...

    def fetch_ohlcv(self, symbol: str, timeframe: str, since: int, limit: int) -> list[Row]:
        """Return one page of bars from ``since`` on, the open bar included."""
        ...


@dataclass(frozen=True, slots=True)
class Venue:
    """An exchange's spot market.

    Attributes
    ----------
    name : str
        In the lake: ``binance_spot``.
    exchange : str
        In ccxt: ``binance``.
    page : int
        Bars it gives at most at once.
    quotes : Mapping[str, str]
        Quote currencies it trades under another name: Coinbase and Kraken's deep market is in
        dollars, not in ``USDT``.
    windowed : bool
        Whether a page is a span of time, so that it is empty before the listing; otherwise it is
        the next bars there are, and an empty one is strange.
    """

    name: str
    exchange: str
    page: int
    quotes: Mapping[str, str] = field(default_factory=dict)
    windowed: bool = False

    def market(self, symbol: str) -> str:
        """Name of a symbol in ccxt: ``BTCUSDT`` is ``BTC/USDT``, or ``BTC/USD``."""
        base, quote = split_symbol(symbol)
        return f"{base}/{self.quotes.get(quote, quote)}"

    def key(self, symbol: str, interval: str) -> SeriesKey:
        """Series of the bars, under the symbol asked for.

        Where another quote currency stands in for the one asked for, the venue says so:
        ``coinbase_spot_usd`` serves ``BTCUSDT`` with the bars of its ``BTC/USD``.
        """
        _, quote = split_symbol(symbol)
        own = self.quotes.get(quote, quote)
        venue = self.name if own == quote else f"{self.name}_{own.lower()}"
        return SeriesKey("bars", venue, re.sub(r"[/_-]", "", symbol.upper()), interval)


DOLLARS: Final = {"USDT": "USD", "USDC": "USD", "BUSD": "USD"}
VENUES: Final = (
    Venue("binance_spot", "binance", 1000),
    Venue("bybit_spot", "bybit", 1000, windowed=True),
    Venue("okx_spot", "okx", 300, windowed=True),
    Venue("coinbase_spot", "coinbase", 300, DOLLARS, windowed=True),
    Venue("kraken_spot", "kraken", 720, DOLLARS),
)
"""In the order of the fallback chain (R-D5). Kraken only ever gives its latest 720 bars."""

QUOTES: Final = ("USDT", "USDC", "BUSD", "FDUSD", "USD", "EUR", "GBP", "JPY", "TRY", "BTC", "ETH")


def split_symbol(symbol: str) -> tuple[str, str]:
    """Base and quote of ``BTCUSDT``, ``BTC/USDT`` or ``BTC-USDT``.

    Raises
    ------
    SourceError
        If the symbol ends in no quote currency we know and has no sign between the two.
    """
    parts = re.split(r"[/_-]", symbol.upper())
    if len(parts) == 2 and all(parts):
        return parts[0], parts[1]
    for quote in QUOTES:
        if parts[0].endswith(quote) and len(parts) == 1 and parts[0] != quote:
            return parts[0].removesuffix(quote), quote
    raise SourceError(f"cannot tell base and quote of {symbol!r}; write it as BASE/QUOTE")


@contextmanager
def connect(
    venue: Venue, base_url: str | None = None, *, timeout: float = 20.0, rate_limit: bool = True
) -> Iterator[Exchange]:
    """Real ccxt exchange, its connections closed at the end.

    Parameters
    ----------
    venue : Venue
        Which one.
    base_url : str, optional
        Scheme and host to talk to instead, for instance a simulator's; nothing else changes.
    timeout : float
        Seconds until an answer must have come.
    rate_limit : bool
        Whether ccxt keeps to the exchange's published limits.
    """
    import ccxt

    options = {"fetchMarkets": {"types": ["spot"]}} if venue.exchange != "coinbase" else {}
    exchange = getattr(ccxt, venue.exchange)(
        {"enableRateLimit": rate_limit, "timeout": int(timeout * 1000), "options": options}
    )
    exchange.enableLastJsonResponse = True
    if base_url is None:
        exchange.session.trust_env = True
    else:
        exchange.urls["api"] = redirect(exchange.urls["api"], base_url.rstrip("/"))
    try:
        yield exchange
    finally:
        exchange.session.close()


def redirect(urls: object, base_url: str) -> object:
    """Addresses, nested as ccxt has them, with another scheme and host."""
    if isinstance(urls, dict):
        return {name: redirect(url, base_url) for name, url in urls.items()}
    return re.sub(r"^https?://[^/]+", base_url, urls) if isinstance(urls, str) else urls


def fetch(
    exchange: Exchange, venue: Venue, wanted: Wanted, manner: Manner = USUAL
) -> Iterator[Payload]:
    """Yield pages of complete bars, oldest first.

    Parameters
    ----------
    exchange : Exchange
        A ccxt exchange (``connect``), or whatever behaves like one.
    venue : Venue
        Which one it is.
    wanted : Wanted
        Which bars. The last one is the last complete one by the clock of the exchange and by
        ours, so that an open bar is never stored.
    manner : Manner
        Patience, clock, and who is told after every page.

    Raises
    ------
    SourceError
        If the exchange does not know the symbol, or fails after every retry.
    """
    length = int(interval_length(wanted.interval).total_seconds() * 1000)
    asker = _Asker(exchange, venue.market(wanted.symbol), wanted.interval, venue.page, manner)
    key = venue.key(wanted.symbol, wanted.interval)
    first = -(-_millis(wanted.start) // length) * length
    stop = asker.present() - length + 1
    stop = stop if wanted.end is None else min(stop, _millis(wanted.end))
    began, rows, requests = manner.clock(), 0, 0
    cursor = first
    while cursor < stop:
        hurried = venue.windowed and rows == 0
        page = [row for row in asker.page(cursor, hurried=hurried) if row[0] < stop]
        requests += 1
        rows += len(page)
        if page:
            name = f"{venue.exchange} {asker.market} {wanted.interval} since {_said(cursor)}"
            yield Payload(key, f"ccxt:{venue.exchange}", name, LAYOUT, orjson.dumps(page))
        cursor = page[-1][0] + length if page else cursor + venue.page * length
        share = min(1.0, (cursor - first) / (stop - first))
        seconds = (manner.clock() - began).total_seconds()
        manner.listener(Progress("fetch", key.name, seconds, rows, requests, share))


@dataclass(frozen=True, slots=True)
class _Asker:
    """Questions to one exchange about one market, failures met."""

    exchange: Exchange
    market: str
    interval: str
    limit: int
    manner: Manner

    def present(self) -> int:
        """Epoch in ms that both clocks have reached."""
        self._ask("markets", self.exchange.load_markets)
        ours = _millis(self.manner.clock())
        if not self.exchange.has.get("fetchTime"):
            return ours
        theirs = self._ask("time", self.exchange.fetch_time)
        return ours if theirs is None else min(ours, theirs)

    def page(self, cursor: int, *, hurried: bool) -> list[Row]:
        """Rows from the cursor on, ascending, none twice; empty where there are none.

        ``hurried`` asks again without a pause: before the listing every page is empty.
        """
        best: list[Row] = []
        seen: list[int | None] = []
        while True:
            page = self._tidy(self._ask(f"page at {_said(cursor)}", lambda: self._fetch(cursor)))
            page = [row for row in page if row[0] >= cursor]
            begins = page[0][0] if page else None
            if begins is not None and (not best or begins < best[0][0]):
                best = page
            seen.append(begins)
            if begins == cursor or seen.count(begins) == SAME_ANSWERS:
                return best
            if not hurried:
                self.manner.retry.sleep(self.manner.retry.pause(len(seen)))

    def _fetch(self, cursor: int) -> list[Row]:
        page = self.exchange.fetch_ohlcv(self.market, self.interval, cursor, self.limit)
        if not _is_page(page):
            raise TransientError(f"malformed page {str(page)[:60]!r}")
        return page

    def _ask(self, what: str, work: Callable[[], T]) -> T:
        name = f"{self.exchange.id} {self.market} {what}"
        return self.manner.retry.call(
            name, lambda: _translated(self.exchange, name, work, self.manner.clock)
        )

    @staticmethod
    def _tidy(page: Sequence[Row]) -> list[Row]:
        """Rows by time; the same row twice once, the same time with other prices kept twice."""
        once = {orjson.dumps(row): row for row in page}
        return sorted(once.values(), key=lambda row: int(row[0]))


def _translated(exchange: Exchange, name: str, work: Callable[[], T], clock: Clock) -> T:
    """Result of the work, ccxt's errors turned into ours."""
    import ccxt

    try:
        answer = work()
    except ccxt.NetworkError as error:
        headers = getattr(exchange, "last_response_headers", None) or {}
        wait = asked_wait(headers.get("Retry-After"), clock()) if _is_limit(error) else None
        raise TransientError(_one_line(error), wait) from error
    except ccxt.BaseError as error:
        raise SourceError(f"{name}: {_one_line(error)}") from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # ccxt reads a malformed answer as text and stumbles over it later, in any of these ways.
        raise TransientError(f"malformed answer ({_one_line(error)})") from error
    if getattr(exchange, "last_json_response", "") is None:
        # ... or reads it as no rows at all, which would pass for a gap.
        raise TransientError("malformed answer (no JSON)")
    return answer


def _is_limit(error: Exception) -> bool:
    import ccxt

    return isinstance(error, (ccxt.DDoSProtection, ccxt.RateLimitExceeded))


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__} {' '.join(str(error).split())[:120]}".strip()


def _is_page(page: object) -> bool:
    return isinstance(page, list) and all(
        isinstance(row, list) and len(row) == 6 and isinstance(row[0], (int, float)) for row in page
    )


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _said(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%d %H:%M")
