"""Binance's REST protocol, spot and USD-M: market data, enough for ccxt to work unchanged.

References: https://developers.binance.com/docs/binance-spot-api-docs/rest-api and
https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import orjson
from aiohttp import web

from barograph.core.time import INTERVALS
from barograph.simulator import describe
from barograph.simulator.board import Board
from barograph.simulator.faults import Faults, refuse, spoil_bytes, spoil_rows
from barograph.simulator.market import MOST, Market
from barograph.simulator.series import as_kline, text

USUAL_KLINES: Final = 500
USUAL_SETTLEMENTS: Final = 100
MOST_FUTURES: Final = 1500
INTERVALS_WITHOUT_BARS: Final = frozenset({"1s", "3m", "2h", "6h", "8h", "12h", "3d", "1w", "1M"})
"""Intervals that Binance knows and no lake has; they have no rows here."""
Body: TypeAlias = Callable[[web.Request], object]


class ProtocolError(Exception):
    """What the exchange answers to a request that makes no sense."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Binance:
    """The routes of one simulated exchange."""

    def __init__(self, market: Market, faults: Faults) -> None:
        self.market = market
        self.faults = faults
        self._before: list[Any] = []

    def add_to(self, app: web.Application) -> None:
        """Register every route."""
        bodies: dict[str, Body] = {
            "/api/v3/ping": lambda _: {},
            "/api/v3/time": self._time,
            "/api/v3/exchangeInfo": self._spot_info,
            "/api/v3/klines": lambda request: self._klines(request, self.market.spot, MOST),
            "/api/v3/ticker/24hr": lambda request: self._tickers(request, self.market.spot),
            "/api/v3/ticker/price": self._prices,
            "/api/v3/aggTrades": lambda request: self._aggregates(request, "spot"),
            "/api/v3/trades": lambda request: self._trades(request, "spot"),
            "/fapi/v1/ping": lambda _: {},
            "/fapi/v1/time": self._time,
            "/fapi/v1/exchangeInfo": self._futures_info,
            "/fapi/v1/klines": lambda request: self._klines(
                request, self.market.futures, MOST_FUTURES
            ),
            "/fapi/v1/markPriceKlines": lambda request: self._klines(
                request, self.market.mark, MOST_FUTURES
            ),
            "/fapi/v1/ticker/24hr": lambda request: self._tickers(request, self.market.futures),
            "/fapi/v1/aggTrades": lambda request: self._aggregates(request, "futures"),
            "/fapi/v1/trades": lambda request: self._trades(request, "futures"),
            "/fapi/v1/premiumIndex": self._premium,
            "/fapi/v1/fundingRate": self._funding,
            "/dapi/v1/exchangeInfo": lambda _: describe.exchange_info([], self._present()),
        }
        for path, body in bodies.items():
            app.router.add_get(path, self._route(body))

    def _present(self) -> int:
        """What the exchange says the time is, epoch in ms."""
        return self.market.millis + self.faults.shift

    def _time(self, _: web.Request) -> object:
        return {"serverTime": self._present()}

    def _spot_info(self, request: web.Request) -> object:
        asked = request.query.get("symbol")
        symbols = [name for name in self.market.symbols if asked in {None, name}]
        if not symbols and asked:
            raise ProtocolError(-1121, "Invalid symbol.")
        return describe.exchange_info([describe.spot(name) for name in symbols], self._present())

    def _futures_info(self, _: web.Request) -> object:
        known = [describe.perpetual(symbol) for symbol in self.market.contracts]
        return describe.exchange_info(known, self._present())

    def _klines(self, request: web.Request, board: Board, most: int) -> object:
        """Bars, the open one included."""
        symbol = self._symbol(request)
        interval = request.query.get("interval", "")
        if interval not in INTERVALS and interval not in INTERVALS_WITHOUT_BARS:
            raise ProtocolError(-1120, "Invalid interval.")
        now = self.market.millis
        start, end = integer(request, "startTime"), integer(request, "endTime")
        rows = board.bars(symbol, interval, start, end, limited(request, USUAL_KLINES, most), now)
        stream = f"{symbol.lower()}@kline_{interval}"
        shown = (self.faults.seen(stream, bar, now) for bar in rows)
        return [as_kline(bar) for bar in shown if bar is not None]

    def _tickers(self, request: web.Request, board: Board) -> object:
        now = self.market.millis
        if "symbol" in request.query:
            return board.day(self._symbol(request), now) or {}
        found = (board.day(symbol, now) for symbol in board.symbols)
        return [ticker for ticker in found if ticker is not None]

    def _prices(self, request: web.Request) -> object:
        now = self.market.millis
        one = "symbol" in request.query
        names = [self._symbol(request)] if one else self.market.symbols
        found = [
            {"symbol": name, "price": text(self.market.spot.price(name, now))} for name in names
        ]
        return found[0] if one else found

    def _aggregates(self, request: web.Request, where: str) -> object:
        prints = self.market.aggregates.get((where, self._symbol(request)))
        if prints is None:
            return []
        end, now = integer(request, "endTime"), self.market.millis
        places = prints.page(
            integer(request, "startTime"),
            now if end is None else min(end, now),
            integer(request, "fromId"),
            limited(request, USUAL_KLINES, MOST),
        )
        best = {"M": True} if where == "spot" else {}
        return [{**prints.aggregate(place), **best} for place in places]

    def _trades(self, request: web.Request, where: str) -> object:
        prints = self.market.prints.get((where, self._symbol(request)))
        if prints is None:
            return []
        limit = limited(request, USUAL_KLINES, MOST)
        best = {"isBestMatch": True} if where == "spot" else {}
        places = prints.page(None, self.market.millis, None, limit)
        return [{**prints.trade(place), **best} for place in places]

    def _premium(self, request: web.Request) -> object:
        present = self.market.millis
        names = [self._symbol(request)] if "symbol" in request.query else self.market.contracts
        found = [self.market.premium(name, present) for name in names]
        told = [{**one, "time": self._present()} for one in found if one is not None]
        if "symbol" not in request.query:
            return told
        if not told:
            raise ProtocolError(-1121, "Invalid symbol.")
        return told[0]

    def _funding(self, request: web.Request) -> object:
        """Settlements of a perpetual."""
        return self.market.settlements(
            request.query.get("symbol", ""),
            integer(request, "startTime"),
            integer(request, "endTime"),
            limited(request, USUAL_SETTLEMENTS, MOST),
        )

    def _symbol(self, request: web.Request) -> str:
        symbol = request.query.get("symbol", "")
        if symbol not in self.market.symbols and symbol not in self.market.contracts:
            raise ProtocolError(-1121, "Invalid symbol.")
        return symbol

    def _route(self, body: Body) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def route(request: web.Request) -> web.StreamResponse:
            try:
                return await self._answer(request, body(request))
            except ProtocolError as error:
                refusal = {"code": error.code, "msg": str(error)}
                return web.json_response(refusal, status=400)

        return route

    async def _answer(self, request: web.Request, body: object) -> web.StreamResponse:
        """Answer well, or as the next planned fault wants it."""
        fault = self.faults.take(request.path)
        if fault is not None:
            refusal = await refuse(request, fault)
            if refusal is not None:
                return refusal
        kind = "" if fault is None else fault.kind
        if isinstance(body, list):
            spoilt = spoil_rows(kind, body, self._before)
            self._before = body
            body = spoilt
        return web.Response(
            body=spoil_bytes(kind, orjson.dumps(body)), content_type="application/json"
        )


def integer(request: web.Request, name: str) -> int | None:
    """Whole number of a query; None where it is not there.

    Raises
    ------
    ProtocolError
        If it is something else.
    """
    value = request.query.get(name)
    if value is None:
        return None
    try:
        return int(value)
    except ValueError as error:
        raise ProtocolError(-1100, f"Illegal characters found in parameter '{name}'.") from error


def limited(request: web.Request, usual: int, most: int) -> int:
    """Rows asked for, at most so many.

    Raises
    ------
    ProtocolError
        If it is no whole number above 0.
    """
    asked = integer(request, "limit")
    if asked is not None and asked < 1:
        raise ProtocolError(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(usual if asked is None else asked, most)
