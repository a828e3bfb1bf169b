"""Binance's market streams: their names, and the messages on them.

References: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams and
https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from barograph.simulator.board import Board
from barograph.simulator.market import Market
from barograph.simulator.prints import Prints
from barograph.simulator.series import Bar, text

NAME: Final = re.compile(
    r"^(?P<symbol>[a-z0-9]+)@(?:kline_(?P<interval>\d+[smhdwM])|(?P<kind>aggTrade|trade|markPrice)"
    r"(?:@(?P<pace>1s|3s))?)$"
)
UNKNOWN_TRADE: Final = -1
"""Id of a bar's first and last trade, which nobody recorded."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream of one market.

    Attributes
    ----------
    name : str
        As subscribed to: ``btcusdt@kline_1h``.
    where : str
        ``spot`` or ``futures``.
    kind : str
        ``kline``, ``aggTrade``, ``trade`` or ``markPrice``.
    symbol : str
        ``BTCUSDT``.
    interval : str
        Of bars; else empty.
    """

    name: str
    where: str
    kind: str
    symbol: str
    interval: str = ""

    def board(self, market: Market) -> Board:
        """Bars that the feed tells of."""
        return market.spot if self.where == "spot" else market.futures

    def prints(self, market: Market) -> Prints | None:
        """Prints that the feed tells of; None where there are none."""
        held = market.aggregates if self.kind == "aggTrade" else market.prints
        return held.get((self.where, self.symbol))


def parse(name: str, where: str) -> Feed | None:
    """Feed of a stream's name; None where it is no stream that exists here.

    A name that does not exist is subscribed to without complaint and says nothing, as at Binance.
    Mark prices are told on the address of the spot market too, so that one connection will do.
    """
    found = NAME.match(name)
    if found is None or (found["pace"] and found["kind"] != "markPrice"):
        return None
    symbol = found["symbol"].upper()
    if found["interval"]:
        return Feed(name, where, "kline", symbol, found["interval"])
    return Feed(name, "futures" if found["kind"] == "markPrice" else where, found["kind"], symbol)


def kline(feed: Feed, bar: Bar, event: int) -> dict[str, Any]:
    """Message of a bar: ``x`` says whether it has ended; ``event`` is the time of the message."""
    values = bar.values
    return {
        "e": "kline",
        "E": event,
        "s": feed.symbol,
        "k": {
            "t": bar.opened,
            "T": bar.closes - 1,
            "s": feed.symbol,
            "i": feed.interval,
            "f": UNKNOWN_TRADE,
            "L": UNKNOWN_TRADE,
            "o": text(values[0]),
            "c": text(values[3]),
            "h": text(values[1]),
            "l": text(values[2]),
            "v": text(values[4]),
            "n": int(values[6]),
            "x": bar.final,
            "q": text(values[5]),
            "V": text(values[7]),
            "Q": text(values[8]),
            "B": "0",
        },
    }


def mark_price(feed: Feed, market: Market, present: int, event: int) -> dict[str, Any] | None:
    """Message of mark price and funding; None where there is no such contract."""
    told = market.premium(feed.symbol, present)
    if told is None:
        return None
    return {
        "e": "markPriceUpdate",
        "E": event,
        "s": feed.symbol,
        "p": told["markPrice"],
        "P": told["estimatedSettlePrice"],
        "i": told["indexPrice"],
        "r": told["lastFundingRate"],
        "T": told["nextFundingTime"],
    }


def print_message(feed: Feed, prints: Prints, place: int, event: int) -> dict[str, Any]:
    """Message of a trade or of an aggregated one."""
    best = {"M": True} if feed.where == "spot" else {}
    head = {"e": feed.kind, "E": event, "s": feed.symbol}
    if feed.kind == "aggTrade":
        return {**head, **prints.aggregate(place), **best}
    told = prints.trade(place)
    return {
        **head,
        "t": told["id"],
        "p": told["price"],
        "q": told["qty"],
        "T": told["time"],
        "m": told["isBuyerMaker"],
        **best,
    }
