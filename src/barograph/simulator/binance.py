"""Binance's REST protocol: spot klines and perpetual funding, enough for ccxt to work unchanged.

Reference: https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from typing import Any, Final

import orjson
from aiohttp import web

from barograph.core.time import INTERVALS
from barograph.simulator.faults import Faults, refuse, spoil_bytes, spoil_rows
from barograph.simulator.market import MOST, Market
from barograph.sources.ccxt_rest import split_symbol

USUAL_KLINES: Final = 500
USUAL_SETTLEMENTS: Final = 100


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
        app.router.add_get("/api/v3/ping", self.ping)
        app.router.add_get("/api/v3/time", self.time)
        app.router.add_get("/api/v3/exchangeInfo", self.exchange_info)
        app.router.add_get("/api/v3/klines", self.klines)
        app.router.add_get("/fapi/v1/fundingRate", self.funding)

    async def ping(self, request: web.Request) -> web.StreamResponse:
        """Answer that we are there."""
        return await self._answer(request, {})

    async def time(self, request: web.Request) -> web.StreamResponse:
        """Answer with the present moment."""
        return await self._answer(request, {"serverTime": self.market.millis})

    async def exchange_info(self, request: web.Request) -> web.StreamResponse:
        """Answer with the markets."""
        body = {
            "timezone": "UTC",
            "serverTime": self.market.millis,
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": [symbol_info(symbol) for symbol in self.market.symbols],
        }
        return await self._answer(request, body)

    async def klines(self, request: web.Request) -> web.StreamResponse:
        """Answer with bars, the open one included."""
        try:
            symbol, interval = self._series(request)
            rows = self.market.klines(
                symbol,
                interval,
                integer(request, "startTime"),
                integer(request, "endTime"),
                min(integer(request, "limit") or USUAL_KLINES, MOST),
            )
        except ProtocolError as error:
            return _refusal(error)
        return await self._answer(request, rows)

    async def funding(self, request: web.Request) -> web.StreamResponse:
        """Answer with settlements of a perpetual."""
        try:
            rows = self.market.settlements(
                request.query.get("symbol", ""),
                integer(request, "startTime"),
                integer(request, "endTime"),
                min(integer(request, "limit") or USUAL_SETTLEMENTS, MOST),
            )
        except ProtocolError as error:
            return _refusal(error)
        return await self._answer(request, rows)

    def _series(self, request: web.Request) -> tuple[str, str]:
        symbol = request.query.get("symbol", "")
        interval = request.query.get("interval", "")
        if symbol not in self.market.symbols:
            raise ProtocolError(-1121, "Invalid symbol.")
        if interval not in INTERVALS:
            raise ProtocolError(-1120, "Invalid interval.")
        return symbol, interval

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


def symbol_info(symbol: str) -> dict[str, Any]:
    """Market as ``exchangeInfo`` describes it."""
    base, quote = split_symbol(symbol)
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000",
             "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000",
             "stepSize": "0.00001"},
        ],
    }  # fmt: skip


def _refusal(error: ProtocolError) -> web.Response:
    return web.json_response({"code": error.code, "msg": str(error)}, status=400)
