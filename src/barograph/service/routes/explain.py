"""Why the forecast of an hour is what it is."""

from fastapi import APIRouter, Request, Response

from barograph.service.desk import desk_of
from barograph.service.explanations import explanation
from barograph.service.params import FAILURES, Asset, At, HorizonHours
from barograph.service.respond import answer
from barograph.service.schemas import Explanation

ROUTER = APIRouter(tags=["forecast"])


@ROUTER.get("/explain", response_model=Explanation, responses=FAILURES)
async def explain(
    request: Request, asset: Asset, horizon_hours: HorizonHours, at: At = None
) -> Response:
    """Contributions that add up to the forecast, and its reasons in words; of any past bar too."""
    desk = desk_of(request)
    return answer(await desk.read(explanation, asset, horizon_hours, at))
