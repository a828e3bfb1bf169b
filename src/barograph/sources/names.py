"""What a file's name says about the series in it.

Names that are understood (``_``, ``-`` and blanks part the words):

- ``binance_spot_BTCUSDT_1h.parquet``: our own, venue (any number of words), symbol, interval;
- ``binance_perp_BTCUSDT_mark_1h.parquet``: a mark price is no trade, so it is a venue of its own,
  ``binance_perp_mark``;
- ``BTCUSDT-1h-2024-11.zip``: Binance's spot archive (its futures archives carry the same names:
  pass the key explicitly for those);
- ``Bitstamp_BTCUSD_1h.csv``: CryptoDataDownload; an exchange named alone is its spot market;
- ``BTCUSDT_1h.csv``, ``BTC_USDT-1h.json``: no venue said, so the venue is ``file``;
- ``binance_funding_BTCUSDT.parquet``, ``BTCUSDT-fundingRate-2024-11.zip``: funding rates.
"""

import re
from pathlib import PurePath
from typing import Final

from barograph.core.payload import SeriesKey
from barograph.core.time import INTERVALS

SUFFIXES: Final = (".parquet", ".csv", ".json", ".zip", ".gz", ".txt")
EXCHANGES: Final = (
    "binance", "bitfinex", "bitstamp", "bybit", "coinbase", "gemini", "kraken", "okx",
)  # fmt: skip
QUOTES: Final = ("USDT", "USDC", "BUSD", "FDUSD", "USD", "EUR", "GBP", "JPY", "TRY", "BTC", "ETH")
PRICE_KINDS: Final = ("mark", "index", "premium")
UNNAMED: Final = "file"
ARCHIVE: Final = re.compile(r"^\d{4}-\d{2}(-\d{2})?$")
FUNDING: Final = re.compile(
    r"^(?:(?P<venue>[a-z0-9]+)_funding_)?(?P<symbol>[A-Z0-9]+)(?:-fundingRate-[\d-]+)?$"
)


def plain_symbol(text: str) -> str:
    """Symbol without signs, in capitals: ``BTC/USD`` and ``btc-usd`` to ``BTCUSD``."""
    return re.sub(r"[^A-Za-z0-9]", "", text).upper()


def funding_key(symbol: str, venue: str = "binance_perp") -> SeriesKey:
    """Key of the funding rates of a perpetual."""
    return SeriesKey("observations", venue, f"funding_rate_{symbol}", "event")


def key_of(name: str) -> SeriesKey | None:
    """Series a file's name speaks of; None where it says too little.

    Parameters
    ----------
    name : str
        File name, folders and suffixes included or not.
    """
    stem = _stem(name)
    funding = FUNDING.match(stem)
    if funding and "funding" in stem:
        return funding_key(funding["symbol"], f"{funding['venue'] or 'binance'}_perp")
    words = re.split(r"[_\-\s]+", stem)
    places = [place for place, word in enumerate(words) if word in INTERVALS]
    if not places or places[0] == 0:
        return None
    before, interval = words[: places[0]], words[places[0]]
    after = "-".join(words[places[0] + 1 :])
    kind = before.pop() if len(before) > 1 and before[-1] in PRICE_KINDS else ""
    symbol, rest = _symbol(before)
    if symbol is None:
        return None
    return SeriesKey("bars", _venue(rest, kind, after), symbol, interval)


def _stem(name: str) -> str:
    path = PurePath(name)
    while path.suffix.lower() in SUFFIXES:
        path = path.with_suffix("")
    return path.name


def _symbol(words: list[str]) -> tuple[str | None, list[str]]:
    """Symbol at the end of the words, and the words before it."""
    last = words[-1]
    if last.upper() in QUOTES and len(words) > 1 and plain_symbol(words[-2]) == words[-2]:
        return plain_symbol(words[-2] + last), words[:-2]
    known_quote = last.upper().endswith(QUOTES) and last.upper() not in QUOTES
    is_symbol = known_quote or (last.isupper() and len(last) > 1)
    return (plain_symbol(last) if is_symbol else None), words[:-1]


def _venue(words: list[str], kind: str, after: str) -> str:
    if not words and ARCHIVE.match(after):
        return "binance_spot"
    venue = "_".join(words).lower() or UNNAMED
    if venue in EXCHANGES:
        venue = f"{venue}_spot"
    return f"{venue}_{kind}" if kind else venue
