"""How likely a price is, from the same distribution as everything else."""

from fastapi import APIRouter, Request, Response

from barograph.service.chances import chance_above
from barograph.service.desk import desk_of
from barograph.service.params import FAILURES, Asset, HorizonHours, Level
from barograph.service.respond import answer
from barograph.service.schemas import Chance

ROUTER = APIRouter(tags=["forecast"])


@ROUTER.get("/chance", response_model=Chance, responses=FAILURES)
async def chance(
    request: Request, asset: Asset, horizon_hours: HorizonHours, level: Level
) -> Response:
    """Chance that the price ends above a level at the horizon."""
    return answer(chance_above(desk_of(request).current(), asset, horizon_hours, level))
