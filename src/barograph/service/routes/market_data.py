"""Everything the chart needs."""

from fastapi import APIRouter, Request, Response

from barograph.service.desk import desk_of
from barograph.service.market import Wanted, market_data
from barograph.service.params import FAILURES, Asset, BarLimit, Bars, End, LayerNames, Start
from barograph.service.respond import packed
from barograph.service.schemas import MarketData

ROUTER = APIRouter(tags=["market"])


@ROUTER.get("/market-data", response_model=MarketData, responses=FAILURES)
async def market_data_of(
    request: Request,
    asset: Asset,
    resolution: Bars,
    start: Start = None,
    end: End = None,
    limit: BarLimit = 1000,
    layers: LayerNames = "",
) -> Response:
    """Bars as columns, the open one last, with indicators; the newest `limit` of the range."""
    wanted = Wanted(asset, resolution, start, end, limit, layers)
    return await packed(request, desk_of(request), market_data, wanted)
