"""How ``exchangeInfo`` describes markets."""

from collections.abc import Sequence
from typing import Any, Final

from barograph.sources.ccxt_rest import split_symbol

ONBOARD: Final = 1_569_398_400_000
"""When perpetuals were first listed (2019-09-25), epoch in ms."""
DELIVERY: Final = 4_133_404_800_000
"""Delivery date that Binance gives contracts without one (2100-12-25)."""
LIMITS: Final = (
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
)


def exchange_info(symbols: Sequence[dict[str, Any]], millis: int) -> dict[str, Any]:
    """Body of ``exchangeInfo`` with these markets."""
    return {
        "timezone": "UTC",
        "serverTime": millis,
        "rateLimits": list(LIMITS),
        "exchangeFilters": [],
        "symbols": list(symbols),
    }


def spot(symbol: str) -> dict[str, Any]:
    """Spot market."""
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
        "filters": _filters("0.01", "0.00001"),
    }


def perpetual(symbol: str) -> dict[str, Any]:
    """Perpetual contract, margined and settled in its quote currency."""
    base, quote = split_symbol(symbol)
    return {
        "symbol": symbol,
        "pair": symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": DELIVERY,
        "onboardDate": ONBOARD,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": quote,
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "orderTypes": ["LIMIT", "MARKET"],
        "filters": _filters("0.10", "0.001"),
    }


def _filters(tick: str, step: str) -> list[dict[str, str]]:
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "10000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000", "stepSize": step},
    ]
