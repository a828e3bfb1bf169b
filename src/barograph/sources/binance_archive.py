"""Binance's public bulk archives: one zip a month (or day), and its SHA-256 beside it.

Reference: https://github.com/binance/binance-public-data. A month appears some days after it has
ended; until then its days are taken one by one. A symbol has no file before it was listed, so a
missing month or day is an answer, not a failure. Funding rates come by the month only.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from barograph.core.payload import Payload, SeriesKey
from barograph.sources.http import HttpGet, NotThereError
from barograph.sources.names import funding_key
from barograph.sources.request import USUAL, Manner
from barograph.sources.retry import TransientError

LOG: Final = logging.getLogger(__name__)
URL: Final = "https://data.binance.vision"
MARKETS: Final = {"binance_spot": "spot", "binance_perp": "futures/um"}
KLINES: Final = "binance_klines_csv"
FUNDING: Final = "binance_funding_csv"
LATE: Final = timedelta(days=62)
"""A month that ended longer ago and is not there was never published: its days are not tried."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One zip.

    Attributes
    ----------
    key : SeriesKey
        Bars of ``binance_spot`` or ``binance_perp``, or funding rates.
    symbol : str
        As in ``BTCUSDT``.
    period : str
        ``2024-11`` or ``2024-11-05``.
    """

    key: SeriesKey
    symbol: str
    period: str

    @property
    def name(self) -> str:
        """File name, for instance ``BTCUSDT-1h-2024-11.zip``."""
        what = self.key.interval if self.key.kind == "bars" else "fundingRate"
        return f"{self.symbol}-{what}-{self.period}.zip"

    @property
    def path(self) -> str:
        """Path below the archive's root."""
        span = "monthly" if len(self.period) == len("2024-11") else "daily"
        if self.key.kind != "bars":
            return f"data/futures/um/{span}/fundingRate/{self.symbol}/{self.name}"
        market = MARKETS[self.key.venue]
        return f"data/{market}/{span}/klines/{self.symbol}/{self.key.interval}/{self.name}"

    @property
    def layout(self) -> str:
        """What reads it."""
        return KLINES if self.key.kind == "bars" else FUNDING


def months(key: SeriesKey, symbol: str, start: datetime, end: datetime) -> list[Archive]:
    """Archives of every month that has ended by ``end`` and overlaps ``[start, end)``."""
    first = date(start.year, start.month, 1)
    found: list[Archive] = []
    while (following := _next_month(first)) <= end.date():
        found.append(Archive(key, symbol, f"{first:%Y-%m}"))
        first = following
    return found


def days(month: Archive) -> list[Archive]:
    """Archives of the days of a month."""
    day = date.fromisoformat(f"{month.period}-01")
    stop = _next_month(day)
    count = (stop - day).days
    periods = [f"{day + timedelta(days=passed)}" for passed in range(count)]
    return [Archive(month.key, month.symbol, period) for period in periods]


def funding(symbol: str) -> SeriesKey:
    """Key of archived funding rates."""
    return funding_key(symbol)


def download(
    get: HttpGet, archive: Archive, base_url: str = URL, manner: Manner = USUAL
) -> Payload | None:
    """One archive, its checksum verified; None where there is no such file.

    Raises
    ------
    SourceError
        If the file does not match its checksum, every time it is fetched.
    """
    url = f"{base_url}/{archive.path}"

    def verified() -> bytes:
        stated = stated_checksum(get(f"{url}.CHECKSUM", {}))
        content = get(url, {})
        found = hashlib.sha256(content).hexdigest()
        if found != stated:
            raise TransientError(
                f"checksum mismatch: sha256 {found[:12]} of {len(content)} bytes,"
                f" {stated[:12] or 'none'} stated"
            )
        return content

    try:
        content = manner.retry.call(archive.name, verified)
    except NotThereError:
        LOG.info("%s: not in the archive", archive.name)
        return None
    return Payload(archive.key, "binance_archive", archive.name, archive.layout, content)


def fetch(
    get: HttpGet, month: Archive, base_url: str = URL, manner: Manner = USUAL
) -> Iterator[Payload]:
    """Yield a month: its own zip, or where that is not published yet those of its days."""
    whole = download(get, month, base_url, manner)
    if whole is not None:
        yield whole
        return
    ended = datetime.combine(
        _next_month(date.fromisoformat(f"{month.period}-01")), datetime.min.time(), UTC
    )
    if month.key.kind != "bars" or manner.clock() - ended > LATE:
        return
    for day in days(month):
        part = download(get, day, base_url, manner)
        if part is not None:
            yield part


def stated_checksum(content: bytes) -> str:
    """SHA-256 a ``.CHECKSUM`` file states: ``<hex>  <file name>``; empty where it holds none."""
    words = content.decode("ascii", errors="replace").split()
    return words[0].lower() if words else ""


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
