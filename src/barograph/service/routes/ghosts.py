"""Past forecasts and whether they held."""

from fastapi import APIRouter, Request, Response

from barograph.service.desk import desk_of
from barograph.service.ghosts import Past, ghosts
from barograph.service.params import FAILURES, Asset, End, Every, GhostLimit, HorizonHours, Start
from barograph.service.respond import packed
from barograph.service.schemas import Ghosts

ROUTER = APIRouter(tags=["record"])


@ROUTER.get("/ghosts", response_model=Ghosts, responses=FAILURES)
async def ghosts_of(
    request: Request,
    asset: Asset,
    horizon_hours: HorizonHours,
    start: Start = None,
    end: End = None,
    limit: GhostLimit = 100,
    every: Every = 1,
) -> Response:
    """Past forecasts of one horizon, each with the price that came: the newest `limit`."""
    past = Past(asset, horizon_hours, start, end, limit, every)
    return await packed(request, desk_of(request), ghosts, past)
